# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What scenarios in bash share: counted checks, waiting, and loading the modules. A scenario begins
#
#   . "$VIGIA_TOP/test/vm/scenarios/lib.sh"
#
# and ends with `finish`, which prints the count that the harness reads. The harness looks at the
# kernel's log and at the taint after each scenario by itself, and unloads what is left loaded.

passed=0
failed=0

ok() {
    passed=$((passed + 1))
    printf 'ok - %s\n' "$*"
}

fail() {
    failed=$((failed + 1))
    printf 'not ok - %s\n' "$*"
}

# check SENTENCE COMMAND ...: ok if the command succeeds. Its output is in the log.
check() {
    local sentence=$1
    shift
    if "$@"; then ok "$sentence"; else fail "$sentence ($*)"; fi
}

# check_not SENTENCE COMMAND ...: ok if the command fails.
check_not() {
    local sentence=$1
    shift
    if "$@"; then fail "$sentence (succeeded: $*)"; else ok "$sentence"; fi
}

# wait_for SECONDS COMMAND ...: true as soon as the command is; false if it never is in this time.
wait_for() {
    local end=$((SECONDS + $1 * VIGIA_SLOWNESS))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# load MODULE [PARAMETER ...] and unload MODULE
load() { insmod "$VIGIA_KMOD/$1.ko" "${@:2}"; }
unload() { rmmod "$1"; }

# modules: the names of the built modules, the core first: the order in which they load.
modules() {
    local file
    echo vigia
    for file in "$VIGIA_KMOD"/vigia_*.ko; do
        [ -f "$file" ] && basename "$file" .ko
    done
}

load_all() {
    local module
    for module in $(modules); do
        load "$module" || return 1
    done
}

unload_all() {
    local module
    for module in $(modules | tac); do
        unload "$module" || return 1
    done
}

# finish: the last command of a scenario.
finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
