# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What is to run where: one line "KERNEL CGROUP SCENARIO ..." for each VM. Sourced by run.sh.
: "${top:?}"

scenarios_folder=$top/test/vm/scenarios

# The options of run.sh: kernels, scenarios, cgroup.
# plan_of_arguments: the named scenarios on every named kernel.
plan_of_arguments() {
    local kernel
    for kernel in "${kernels[@]:?}"; do
        printf '%s\n' "$kernel ${cgroup:?} ${scenarios[*]:?}"
    done
}

# plan_of_table: what scenarios.txt says for every named kernel; the debug kernel looks for leaks at
# the end. The short VMs come last, where they fill the gaps.
plan_of_table() {
    local kernel mode
    for mode in v2 hybrid v1; do
        for kernel in "${kernels[@]:?}"; do
            awk -v kernel="$kernel" -v mode="$mode" '
                /^#/ || NF == 0 { next }
                $3 == mode && ($2 == "all" || index("," $2 ",", "," kernel ",")) { print $1 }
            ' "$top/test/vm/scenarios.txt" | plan_of_mode "$kernel" "$mode"
        done
    done
}

# plan_of_mode KERNEL CGROUP <SCENARIOS: those that want one thread of the host get a VM of their
# own.
plan_of_mode() {
    local name many='' one=''
    while read -r name; do
        if [ "$(threads_for "$name")" = single ]; then one+=" $name"; else many+=" $name"; fi
    done
    [ "$1" != debug ] || [ -z "$many" ] || many+=" leaks"
    [ -z "$many" ] || printf '%s\n' "$1 $2$many"
    [ -z "$one" ] || printf '%s\n' "$1 $2/one$one"
}

# check_plan LINE ...: every scenario is there and can be run.
check_plan() {
    local line words name
    [ "$#" -gt 0 ] || die "there is nothing to run"
    for line in "$@"; do
        read -ra words <<<"$line"
        for name in "${words[@]:2}"; do
            if [ ! -f "$scenarios_folder/$name" ] || [ ! -x "$scenarios_folder/$name" ]; then
                die "test/vm/scenarios/$name is no executable file"
            fi
        done
    done
}
