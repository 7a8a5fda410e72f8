#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does the VM harness notice? Each scenario of scenarios/broken goes wrong in its own way, and
# claims success as far as it can; each has to fail. Ends with "N passed, N failed".
#
#   test/vm/self_test.sh [KERNEL]
set -u

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
kernel=${1:-6.1}
export VIGIA_TOP=$top VIGIA_SLOWNESS=1
# shellcheck source=test/vm/scenarios/lib.sh
. "$top/test/vm/scenarios/lib.sh"
# shellcheck source=test/vm/judge.sh
. "$top/test/vm/judge.sh"
log=$top/build/vm/logs/self-test.log
mkdir -p -- "${log%/*}"

# shellcheck disable=SC2317 # check and check_not call them
# run SCENARIO ...: its status; the output is in $log.
run() { "$top/test/vm/run.sh" --kernel "$kernel" "$@" >"$log" 2>&1; }
# shellcheck disable=SC2317
said() { grep -Eq "$1" "$log"; }

# troubling TEXT, harmless TEXT: how judge.sh takes this line of a kernel.
# shellcheck disable=SC2317
troubling() { echo "[   12.345678] $1" | trouble_in - >/dev/null; }
# shellcheck disable=SC2317
harmless() { ! troubling "$1"; }

while read -r kind text; do
    check "$kind: $text" "$kind" "$text"
done <<'END'
troubling BUG: KASAN: slab-use-after-free in vigia_file_read+0x1/0x2 [vigia]
troubling BUG: unable to handle page fault for address: ffff888000000000
troubling BUG: sleeping function called from invalid context at mm/slab.h:1
troubling WARNING: CPU: 0 PID: 1 at kernel/module.c:1 function+0x1/0x2
troubling WARNING: possible circular locking dependency detected
troubling WARNING: suspicious RCU usage
troubling INFO: task insmod:1 blocked for more than 120 seconds.
troubling rcu: INFO: rcu_preempt self-detected stall on CPU
troubling rcu: INFO: rcu_sched detected stalls on CPUs/tasks:
troubling watchdog: BUG: soft lockup - CPU#0 stuck for 22s!
troubling UBSAN: shift-out-of-bounds in channel.c:1:2
troubling kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
troubling list_del corruption, ffff888000000000->next is LIST_POISON1
troubling refcount_t: underflow; use-after-free.
troubling general protection fault, probably for non-canonical address
troubling Kernel panic - not syncing: Fatal exception
harmless Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
harmless vigia: loading out-of-tree module taints kernel.
harmless Memory cgroup out of memory: Killed process 1 (hog) total-vm:1kB
harmless vigia: 0.1.0: watching by /proc/vigia
END
check_not "the call with four broken scenarios fails" \
    run broken/hang broken/silent broken/status broken/complaint
for name in hang silent status complaint; do
    check "$name is a failure" said "^vm $kernel .*broken/$name .* 1 failed"
done
check "the made-up complaint is found on the console, too" said "^vm $kernel: the kernel complained"
check_not "a call whose kernel goes down fails" run broken/crash
check "crash is a failure" said "^vm $kernel .*broken/crash .* 1 failed"
check "the missing last word is noticed" said "^vm $kernel: it did not come to its end"
check "the console's end is shown" said "Kernel panic"
check "so many failures are counted" said "^1 passed, 2 failed$"
[ "$failed" -eq 0 ] || cat -- "$log"
finish
