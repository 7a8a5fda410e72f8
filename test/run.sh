#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every test, or the parts that are named, as CI runs them. Installs what they need.
#
#   test/run.sh [all | style | unit | sanitize | asan-ubsan | tsan | fuzz | integration | crash |
#                bad-input | bench-smoke | vm] ...
#   test/run.sh debug-kernel     the VM scenarios on a kernel that checks itself; not in `all`
#
# Logs stay in build/test-logs. The last line is "N passed, N failed", summed over the parts; the
# exit status is 0 only if something ran and nothing failed.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
release=$top/build/release
logs=$top/build/test-logs
jobs=$(nproc)
not_unit='style|integration|crash|bad-input' # ctest labels
fuzz_seconds=${VIGIA_FUZZ_SECONDS:-20}
passed=0
failed=0

# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"

# build PRESET [CMAKE OPTION ...]: configures and builds all of a preset.
build() {
    local preset=$1
    shift
    (cd -- "$top" && cmake --preset "$preset" "$@" && cmake --build --preset "$preset" -j "$jobs")
}

build_release() {
    build release -DVIGIA_TESTS=ON
}

# run_ctest FOLDER OPTION ...: ctest with its result where count.py finds it.
run_ctest() {
    local folder=$1
    shift
    ctest --test-dir "$folder" --output-on-failure --no-tests=error --timeout 600 \
        --test-output-size-passed 4000000 --test-output-size-failed 4000000 \
        --output-junit "$logs/$part.xml" "$@"
}

part_style() {
    build_release && run_ctest "$release" -L style -j 1
}

part_unit() {
    build_release && run_ctest "$release" -LE "$not_unit" -j "$jobs"
}

part_asan-ubsan() {
    export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    build asan-ubsan && run_ctest "$top/build/asan-ubsan" -LE "$not_unit" -j "$jobs"
}

part_tsan() {
    local -a fixed_addresses=()
    # ThreadSanitizer's shadow has no room for the address randomisation of newer kernels.
    if setarch -R true 2>/dev/null; then
        fixed_addresses=(setarch -R)
    fi
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    build tsan || return 1
    run() { run_ctest "$top/build/tsan" -LE "$not_unit" -j "$jobs"; }
    if [ "${#fixed_addresses[@]}" -gt 0 ]; then
        export -f run run_ctest
        export top logs part jobs not_unit
        setarch -R bash -c run
    else
        run
    fi
}

# fuzz_one TARGET: its log and its exit status stay in the logs.
fuzz_one() {
    local target=$1 name=${1##*/} corpus dictionary status=0
    local -a options=(-max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048
        -print_final_stats=1)
    corpus=$top/build/fuzz/corpus/$name
    mkdir -p -- "$corpus"
    dictionary=$(compgen -G "$top/test/*/fuzz/$name.dict") && options+=(-dict="$dictionary")
    (cd -- "$corpus" && "$target" "${options[@]}" "$corpus") >"$logs/fuzz-$name.log" 2>&1 ||
        status=$?
    echo "$status" >"$logs/fuzz-$name.status"
}

part_fuzz() {
    local target name status good=0 bad=0
    (cd -- "$top" && cmake --preset fuzz &&
        cmake --build --preset fuzz --target fuzzers -j "$jobs") || return 1
    rm -f -- "$logs"/fuzz-*.status
    for target in "$top"/build/fuzz/bin/fuzz/*; do
        [ -x "$target" ] || continue
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
        fuzz_one "$target" &
    done
    wait
    for target in "$top"/build/fuzz/bin/fuzz/*; do
        [ -x "$target" ] || continue
        name=${target##*/}
        status=$(cat -- "$logs/fuzz-$name.status") || status='not known'
        if [ "$status" = 0 ]; then
            good=$((good + 1))
            echo "== $name, $fuzz_seconds s: nothing found"
        else
            bad=$((bad + 1))
            echo "== $name: exit status $status; of $logs/fuzz-$name.log, without new inputs:"
            grep -vE '^#[0-9]+[[:space:]]|NEW_FUNC' "$logs/fuzz-$name.log" | tail -n 60
        fi
    done
    echo "$good passed, $bad failed"
    [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
}

part_integration() {
    build_release && run_ctest "$release" -L integration -j 1
}

part_crash() {
    build_release && run_ctest "$release" -L crash
}

part_bad-input() {
    build_release && run_ctest "$release" -L bad-input
}

part_bench-smoke() {
    "$top/bench/run.sh" --smoke
}

# Scenarios run the program inside VMs; first, does the harness notice what goes wrong?
part_vm() {
    local call log=$logs/vm-call.log good=0 bad=0 counts
    build_release || return 1
    for call in "self_test.sh" "run.sh --kernel all --table"; do
        # shellcheck disable=SC2086 # words
        "$top"/test/vm/$call | tee "$log"
        counts=$(python3 -B "$top/test/count.py" "${PIPESTATUS[0]}" "$log" "$logs/none.xml")
        good=$((good + ${counts% *})) bad=$((bad + ${counts#* }))
    done
    echo "$good passed, $bad failed"
    [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
}

part_debug-kernel() {
    build_release && python3 -B "$top/test/vm/debug_report.py"
}

# run_part NAME: runs it, counts what it did, and shows its log if it failed.
run_part() {
    local part=$1 log=$logs/$1.log began=$SECONDS status=0 counts
    rm -f -- "$logs/$part.xml"
    ("part_$part") >"$log" 2>&1 </dev/null || status=$?
    counts=$(python3 -B "$top/test/count.py" "$status" "$log" "$logs/$part.xml") || counts="0 1"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    printf 'part %-12s %5d s   %5d passed %4d failed   %s\n' "$part" $((SECONDS - began)) \
        "${counts% *}" "${counts#* }" "$log"
    if [ "${counts#* }" -gt 0 ]; then
        printf -- '---- the end of %s\n' "$log"
        tail -n 150 -- "$log"
        printf -- '----\n'
    fi
}

parts=()
for name in "${@:-all}"; do
    case $name in
    all) parts+=(style unit asan-ubsan tsan fuzz integration crash bad-input bench-smoke vm) ;;
    sanitize) parts+=(asan-ubsan tsan) ;;
    style | unit | asan-ubsan | tsan | fuzz | integration | crash | bad-input | bench-smoke | vm | \
        debug-kernel)
        parts+=("$name")
        ;;
    *) die "no part is called '$name'; the parts: all style unit sanitize asan-ubsan tsan fuzz" \
        "integration crash bad-input bench-smoke vm debug-kernel" ;;
    esac
done

mkdir -p -- "$logs" || die "$logs cannot be made"
require_debian
install_packages "$logs/packages.log" "$top/deploy/packages.build" "$top/deploy/packages.test"
for name in "${parts[@]}"; do
    run_part "$name"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
