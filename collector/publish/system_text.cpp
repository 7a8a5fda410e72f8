// SPDX-License-Identifier: MIT
#include "collector/publish/system_text.h"

#include <algorithm>

#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr uint64_t bytes_per_kib = 1024;

// A field of vigia_system by its name in the kernel's text.
struct NamedField {
    std::string_view name;
    uint64_t vigia_system::*field;
    uint64_t unit;
};

constexpr NamedField meminfo_fields[] = {
    {"MemTotal:", &vigia_system::memory_total_bytes, bytes_per_kib},
    {"MemFree:", &vigia_system::memory_free_bytes, bytes_per_kib},
    {"MemAvailable:", &vigia_system::memory_available_bytes, bytes_per_kib},
    {"Buffers:", &vigia_system::memory_buffers_bytes, bytes_per_kib},
    {"Cached:", &vigia_system::memory_cached_bytes, bytes_per_kib},
    {"SwapCached:", &vigia_system::swap_cached_bytes, bytes_per_kib},
    {"SwapTotal:", &vigia_system::swap_total_bytes, bytes_per_kib},
    {"SwapFree:", &vigia_system::swap_free_bytes, bytes_per_kib},
    {"Dirty:", &vigia_system::memory_dirty_bytes, bytes_per_kib},
    {"Writeback:", &vigia_system::memory_writeback_bytes, bytes_per_kib},
    {"AnonPages:", &vigia_system::memory_anon_bytes, bytes_per_kib},
    {"Mapped:", &vigia_system::memory_mapped_bytes, bytes_per_kib},
    {"Shmem:", &vigia_system::memory_shared_bytes, bytes_per_kib},
    {"SReclaimable:", &vigia_system::memory_slab_reclaimable_bytes, bytes_per_kib},
    {"SUnreclaim:", &vigia_system::memory_slab_unreclaimable_bytes, bytes_per_kib},
    {"KernelStack:", &vigia_system::memory_kernel_stack_bytes, bytes_per_kib},
    {"PageTables:", &vigia_system::memory_page_tables_bytes, bytes_per_kib},
    {"CommitLimit:", &vigia_system::memory_commit_limit_bytes, bytes_per_kib},
    {"Committed_AS:", &vigia_system::memory_committed_bytes, bytes_per_kib},
};

constexpr NamedField vmstat_fields[] = {
    {"pgpgin", &vigia_system::page_in_bytes, bytes_per_kib}, // counted in KiB, whatever the name
    {"pgpgout", &vigia_system::page_out_bytes, bytes_per_kib},
    {"pswpin", &vigia_system::swap_in_pages, 1},
    {"pswpout", &vigia_system::swap_out_pages, 1},
    {"pgfault", &vigia_system::page_faults, 1},
    {"pgmajfault", &vigia_system::page_major_faults, 1},
    {"oom_kill", &vigia_system::oom_kills, 1},
};

// True if the line's name is one of `fields`. The kernel keeps the order of the lines but for new
// ones, so the search goes on from the field found last.
template <std::size_t count>
bool take_field(TextScan& scan, const NamedField (&fields)[count], std::size_t& next,
                vigia_system& system) {
    const std::string_view name = scan.word();
    for (std::size_t tried = 0; tried < count; ++tried) {
        const NamedField& field = fields[(next + tried) % count];
        if (field.name == name) {
            system.*field.field = scan.number() * field.unit;
            next = (next + tried + 1) % count;
            return true;
        }
    }
    return false;
}

vigia_cpu parse_cpu(TextScan& scan, uint64_t tick_ns) {
    vigia_cpu cpu{};
    cpu.cpu = static_cast<uint32_t>(scan.number());
    for (uint64_t vigia_cpu::*field :
         {&vigia_cpu::user_ns, &vigia_cpu::nice_ns, &vigia_cpu::system_ns, &vigia_cpu::idle_ns,
          &vigia_cpu::iowait_ns, &vigia_cpu::irq_ns, &vigia_cpu::softirq_ns, &vigia_cpu::steal_ns,
          &vigia_cpu::guest_ns, &vigia_cpu::guest_nice_ns}) {
        cpu.*field = scan.number() * tick_ns;
    }
    // The kernel counts a guest's time in user (nice) as well.
    cpu.user_ns -= std::min(cpu.user_ns, cpu.guest_ns);
    cpu.nice_ns -= std::min(cpu.nice_ns, cpu.guest_nice_ns);
    return cpu;
}

// "1.25" → 1250.
uint64_t thousandths(TextScan& scan) {
    const uint64_t whole = scan.number();
    return whole * 1000 + (scan.take(".") ? scan.number() * 10 : 0);
}

} // namespace

void parse_stat(std::string_view text, uint64_t tick_ns, vigia_system& system,
                std::vector<vigia_cpu>& cpus) {
    cpus.clear();
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        if (scan.take("cpu")) {
            if (scan.rest().starts_with(' ')) {
                continue; // the sum
            }
            cpus.push_back(parse_cpu(scan, tick_ns));
            system.valid |= VIGIA_SYSTEM_VALID_CPU;
        } else if (scan.take("ctxt ")) {
            system.context_switches = scan.number();
        } else if (scan.take("intr ")) {
            system.interrupts = scan.number();
        } else if (scan.take("softirq ")) {
            system.softirqs = scan.number();
        } else if (scan.take("processes ")) {
            system.forks = scan.number();
        } else if (scan.take("procs_running ")) {
            system.tasks_running = scan.number();
        } else if (scan.take("procs_blocked ")) {
            system.tasks_blocked = scan.number();
        }
    }
}

void parse_meminfo(std::string_view text, vigia_system& system) {
    std::size_t next = 0;
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        if (take_field(scan, meminfo_fields, next, system)) {
            system.valid |= VIGIA_SYSTEM_VALID_MEMORY;
        }
    }
}

void parse_vmstat(std::string_view text, vigia_system& system) {
    std::size_t next = 0;
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        if (take_field(scan, vmstat_fields, next, system)) {
            system.valid |= VIGIA_SYSTEM_VALID_PAGING;
        }
    }
}

// "0.15 0.20 0.25 1/234 5678"
uint32_t parse_loadavg(std::string_view text, vigia_system& system) {
    TextScan scan(text);
    if (!scan.at_number()) {
        return 0;
    }
    system.load_1min_millitasks = thousandths(scan);
    system.load_5min_millitasks = thousandths(scan);
    system.load_15min_millitasks = thousandths(scan);
    scan.number();
    system.tasks_total = scan.take("/") ? scan.number() : 0;
    system.valid |= VIGIA_SYSTEM_VALID_LOAD;
    return static_cast<uint32_t>(scan.number());
}

} // namespace vigia::publish
