# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# One VM: its job, its QEMU, and the verdict. Sourced by run.sh, after its options are read.
: "${top:?}" "${cache:?}" "${vm_folder:?}" "${cpus:?}" "${memory?}" "${icount:?}" "${shell:?}" \
    "${cmdline?}" "${scenarios_folder:?}"

# folder_of KERNEL CGROUP: where a VM leaves its logs.
folder_of() {
    printf '%s\n' "$vm_folder/logs/$1-${2/\//-}"
}

# threads_for SCENARIO ...: on how many threads of the host the vCPUs run: "single" if one of them
# asks for it. QEMU before 8.1 may translate an instruction while another vCPU changes it, and run
# the breakpoint that the kernel puts there meanwhile after the kernel has forgotten it: "Oops:
# int3" at a tracepoint that is switched in a storm.
threads_for() {
    local name
    for name in "$@"; do
        [ "$(said_in "$scenarios_folder/$name" threads 0)" = 0 ] || { echo single && return; }
    done
    echo multi
}

# write_job KERNEL CGROUP SCENARIO ...: what the VM is to do, where its init reads it.
write_job() {
    local kernel=$1 cgroup=$2 slowness
    slowness=$(slowness_of "$kernel")
    # Counting instructions, the clock of the VM leaps while it waits for a disk.
    [ "$icount" = 0 ] || slowness=100
    shift 2
    printf 'VIGIA_TOP=%q\nVIGIA_KERNEL=%q\nVIGIA_CGROUP=%q\n' "$top" "$kernel" "$cgroup"
    printf 'VIGIA_KMOD=%q\n' "$vm_folder/modules/$kernel/kmod"
    printf 'VIGIA_BUILD=%q\n' "${VIGIA_BUILD:-$top/build/release}"
    printf 'VIGIA_KERNEL_MODULES=%q\n' \
        "$cache/$kernel/package/lib/modules/$(release_of "$kernel")"
    printf 'VIGIA_SLOWNESS=%q\nVIGIA_SHELL=%q\nVIGIA_SCENARIOS=%q\n' "$slowness" "$shell" "$*"
}

# slowness_of KERNEL: how many times as long as on a stock kernel things may take.
slowness_of() {
    if [ "$1" = debug ] || [ "$icount" = 1 ]; then echo 4; else echo 1; fi
}

# seconds_outside KERNEL SCENARIO ...: when a VM that runs these has hung.
seconds_outside() {
    local kernel=$1 seconds=240 name
    shift
    for name in "$@"; do
        seconds=$((seconds + $(said_in "$scenarios_folder/$name" timeout 300) + 60))
    done
    echo $((seconds * $(slowness_of "$kernel")))
}

# memory_for SCENARIO ...: the largest that one of them asks for, in MB.
memory_for() {
    local most=2048 name wanted
    for name in "$@"; do
        wanted=$(said_in "$scenarios_folder/$name" memory 0)
        [ "$wanted" -le "$most" ] || most=$wanted
    done
    echo "${memory:-$most}"
}

# boot KERNEL FOLDER SECONDS MEMORY THREADS: runs the VM until it ends by itself, or its time is
# over.
boot() {
    local kernel=$1 folder=$2 seconds=$3 memory=$4 threads=$5
    local serial=(-display none -serial "file:$folder/console.log" -serial "file:$folder/result")
    local clock=(-accel "tcg,thread=$threads" -smp "$cpus")
    # No VM outlives the script that waits for it.
    local limit=(setpriv --pdeathsig TERM timeout -k 5 "$seconds")
    local arguments="console=ttyS0 loglevel=6 log_buf_len=16M oops=panic panic=-1 mitigations=off"
    # A vCPU of a busy machine may stand still for a while: that is no lockup.
    arguments+=" no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
    # -M q35 has a table of its interrupts; the older machine computes one in ACPI bytecode, so long
    # on a kernel with KASAN that the kernel gives up.
    [ "$icount" = 0 ] || clock=(-accel tcg -icount "shift=0,sleep=off" -smp 1)
    [ "$shell" = 0 ] || { serial[3]=mon:stdio && limit=(); }
    "${limit[@]}" setpriv --pdeathsig TERM qemu-system-x86_64 -M q35 -nodefaults -no-reboot \
        -cpu max -m "$memory" "${clock[@]}" "${serial[@]}" \
        -kernel "$cache/$kernel/package/boot/vmlinuz" -initrd "$folder/initramfs" \
        -append "$arguments $cmdline" \
        -virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap" \
        -virtfs "local,path=$folder,mount_tag=out,security_model=none,multidevs=remap"
}

# show_end FILE LINES
show_end() {
    [ -r "$1" ] || { echo "---- there is no $1"; return; }
    printf -- '---- the end of %s\n' "$1"
    tail -n "$2" -- "$1"
    printf -- '----\n'
}

# scenario_verdict KERNEL CGROUP SCENARIO: one line, the log's end if it failed; adds to passed and
# failed. Whatever is not reported as passed has failed.
scenario_verdict() {
    local folder log code=none seconds=0 good=0 bad=0
    folder=$(folder_of "$1" "$2")
    log=$folder/$3.log
    read -r code seconds good bad < <(sed -n "s|^scenario $3 ||p" "$folder/result")
    if [ "${bad:-0}" -eq 0 ] && { [ "$code" != 0 ] || [ "$good" -eq 0 ]; }; then
        bad=1
    fi
    printf 'vm %-5s %-6s %-16s %4d s %5d passed %4d failed   %s\n' "$1" "$2" "$3" \
        "$seconds" "$good" "$bad" "$log"
    [ "$bad" -eq 0 ] || show_end "$log" 60
    passed=$((passed + good)) failed=$((failed + bad))
}

# verdict KERNEL CGROUP STATUS SCENARIO ...: prints what went wrong; leaves "PASSED FAILED" in the
# file `counts` of the VM's folder.
verdict() {
    local kernel=$1 cgroup=$2 status=$3 folder passed=0 failed=0 name
    shift 3
    folder=$(folder_of "$kernel" "$cgroup")
    for name in "$@"; do
        scenario_verdict "$kernel" "$cgroup" "$name"
    done
    if ! grep -qx 'the last word' "$folder/result" || [ "$status" -ne 0 ]; then
        echo "vm $kernel: it did not come to its end (status $status)"
        show_end "$folder/console.log" 60
        failed=$((failed + 1))
    elif trouble_in "$folder/console.log"; then
        echo "vm $kernel: the kernel complained, see $folder/console.log"
        failed=$((failed + 1))
    fi
    printf '%d %d\n' "$passed" "$failed" >"$folder/counts"
}

# run_machine KERNEL CGROUP SCENARIO ...: boots and judges one VM; only one of its kind at a time.
# What stands behind a slash of CGROUP only tells VMs of one kernel apart.
run_machine() {
    local kernel=$1 cgroup=$2 folder status=0 lock
    shift 2
    folder=$(folder_of "$kernel" "$cgroup")
    exec {lock}>"$folder.lock"
    flock "$lock"
    rm -rf --one-file-system -- "$folder"
    mkdir -p -- "$folder"
    : >"$folder/result"
    "$top/test/vm/initramfs.sh" "$kernel" "$folder/initramfs" || return 1
    write_job "$kernel" "${cgroup%/*}" "$@" >"$folder/job"
    boot "$kernel" "$folder" "$(seconds_outside "$kernel" "$@")" "$(memory_for "$@")" \
        "$(threads_for "$@")" || status=$?
    rm -f -- "$folder/initramfs"
    [ "$shell" = 1 ] || verdict "$kernel" "$cgroup" "$status" "$@"
}
