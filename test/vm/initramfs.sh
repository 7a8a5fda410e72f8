#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the first root of a VM: busybox, the init beside this file, and the drivers it needs.
#
#   test/vm/initramfs.sh KERNEL RESULT
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=test/vm/common.sh
. "$top/test/vm/common.sh"

drivers=(virtio_pci 9pnet_virtio 9p overlay)

# driver_files: the paths of the drivers and of what they need, in the order of loading.
driver_files() {
    local driver
    for driver in "${drivers[@]}"; do
        modprobe -d "$package" -S "$release" --show-depends "$driver"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# plain FILE: a module as insmod wants it.
plain() {
    case $1 in
    *.xz) xz -dc -- "$1" ;;
    *.zst) zstd -qdc -- "$1" ;;
    *) cat -- "$1" ;;
    esac
}

kernel=$1
result=$2
package=$cache/$kernel/package
release=$(cat -- "$cache/$kernel/release")
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
mkdir -p -- "$folder"/{bin,drivers,dev,proc,host,room,root}
cp -- /bin/busybox "$folder/bin/"
ln -s busybox "$folder/bin/sh"
cp -- "$top/test/vm/init" "$folder/init"
number=100
while read -r file; do
    number=$((number + 1))
    plain "$file" >"$folder/drivers/$number.ko"
done < <(driver_files)
(cd -- "$folder" && find . | cpio --quiet -o -H newc) >"$result"
