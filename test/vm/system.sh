# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Mounts and settings of a VM, as an init system would make them. Sourced by inside.sh.

mount_cgroup_v2() {
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    (cd /sys/fs/cgroup && sed 's/[a-z_][a-z_]*/+&/g' cgroup.controllers >cgroup.subtree_control)
}

mount_cgroup_controllers() {
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    local controllers
    for controllers in cpu,cpuacct memory pids blkio cpuset freezer devices; do
        mkdir "/sys/fs/cgroup/$controllers"
        # From 6.12 on, Debian's kernels have no memory and cpuset controller for v1.
        mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers" 2>/dev/null ||
            rmdir "/sys/fs/cgroup/$controllers"
    done
}

mount_cgroup_hybrid() {
    mount_cgroup_controllers
    mkdir /sys/fs/cgroup/unified
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
}

# Nothing of v2, and no named hierarchy: the publisher would follow name=systemd, which modules
# cannot reach (kmod/hierarchy.h), so that the two would tell different ids.
mount_cgroup_v1() {
    mount_cgroup_controllers
}

# Docker's overlay2 needs a file system that is no overlay below it; so may tests with files.
mount_memory() {
    mkdir -p /var/lib/docker /var/lib/containerd
    mount -t tmpfs -o mode=711 docker /var/lib/docker
    mount -t tmpfs -o mode=711 containerd /var/lib/containerd
    case $VIGIA_TOP/ in
    /tmp/*) ;;
    *) mount -t tmpfs -o mode=1777 tmp /tmp ;;
    esac
}

# modprobe finds the kernel's own modules where it looks for them.
mount_modules() {
    mkdir -p "/lib/modules/$(uname -r)"
    mount --bind "$VIGIA_KERNEL_MODULES" "/lib/modules/$(uname -r)"
}

# On the debug kernel, what booting seems to have leaked is not the scenarios' doing.
forget_leaks() {
    [ -e /sys/kernel/debug/kmemleak ] || return 0
    echo scan >/sys/kernel/debug/kmemleak
    echo clear >/sys/kernel/debug/kmemleak
}

set_up_system() {
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mkdir -p /dev/pts /dev/shm
    mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
    mount -t tmpfs -o mode=1777 shm /dev/shm
    mount -t tmpfs -o mode=755 run /run
    mkdir -p /run/lock
    ln -sfn /proc/self/fd /dev/fd
    mount -t tracefs tracefs /sys/kernel/tracing
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t bpf bpf /sys/fs/bpf
    "mount_cgroup_$VIGIA_CGROUP"
    mount_modules
    mount_memory
    busybox hostname vigia-vm
    busybox ip link set lo up
    mkdir -p "$VIGIA_OUT"
    forget_leaks
}
