#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# S1 to S4 and S10: what a refresh of /proc/vigia/processes and a tick of the daemon cost, counted
# in instructions inside VMs, beside their rivals in the same boot. Puts a table and a plot into
# bench/README.md.
#
#   bench/kernel.sh [--smoke] [5.10 | 6.1 | 6.12 | 7.2] ...
#
# Exits with 1 if a figure falls short of its target. --smoke runs one kernel with 100 processes and
# writes nothing.
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
        cmake --build --preset release --target bench_kernel) >"$folder/build.log" 2>&1 &&
        cp -- "$release/bin/bench_kernel" "$release/bin/tasks.bpf.o" "$folder/"
}

mode=--write counts='100 1000 10000 50000' memory=7000 kernels=()
for word in "$@"; do
    case $word in
    --smoke) mode=--smoke counts=100 memory=4000 ;;
    *) suite_of "$word" >/dev/null || die "no kernel is called '$word'" && kernels+=("$word") ;;
    esac
done
[ "${#kernels[@]}" -gt 0 ] || kernels=("${all_kernels[@]}")
[ "$mode" = --write ] || kernels=("${kernels[0]}")

mkdir -p -- "$folder"
install_packages "$folder/packages.log" "$top/deploy/packages.build" "$top/deploy/packages.bench" \
    "$top/deploy/packages.vm"
build_programs || die "the build failed: $folder/build.log"
rows=()
for kernel in "${kernels[@]}"; do
    build_module "$kernel" || die "the module for $kernel failed: $folder/build.log"
    rows+=("$vm_folder/logs/$kernel-v2/files/rows.tsv")
done
printf '%s\n' "$counts" >"$folder/counts"
"$top/test/vm/run.sh" --kernel "$(IFS=, && echo "${kernels[*]}")" --icount --memory "$memory" \
    bench || die "not everything could be measured: $vm_folder/logs"
python3 -B "$top/bench/kernel/table.py" "$mode" "${rows[@]}"
