#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Vigia's kernel modules on this machine, as deploy/run.sh loads them and as a system keeps them.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build/release
log=$top/build/deploy.log
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"

sensors=(vigia_system vigia_processes vigia_cgroups vigia_events)
version=$(sed -n 's/^project(vigia VERSION \([0-9.]*\) .*/\1/p' "$top/CMakeLists.txt")
tree=/usr/src/vigia-$version
built=${VIGIA_MODULES:-$build/kmod}

usage() {
    cat <<'END'
deploy/modules.sh COMMAND

  load      builds the modules against the running kernel's headers, which are installed if they
            are missing, and loads them for as long as the machine runs; where they are loaded
            already nothing is done, and another version of them is replaced
  unload    unloads them; readers of their files go over to the publisher by themselves
  install   gives the sources to DKMS, which builds them for every kernel that is installed, now and
            after upgrades, and loads them at every boot
  remove    takes back what install did, and unloads

A group "vigia", if there is one, may read /proc/vigia beside root. VIGIA_MODULES names a folder
with modules that are built already.
END
}

# lacking: why this kernel takes no modules from us, in one line; false if nothing is in the way.
lacking() {
    if [ ! -e /proc/modules ]; then
        echo "this kernel was built without loadable modules"
    elif [ "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' ]; then
        echo "this is a container"
    elif [ "$(cat /proc/sys/kernel/modules_disabled 2>/dev/null)" = 1 ]; then
        echo "no module can be loaded until the next boot (kernel.modules_disabled is 1)"
    elif grep -qs Y /sys/module/module/parameters/sig_enforce ||
        { [ -r /sys/kernel/security/lockdown ] &&
            ! grep -q '\[none\]' /sys/kernel/security/lockdown; }; then
        echo "this kernel takes only signed modules (Secure Boot or lockdown)"
    elif [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "neither root nor sudo is at hand"
    else
        return 1
    fi
}

# give_up TEXT: the one clear line of a machine where it does not work.
give_up() {
    say "no kernel modules: $*; /proc is read instead (vigia doctor says more)"
    exit 1
}

have_headers() { [ -f "/lib/modules/$(uname -r)/build/Makefile" ]; }

# need_packages PACKAGE ...: installs what is missing of them.
need_packages() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
            missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${#missing[@]} packages: ${missing[*]}"
    apt_install "$log" "${missing[@]}" ||
        { as_root apt-get update >>"$log" 2>&1 </dev/null && apt_install "$log" "${missing[@]}"; }
}

build_modules() {
    local release
    release=$(uname -r)
    have_headers || need_packages "linux-headers-$release" || true
    have_headers || give_up "there is no package linux-headers-$release"
    need_packages make kmod || give_up "apt-get could not install make and kmod ($log)"
    [ -f "$build/build.ninja" ] || (cd -- "$top" && cmake --preset release) >>"$log" 2>&1
    cmake --build "$build" --target kmod >>"$log" 2>&1 ||
        give_up "they do not build for Linux $release ($log)"
}

# loaded MODULE: whether it is.
loaded() { [ -d "/sys/module/$1" ]; }

# same MODULE: whether the loaded one was made of the sources that the built one was.
same() {
    loaded "$1" &&
        [ "$(cat "/sys/module/$1/srcversion")" = "$(modinfo -F srcversion "$built/$1.ko")" ]
}

all_same() {
    local module
    for module in vigia "${sensors[@]}"; do
        same "$module" || return 1
    done
}

unload() {
    local module
    for module in "${sensors[@]}" vigia; do
        loaded "$module" || continue
        as_root rmmod "$module" 2>>"$log" || return 1
    done
}

# The group that may read beside root, as a parameter of the core.
group_parameter() {
    local group
    group=$(getent group vigia) || return 0
    group=${group#*:*:}
    echo "gid=${group%%:*}"
}

# insert MODULE [PARAMETER]: what the kernel says against it goes to the log and to `refusal`.
insert() {
    refusal=$(as_root insmod "$built/$1.ko" "${@:2}" 2>&1) || {
        printf '%s\n' "$refusal" >>"$log"
        refusal=${refusal##*: }
        return 1
    }
}

load() {
    local reason module parameter
    reason=$(lacking) && give_up "$reason"
    [ -n "${VIGIA_MODULES:-}" ] || build_modules
    if all_same; then
        say "the kernel modules are loaded already"
        return
    fi
    if loaded vigia; then
        say "replacing the loaded modules $(cat /sys/module/vigia/version) by $version"
        unload || give_up "the loaded ones are in use by $(ls -m /sys/module/vigia/holders)"
    fi
    parameter=$(group_parameter)
    for module in vigia "${sensors[@]}"; do
        insert "$module" ${parameter:+"$parameter"} || {
            unload || true
            give_up "the kernel refuses $module ($refusal)"
        }
        parameter=''
    done
    say "the kernel modules $version are loaded; deploy/modules.sh unload unloads them"
}

install_modules() {
    local reason parameter
    reason=$(lacking) && [ -e /proc/modules ] && say "they cannot be loaded now: $reason"
    need_packages dkms make kmod || give_up "apt-get could not install dkms ($log)"
    as_root mkdir -p "$tree/include" "$tree/test/abi"
    as_root cp -R "$top/kmod" "$tree/"
    as_root cp -R "$top/include/abi" "$tree/include/"
    as_root cp "$top/test/abi/layout.h" "$tree/test/abi/"
    sed "s/@VERSION@/$version/" "$top/deploy/dkms.conf" | as_root tee "$tree/dkms.conf" >/dev/null
    dkms status "vigia/$version" | grep -q . || as_root dkms add "vigia/$version" >>"$log" 2>&1
    as_root dkms autoinstall >>"$log" 2>&1 || give_up "dkms could not build them ($log)"
    printf '%s\n' "${sensors[@]}" | as_root tee /etc/modules-load.d/vigia.conf >/dev/null
    parameter=$(group_parameter)
    [ -z "$parameter" ] ||
        echo "options vigia $parameter" | as_root tee /etc/modprobe.d/vigia.conf >/dev/null
    as_root modprobe -a "${sensors[@]}" 2>>"$log" || say "they are loaded with the next boot"
    say "DKMS keeps the kernel modules: $(dkms status "vigia/$version" | tr '\n' ';')"
}

remove_modules() {
    unload || say "the loaded modules are in use and stay until the next boot"
    as_root rm -f /etc/modules-load.d/vigia.conf /etc/modprobe.d/vigia.conf
    if command -v dkms >/dev/null && dkms status "vigia/$version" | grep -q .; then
        as_root dkms remove "vigia/$version" --all >>"$log" 2>&1
    fi
    as_root rm -rf -- "$tree"
}

mkdir -p -- "$top/build"
case ${1:-} in
load) load ;;
unload) unload || die "they are in use by $(ls -m /sys/module/vigia/holders)" ;;
install) install_modules ;;
remove) remove_modules ;;
--help | -h) usage ;;
*) usage >&2 && exit 2 ;;
esac
