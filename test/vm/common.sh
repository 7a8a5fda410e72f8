# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scripts of the VM harness share: places, kernels, and the roots that build modules.
# Sourced with `top` set to the top of the tree.

: "${top:?}"
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"

vm_folder=$top/build/vm
# Several trees on one machine may share one cache.
cache=${VIGIA_VM_CACHE:-$vm_folder/cache}
# shellcheck disable=SC2034 # for those who source this file
all_kernels=(5.10 6.1 6.12 7.2)

# suite_of KERNEL: the Debian suite that packages it.
suite_of() {
    case $1 in
    5.10) echo bullseye ;;
    6.1) echo bookworm ;;
    6.12) echo trixie ;;
    7.2) echo forky ;;
    debug) echo bookworm ;; # 6.1 again, built here with what checks a kernel
    *) return 1 ;;
    esac
}

# in_root KERNEL FOLDER COMMAND ...: runs a command inside the kernel's root, with FOLDER on /vigia
# and /proc mounted (objtool reads its limits). The mounts end with the command.
in_root() {
    local root=$cache/$1/root folder=$2
    shift 2
    mkdir -p -- "$root/vigia"
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount sh -ec 'root=$1 folder=$2; shift 2
        mount -t proc proc "$root/proc"
        mount --bind "$folder" "$root/vigia"
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"' \
        in_root "$root" "$folder" "$@"
}

# release_of KERNEL: what uname -r says there.
release_of() {
    cat -- "$cache/$1/release"
}
