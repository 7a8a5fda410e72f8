# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How scenarios and kernels are judged. Sourced inside a VM and outside of it.

# What a kernel says when something is wrong with it.
kernel_trouble='BUG:|WARNING: |Oops|general protection fault|Kernel panic|KASAN|UBSAN|KCSAN|KFENCE'
kernel_trouble+='|unable to handle|possible recursive locking|possible circular locking'
kernel_trouble+='|possible irq lock inversion|inconsistent lock state|suspicious RCU usage'
kernel_trouble+='|INFO: task .* blocked|rcu.*(stall|starved)|soft lockup|hard LOCKUP'
kernel_trouble+='|scheduling while atomic|sleeping function called|Bad page|bad page state'
kernel_trouble+='|refcount_t|list_(add|del) corruption|page allocation failure|DEBUG_LOCKS_WARN'
kernel_trouble+='|held when returning|lock held|new suspected memory leaks|Objects remaining'
kernel_trouble+='|ODEBUG|slab error|leak(ed|ing)|sysctl table check failed|nobody cared'
# Said at boot on some machines, about the processor.
kernel_harmless='Spectre|x86/cpu: SGX|_PSS|MDS CPU bug|mitigation'

# trouble_in FILE: the lines of a kernel log that are trouble; false if there are none.
trouble_in() {
    grep -aE "$kernel_trouble" -- "$1" | grep -avE "$kernel_harmless"
}

# kernel_is_well SCENARIO: false, with the lines that say why, if the kernel complained since the
# scenario began, or is tainted by more than modules from outside its tree, unsigned (4096, 8192).
kernel_is_well() {
    local log tainted
    log=$(mktemp)
    dmesg | sed -n "\\|vigia-vm: $1 begins|,\$p" >"$log"
    tainted=$(($(cat /proc/sys/kernel/tainted) & ~(4096 | 8192)))
    if trouble_in "$log" || [ "$tainted" -ne 0 ]; then
        echo "not ok - the kernel is well (taint $tainted); its log since the scenario began:"
        tail -n 100 "$log"
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# counts_of LOG: "PASSED FAILED" by the closing line of a scenario; "0 0" without one.
counts_of() {
    sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$1" | tail -n 1 |
        grep . || echo "0 0"
}

# said_in FILE KEY DEFAULT: what a scenario says about itself in a line "# vm-KEY: NUMBER".
said_in() {
    sed -n "s/^# vm-$2: \([0-9]*\)\$/\1/p" "$1" | head -n 1 | grep . || echo "$3"
}
