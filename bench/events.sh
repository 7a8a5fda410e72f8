#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# S6 and S8: what an event, and a short life with all sensors, cost, counted in instructions inside
# VMs, beside BPF's and perf's buffers in the same boot. Puts a table into bench/README.md.
#
#   bench/events.sh [5.10 | 6.1 | 6.12 | 7.2] ...
#
# Exits with 1 if a figure falls short of its target.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=test/vm/common.sh
. "$top/test/vm/common.sh"
release=$top/build/release
folder=$vm_folder/bench
# shellcheck source=bench/kernel/build_module.sh
. "$top/bench/kernel/build_module.sh"

build_programs() {
    (cd -- "$top" && cmake --preset release -DVIGIA_BENCH=ON &&
        cmake --build --preset release --target bench_events) >"$folder/build.log" 2>&1 &&
        cp -- "$release/bin/bench_events" "$release/bin/events.bpf.o" \
            "$release/bin/perf.bpf.o" "$folder/"
}

kernels=()
for word in "$@"; do
    suite_of "$word" >/dev/null || die "no kernel is called '$word'"
    kernels+=("$word")
done
[ "${#kernels[@]}" -gt 0 ] || kernels=("${all_kernels[@]}")

mkdir -p -- "$folder"
install_packages "$folder/packages.log" "$top/deploy/packages.build" "$top/deploy/packages.bench" \
    "$top/deploy/packages.vm"
build_programs || die "the build failed: $folder/build.log"
rows=()
for kernel in "${kernels[@]}"; do
    build_module "$kernel" || die "the module for $kernel failed: $folder/build.log"
    files=$vm_folder/logs/$kernel-v2/files
    rm -f -- "$files/lives.tsv" "$files/probes.tsv"
    rows+=("$files/lives.tsv" "$files/probes.tsv")
done
"$top/test/vm/run.sh" --kernel "$(IFS=, && echo "${kernels[*]}")" --icount bench-events ||
    die "not everything could be measured: $vm_folder/logs"
python3 -B "$top/bench/kernel/events_table.py" "${rows[@]}"
