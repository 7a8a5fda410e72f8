#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures Vigia beside its rivals, and puts the table into bench/README.md.
#
#   bench/run.sh [--smoke] [read | tick | publish | store | react | record | ring] ...
#
# Exits with 1 if a row falls short of its target. --smoke runs everything once and tiny, writes no
# table, and only fails if something does not run.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
release=$top/build/release
results=$top/build/bench
mode=--write

# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"

build() {
    (cd -- "$top" && cmake --preset release -DVIGIA_BENCH=ON &&
        cmake --build --preset release) >"$top/build/bench.log" 2>&1 || {
        tail -n 20 "$top/build/bench.log" >&2
        die "the build failed (whole log: $top/build/bench.log)"
    }
}

# run_bench NAME: its rows on stdout.
run_bench() {
    local -a words
    case $1$mode in
    tick--smoke) words=(python3 -B "$top/bench/tick/bench_tick.py" "$release/bin" 2 200) ;;
    tick*) words=(python3 -B "$top/bench/tick/bench_tick.py" "$release/bin") ;;
    publish--smoke) words=("$release/bin/bench_publish" 200 1) ;;
    store*) words=("$release/bin/bench_store" "$top/build") ;;
    *--smoke) words=("$release/bin/bench_$1" --smoke) ;;
    *) words=("$release/bin/bench_$1") ;;
    esac
    "${words[@]}"
}

names=()
for word in "$@"; do
    case $word in
    --smoke) mode=--smoke ;;
    read | tick | publish | store | react | record | ring) names+=("$word") ;;
    *) die "unknown benchmark '$word'; there are: read tick publish store react record ring" ;;
    esac
done
[ "${#names[@]}" -gt 0 ] || names=(read tick publish store react record ring)

mkdir -p -- "$results" || die "$results cannot be made"
[ "$mode" = --write ] || rm -f -- "$results"/*.tsv
require_debian
install_packages "$top/build/bench.log" "$top/deploy/packages.build" "$top/deploy/packages.bench"
build
status=0
for name in "${names[@]}"; do
    say "measuring: $name"
    run_bench "$name" </dev/null >"$results/$name.tsv" || {
        [ "$mode" = --smoke ] || status=1 # a row that falls short is nothing in a smoke test
    }
    column -t -s "$(printf '\t')" "$results/$name.tsv" 2>/dev/null || cat -- "$results/$name.tsv"
done
python3 -B "$top/bench/table.py" "$mode" "$results" || status=1
exit "$status"
