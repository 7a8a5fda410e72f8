#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches a kernel under test as Debian packages, once:
#
#   test/vm/fetch.sh KERNEL
#
# A kernel is a folder of the cache (build/vm/cache):
#   root/     a minimal Debian of the kernel's suite with its headers, gcc, make and sparse
#   package/  the unpacked image: boot/vmlinuz and lib/modules/RELEASE, with depmod's tables
#   release   what uname -r says; written last
# debootstrap and the root's own apt check every package against the mirror's signed index.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=test/vm/common.sh
. "$top/test/vm/common.sh"

# mirror: the address that this machine's own packages come from.
mirror() {
    # shellcheck disable=SC2016 # apt expands them
    apt-get indextargets --format '$(SITE) $(CODENAME)' 'Identifier: Packages' |
        awk -v suite="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" \
            '$2 == suite && !found { print $1; found = 1 }'
}

# make_root PACKAGES: debootstrap's, of the kernel's suite; `rooted` is written when it is whole.
make_root() {
    local suite script=()
    suite=$(suite_of "$kernel")
    # An older debootstrap does not know the newest suites, but they are made like sid.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=(/usr/share/debootstrap/scripts/sid)
    rm -rf --one-file-system -- "$folder"
    mkdir -p -- "$folder"
    debootstrap --variant=minbase --include="gcc,make,sparse,$1" "$suite" \
        "$folder/root" "$(mirror)" "${script[@]}"
    rm -f -- "$folder"/root/var/cache/apt/archives/*.deb
    : >"$folder/rooted"
}

# fetch_image RELEASE: unpacks the image of the headers' release; forky splits it into several.
fetch_image() {
    local deb
    mkdir -p -- "$folder/debs" "$folder/package"
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_root "$kernel" "$folder/debs" sh -ec 'cd /vigia
        apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
            --no-replaces --no-enhances "linux-image-$1" |
            grep -Fx -e "linux-image-$1" -e "linux-binary-$1" -e "linux-modules-$1" | sort -u |
            xargs apt-get -o APT::Sandbox::User=root download' fetch_image "$1"
    for deb in "$folder"/debs/*.deb; do
        dpkg-deb -x "$deb" "$folder/package"
    done
    rm -r -- "$folder/debs"
}

# settle_image RELEASE: one place for vmlinuz and for the modules, whatever the suite's layout.
settle_image() {
    local package=$folder/package image file
    [ -e "$package/lib" ] || ln -s usr/lib "$package/lib"
    mkdir -p -- "$package/boot"
    for image in "$package/boot/vmlinuz-$1" "$package/lib/modules/$1/vmlinuz"; do
        [ ! -f "$image" ] || cp -- "$image" "$package/boot/vmlinuz"
    done
    [ -r "$package/boot/vmlinuz" ] || die "the packages of $1 have no vmlinuz"
    # forky ships the lists of what is built in with the headers.
    for file in "$folder/root/lib/modules/$1"/modules.*; do
        [ ! -f "$file" ] || cp -n -- "$file" "$package/lib/modules/$1/"
    done
    depmod -b "$package" "$1"
}

# fetch_packaged: a kernel as Debian ships it.
fetch_packaged() {
    local release
    [ ! -f "$folder/release" ] || return 0
    say "fetching kernel $kernel with its headers and compiler"
    [ -f "$folder/rooted" ] || make_root linux-headers-amd64
    release=$(cd -- "$folder/root/lib/modules" && echo *)
    [[ $release != *' '* ]] || die "the headers of $kernel are of several releases: $release"
    fetch_image "$release"
    settle_image "$release"
    printf '%s\n' "$release" >"$folder/release"
}

# fetch_debug: the kernel that checks itself, built anew when debug.config has changed.
fetch_debug() {
    # shellcheck source=test/vm/debug_kernel.sh
    . "$top/test/vm/debug_kernel.sh"
    [ "$(cat -- "$folder/config" 2>/dev/null)" != "$(sha256sum <"$top/test/vm/debug.config")" ] ||
        return 0
    say "building the debug kernel; that takes minutes"
    [ -f "$folder/rooted" ] || make_root "$debug_packages"
    build_debug_kernel
}

kernel=$1
suite_of "$kernel" >/dev/null || die "no kernel is called '$kernel'; known: ${all_kernels[*]} debug"
folder=$cache/$kernel
mkdir -p -- "$cache"
exec {lock}>"$cache/$kernel.lock"
flock "$lock"
if [ "$kernel" = debug ]; then fetch_debug; else fetch_packaged; fi
