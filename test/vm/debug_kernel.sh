# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The kernel that checks itself, built from Debian's source. Sourced by fetch.sh, which makes its
# root: the source package, unpacked and built in /usr/src/debug of that root.
: "${top:?}" "${folder:?}"

# shellcheck disable=SC2034 # fetch.sh makes the root with them
debug_packages=linux-source-6.1,flex,bison,bc,perl,libelf-dev,xz-utils

# configure_debug_kernel: allnoconfig and debug.config, of which nothing may get lost.
configure_debug_kernel() {
    local lost
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_root debug "$top/test/vm" sh -ec 'mkdir -p /usr/src/debug
        [ -e /usr/src/debug/Makefile ] ||
            tar -xf /usr/src/linux-source-6.1.tar.xz -C /usr/src/debug --strip-components=1
        make -C /usr/src/debug KCONFIG_ALLCONFIG=/vigia/debug.config allnoconfig'
    lost=$(grep '^CONFIG' "$top/test/vm/debug.config" |
        grep -Fxv -f "$folder/root/usr/src/debug/.config" || true)
    [ -z "$lost" ] || die "the debug kernel cannot have:" "$lost"
}

# build_debug_kernel: the image, and what modules are built against.
build_debug_kernel() {
    local source=$folder/root/usr/src/debug release
    configure_debug_kernel
    in_root debug "$top/test/vm" make -C /usr/src/debug -j "$(nproc)" bzImage modules_prepare
    release=$(cat -- "$source/include/config/kernel.release")
    cp -- "$source/vmlinux.symvers" "$source/Module.symvers"
    mkdir -p -- "$folder/root/lib/modules/$release" \
        "$folder/package/lib/modules/$release" "$folder/package/boot"
    ln -sfn /usr/src/debug "$folder/root/lib/modules/$release/build"
    : >"$folder/package/lib/modules/$release/modules.order"
    : >"$folder/package/lib/modules/$release/modules.builtin"
    cp -- "$source/arch/x86/boot/bzImage" "$folder/package/boot/vmlinuz"
    depmod -b "$folder/package" "$release"
    sha256sum <"$top/test/vm/debug.config" >"$folder/config"
    printf '%s\n' "$release" >"$folder/release"
}
