// SPDX-License-Identifier: MIT
// Columns of the parts of the host: its CPUs and the storage of its mount points.
#include "collector/cli/views.h"

#include <array>

namespace vigia::cli {
namespace {

template <auto Member>
Value cpu_field(const CpuRow& row) {
    return to_value(row.cpu->record.*Member);
}

Value busy(const CpuRow& row) {
    return row.sample->system.rates.known ? Value{row.cpu->busy_ratio} : Value{};
}

bool has_space(const MountRow& row) {
    return (row.mount->valid & VIGIA_MOUNT_VALID_SPACE) != 0;
}

template <auto Member>
Value mount_field(const MountRow& row) {
    return has_space(row) ? to_value(row.mount->*Member) : Value{};
}

Value mount_path(const MountRow& row) {
    return to_value(name_in(row.mount->path));
}

// As df counts: what is used, of what is used or could be used without privilege.
Value used_share(const MountRow& row) {
    const vigia_mount& mount = *row.mount;
    if (!has_space(row) || mount.free_bytes > mount.total_bytes) {
        return {};
    }
    const uint64_t used = mount.total_bytes - mount.free_bytes;
    const uint64_t usable = used + mount.available_bytes;
    return usable == 0 ? Value{} : Value{static_cast<double>(used) / static_cast<double>(usable)};
}

Value inodes_share(const MountRow& row) {
    const vigia_mount& mount = *row.mount;
    if (!has_space(row) || mount.inodes_total == 0 || mount.inodes_free > mount.inodes_total) {
        return {};
    }
    return static_cast<double>(mount.inodes_total - mount.inodes_free) /
           static_cast<double>(mount.inodes_total);
}

using C = vigia_cpu;
using M = vigia_mount;

// clang-format off
constexpr Column<CpuRow> cpus[] = {
    {{"cpu", "CPU", Unit::identity, "number of the CPU", true}, cpu_field<&C::cpu>},
    {{"busy_ratio", "BUSY%", Unit::ratio, "share of the time it was busy", true, 0, 0, tone_of_cpu},
     busy},
    {{"user_ns", "USER", Unit::duration_ns, "in programs since boot", true},
     cpu_field<&C::user_ns>},
    {{"nice_ns", "NICE", Unit::duration_ns, "in programs of low priority", true, 3},
     cpu_field<&C::nice_ns>},
    {{"system_ns", "SYSTEM", Unit::duration_ns, "in the kernel", true}, cpu_field<&C::system_ns>},
    {{"idle_ns", "IDLE", Unit::duration_ns, "with nothing to do", true}, cpu_field<&C::idle_ns>},
    {{"iowait_ns", "IOWAIT", Unit::duration_ns, "idle with a task waiting for storage", true},
     cpu_field<&C::iowait_ns>},
    {{"irq_ns", "IRQ", Unit::duration_ns, "in interrupts", true, 4}, cpu_field<&C::irq_ns>},
    {{"softirq_ns", "SOFTIRQ", Unit::duration_ns, "in soft interrupts", true, 5},
     cpu_field<&C::softirq_ns>},
    {{"steal_ns", "STEAL", Unit::duration_ns, "taken by the hypervisor", true, 6},
     cpu_field<&C::steal_ns>},
    {{"guest_ns", "GUEST", Unit::duration_ns, "in virtual machines"}, cpu_field<&C::guest_ns>},
    {{"guest_nice_ns", "GUEST NICE", Unit::duration_ns, "in virtual machines of low priority"},
     cpu_field<&C::guest_nice_ns>},
};

constexpr Column<MountRow> mounts[] = {
    {{"path", "MOUNT", Unit::text, "mount point", true, 0, 10}, mount_path},
    {{"total_bytes", "SIZE", Unit::bytes, "size of the file system", true},
     mount_field<&M::total_bytes>},
    {{"free_bytes", "FREE", Unit::bytes, "free", true}, mount_field<&M::free_bytes>},
    {{"available_bytes", "AVAILABLE", Unit::bytes, "free to users without privilege", true},
     mount_field<&M::available_bytes>},
    {{"used_ratio", "USED%", Unit::ratio, "share used, as df counts", true, 0, 0, tone_of_share},
     used_share},
    {{"inodes_total", "INODES", Unit::count, "files that fit", true, 3},
     mount_field<&M::inodes_total>},
    {{"inodes_free", "INODES FREE", Unit::count, "files that still fit", true, 4},
     mount_field<&M::inodes_free>},
    {{"inodes_used_ratio", "INODES%", Unit::ratio, "share of the inodes used", true, 0, 0,
      tone_of_share}, inodes_share},
    {{"device", "DEVICE", Unit::identity, "st_dev of the mount point"}, mount_field<&M::device>},
    {{"filesystem_type", "TYPE", Unit::identity, "f_type of statfs"},
     mount_field<&M::filesystem_type>},
};
// clang-format on

} // namespace

std::span<const Column<CpuRow>> cpu_columns() {
    return cpus;
}

std::span<const Column<MountRow>> mount_columns() {
    return mounts;
}

} // namespace vigia::cli
