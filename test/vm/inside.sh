#!/bin/bash
# SPDX-License-Identifier: MIT
# The second program of a VM, in the machine's own root: mounts what a system has, runs the
# scenarios of the job one after the other, and writes the result to the second serial port. The
# last word is written after the last check, so that whatever goes wrong leaves it unsaid.
set -u

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
out=/vigia-vm
# shellcheck source=/dev/null
. "$out/job"
export VIGIA_TOP VIGIA_KMOD VIGIA_BUILD VIGIA_KERNEL VIGIA_CGROUP VIGIA_SLOWNESS
export VIGIA_OUT=$out/files
# shellcheck source=test/vm/system.sh
. "$VIGIA_TOP/test/vm/system.sh"
# shellcheck source=test/vm/judge.sh
. "$VIGIA_TOP/test/vm/judge.sh"

# result WORD ...: a line on the second serial port.
result() {
    printf '%s\n' "$*" >/dev/ttyS1
}

# unload_modules: leaves no module of Vigia behind, in the order that their users allow.
unload_modules() {
    local _ names
    for _ in 1 2 3 4 5 6; do
        names=$(sed -n 's/^\(vigia[a-z_]*\) .*/\1/p' /proc/modules)
        [ -n "$names" ] || return 0
        # shellcheck disable=SC2086 # a list of names
        rmmod $names 2>/dev/null
        sleep 0.2
    done
    echo "still loaded: $(grep ^vigia /proc/modules)"
    return 1
}

# run_scenario NAME: its log goes to the host as it is written.
run_scenario() {
    local name=$1 file=$VIGIA_TOP/test/vm/scenarios/$1 log=$out/$1.log
    local status=0 began=$SECONDS seconds
    seconds=$(($(said_in "$file" timeout 300) * VIGIA_SLOWNESS))
    mkdir -p -- "${log%/*}"
    echo "vigia-vm: $name begins" >/dev/kmsg
    timeout -k 10 "$seconds" "$file" >"$log" 2>&1 </dev/null || status=$?
    kill -KILL -1 2>/dev/null # whatever it left running
    [ "$status" -ne 124 ] || echo "not ok - $name ended in time" >>"$log"
    unload_modules >>"$log" 2>&1 || status=125
    kernel_is_well "$name" >>"$log" 2>&1 || status=126
    result "scenario $name $status $((SECONDS - began)) $(counts_of "$log")"
}

# A system that cannot be set up ends this program, and the VM with it.
set -e
set_up_system
stty -F /dev/ttyS1 raw -echo
set +e
if [ "$VIGIA_SHELL" = 1 ]; then
    cd -- "$VIGIA_TOP" && setsid bash -c 'exec bash -i </dev/ttyS0 >/dev/ttyS0 2>&1'
else
    for name in $VIGIA_SCENARIOS; do
        run_scenario "$name"
    done
fi
sync
result "the last word"
echo b >/proc/sysrq-trigger
sleep 60
