#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs scenarios inside VMs that boot the kernels under test over this machine's own root.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=test/vm/common.sh
. "$top/test/vm/common.sh"
# shellcheck source=test/vm/judge.sh
. "$top/test/vm/judge.sh"
# shellcheck source=test/vm/plan.sh
. "$top/test/vm/plan.sh"

usage() {
    cat <<'END'
test/vm/run.sh --kernel 5.10|6.1|6.12|7.2|debug|all [option ...] SCENARIO ...
test/vm/run.sh --kernel ... [option ...] --table

Fetches the kernel and its headers (once, into build/vm/cache), builds kmod/ against them, boots
them in QEMU without KVM, and runs test/vm/scenarios/SCENARIO inside, as root.

  --kernel K       may be given several times, or as a list with commas; all: but for debug
  --table          the scenarios of test/vm/scenarios.txt instead of named ones
  --cgroup MODE    v2 (the default), hybrid (v1 controllers with an empty unified hierarchy), or v1
  --cpus N         of each VM (2)
  --memory MB      of each VM (2048, or what its scenarios say they need)
  --jobs N         VMs at a time (2, or 1 on a machine with one CPU)
  --icount         one CPU whose nanosecond is one instruction: the same figures in every run
  --cmdline WORDS  more words for the kernel's command line
  --shell          a shell inside instead of scenarios; its end is the end of the VM

Logs stay in build/vm/logs/KERNEL-MODE. The last line is "N passed, N failed"; the exit status is 0
only if something passed and nothing failed. VIGIA_VM_CACHE names a cache to share between trees,
VIGIA_BUILD a build folder other than build/release.
END
}

# read_arguments WORD ...: sets the options and the scenarios.
read_arguments() {
    local words
    while [ "$#" -gt 0 ]; do
        case $1 in
        --kernel | --cgroup | --cpus | --memory | --jobs | --cmdline)
            [ "$#" -ge 2 ] || die "$1 wants a value; --help says more"
            ;;&
        --kernel) IFS=, read -ra words <<<"$2" && kernels+=("${words[@]}") && shift ;;
        --cgroup) cgroup=$2 && shift ;;
        --cpus) cpus=$2 && shift ;;
        --memory) memory=$2 && shift ;;
        --jobs) jobs=$2 && shift ;;
        --cmdline) cmdline=$2 && shift ;;
        --icount) icount=1 ;;
        --shell) shell=1 ;;
        --table) table=1 ;;
        --help | -h) usage && exit 0 ;;
        -*) die "there is no option '$1'; --help says which there are" ;;
        *) scenarios+=("$1") ;;
        esac
        shift
    done
}

check_arguments() {
    local name
    [ "$(id -u)" -eq 0 ] || die "making the kernels' roots needs root"
    [[ $cgroup =~ ^(v2|hybrid|v1)$ ]] || die "--cgroup is v2, hybrid or v1, not '$cgroup'"
    [ "${#kernels[@]}" -gt 0 ] || die "--kernel is missing; --help says more"
    [ "${kernels[*]}" != all ] || kernels=("${all_kernels[@]}")
    for name in "${kernels[@]}"; do
        suite_of "$name" >/dev/null || die "no kernel is called '$name'; known: ${all_kernels[*]}"
    done
    [ "$shell" = 1 ] || [ "$table" = 1 ] || [ "${#scenarios[@]}" -gt 0 ] ||
        die "no scenario is named; --help says more"
}

# prepare KERNEL: fetched, and the modules built.
prepare() {
    local log=$vm_folder/logs/build-$1.log
    "$top/test/vm/fetch.sh" "$1" >"$log" 2>&1 && "$top/test/vm/build.sh" "$1" >>"$log" 2>&1 &&
        return 0
    show_end "$log" 40
    return 1
}

# room_for_a_job: returns once fewer than $jobs are running.
room_for_a_job() {
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
}

# prepare_all: $jobs at a time; counts a kernel that has its modules as passed, leaves out one that
# has not.
prepare_all() {
    local kernel said
    for kernel in "${kernels[@]}"; do
        room_for_a_job
        said=$vm_folder/logs/prepared-$kernel
        rm -f -- "$said"
        { prepare "$kernel" >"$said.log" && : >"$said"; } &
    done
    wait
    for kernel in "${kernels[@]}"; do
        said=$vm_folder/logs/prepared-$kernel
        cat -- "$said.log"
        if [ -e "$said" ]; then
            prepared+=("$kernel")
            passed=$((passed + 1))
            echo "vm $kernel: $(release_of "$kernel"), modules built without a warning"
        else
            failed=$((failed + 1))
            echo "vm $kernel: its kernel or modules could not be had"
        fi
    done
    kernels=("${prepared[@]}")
}

# run_plan LINE ...: every VM, $jobs at a time; prints each verdict in one piece.
run_plan() {
    local line words folder good bad
    for line in "$@"; do
        read -ra words <<<"$line"
        room_for_a_job
        folder=$(folder_of "${words[0]}" "${words[1]}")
        {
            run_machine "${words[@]}" >"$folder.log" 2>&1
            cat -- "$folder.log"
        } &
    done
    wait
    for line in "$@"; do
        read -ra words <<<"$line"
        # A VM without a verdict has failed.
        good=0 bad=1
        read -r good bad <"$(folder_of "${words[0]}" "${words[1]}")/counts"
        passed=$((passed + good)) failed=$((failed + bad))
    done
}

kernels=() scenarios=() prepared=() passed=0 failed=0
cgroup=v2 cpus=2 memory='' icount=0 cmdline='' shell=0 table=0
jobs=$(($(nproc) > 1 ? 2 : 1))
read_arguments "$@"
check_arguments
# shellcheck source=test/vm/machine.sh
. "$top/test/vm/machine.sh"
mkdir -p -- "$vm_folder/logs"
install_packages "$vm_folder/logs/packages.log" "$top/deploy/packages.vm"
prepare_all
if [ "$shell" = 1 ]; then
    run_machine "${kernels[0]:?nothing to boot}" "$cgroup"
    exit
fi
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap 'exit 1' INT TERM
mapfile -t plan < <(if [ "$table" = 1 ]; then plan_of_table; else plan_of_arguments; fi)
if [ "${#kernels[@]}" -gt 0 ]; then
    check_plan "${plan[@]}"
    run_plan "${plan[@]}"
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
