// SPDX-License-Identifier: MIT
// R6: every published field of the host against a plain reading.
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <sstream>
#include <thread>

#include "test/publish/differential.h"
#include "test/publish/plain_proc.h"
#include "test/publish/published.h"
#include "test/publish/subject.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr int rounds = 5;
constexpr int64_t kib = 1024;
constexpr Kind counter = Kind::counter;
constexpr Kind gauge = Kind::gauge;

const int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);

struct HostField {
    const char* name;
    Kind kind;
    uint64_t valid;
    uint64_t vigia_system::*member;
    const char* file;
    const char* key;
    int64_t unit;
    int64_t tolerance;
};

// What no exported symbol tells; the swap cache is counted apart since Linux 5.12.
uint64_t unknown_to_kernel() {
    utsname host{};
    ::uname(&host);
    const bool old = std::string(host.release).starts_with("5.10.");
    return VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES | VIGIA_SYSTEM_VALID_FORKS |
           VIGIA_SYSTEM_VALID_SWAP_TOTAL | VIGIA_SYSTEM_VALID_COMMIT_LIMIT |
           (old ? VIGIA_SYSTEM_VALID_CACHED : 0);
}

// Memory moves in the kernel's per-CPU batches, and with every process of the host.
constexpr int64_t memory_tolerance_bytes = 8 << 20;

constexpr HostField host_fields[] = {
    {"context_switches", counter, VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES,
     &vigia_system::context_switches, "stat", "ctxt", 1, 0},
    {"interrupts", counter, VIGIA_SYSTEM_VALID_INTERRUPTS, &vigia_system::interrupts, "stat",
     "intr", 1, 0},
    {"softirqs", counter, VIGIA_SYSTEM_VALID_INTERRUPTS, &vigia_system::softirqs, "stat", "softirq",
     1, 0},
    {"forks", counter, VIGIA_SYSTEM_VALID_FORKS, &vigia_system::forks, "stat", "processes", 1, 0},
    {"tasks_running", gauge, VIGIA_SYSTEM_VALID_TASKS, &vigia_system::tasks_running, "stat",
     "procs_running", 1, 4},
    {"tasks_blocked", gauge, VIGIA_SYSTEM_VALID_TASKS, &vigia_system::tasks_blocked, "stat",
     "procs_blocked", 1, 4},
    {"memory_total", counter, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_total_bytes,
     "meminfo", "MemTotal", kib, 0},
    {"memory_free", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_free_bytes, "meminfo",
     "MemFree", kib, memory_tolerance_bytes},
    {"memory_available", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_available_bytes,
     "meminfo", "MemAvailable", kib, memory_tolerance_bytes},
    {"memory_buffers", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_buffers_bytes,
     "meminfo", "Buffers", kib, memory_tolerance_bytes},
    {"memory_cached", gauge, VIGIA_SYSTEM_VALID_CACHED, &vigia_system::memory_cached_bytes,
     "meminfo", "Cached", kib, memory_tolerance_bytes},
    {"memory_anon", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_anon_bytes, "meminfo",
     "AnonPages", kib, memory_tolerance_bytes},
    {"memory_shared", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_shared_bytes,
     "meminfo", "Shmem", kib, memory_tolerance_bytes},
    {"memory_mapped", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_mapped_bytes,
     "meminfo", "Mapped", kib, memory_tolerance_bytes},
    {"slab_reclaimable", gauge, VIGIA_SYSTEM_VALID_PAGES,
     &vigia_system::memory_slab_reclaimable_bytes, "meminfo", "SReclaimable", kib,
     memory_tolerance_bytes},
    {"slab_unreclaimable", gauge, VIGIA_SYSTEM_VALID_PAGES,
     &vigia_system::memory_slab_unreclaimable_bytes, "meminfo", "SUnreclaim", kib,
     memory_tolerance_bytes},
    {"memory_dirty", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_dirty_bytes, "meminfo",
     "Dirty", kib, memory_tolerance_bytes},
    {"memory_writeback", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_writeback_bytes,
     "meminfo", "Writeback", kib, memory_tolerance_bytes},
    {"page_tables", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_page_tables_bytes,
     "meminfo", "PageTables", kib, memory_tolerance_bytes},
    {"kernel_stack", gauge, VIGIA_SYSTEM_VALID_PAGES, &vigia_system::memory_kernel_stack_bytes,
     "meminfo", "KernelStack", kib, memory_tolerance_bytes},
    {"committed", gauge, VIGIA_SYSTEM_VALID_COMMITTED, &vigia_system::memory_committed_bytes,
     "meminfo", "Committed_AS", kib, memory_tolerance_bytes},
    {"commit_limit", gauge, VIGIA_SYSTEM_VALID_COMMIT_LIMIT,
     &vigia_system::memory_commit_limit_bytes, "meminfo", "CommitLimit", kib, 0},
    {"swap_total", gauge, VIGIA_SYSTEM_VALID_SWAP_TOTAL, &vigia_system::swap_total_bytes, "meminfo",
     "SwapTotal", kib, 0},
    {"swap_free", gauge, VIGIA_SYSTEM_VALID_SWAP_FREE, &vigia_system::swap_free_bytes, "meminfo",
     "SwapFree", kib, memory_tolerance_bytes},
    {"swap_cached", gauge, VIGIA_SYSTEM_VALID_CACHED, &vigia_system::swap_cached_bytes, "meminfo",
     "SwapCached", kib, memory_tolerance_bytes},
    {"page_faults", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::page_faults, "vmstat",
     "pgfault", 1, 0},
    {"page_major_faults", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::page_major_faults,
     "vmstat", "pgmajfault", 1, 0},
    {"page_in_bytes", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::page_in_bytes, "vmstat",
     "pgpgin", kib, kib - 1}, // the kernel modules count sectors
    {"page_out_bytes", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::page_out_bytes, "vmstat",
     "pgpgout", kib, kib - 1},
    {"swap_in_pages", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::swap_in_pages, "vmstat",
     "pswpin", 1, 0},
    {"swap_out_pages", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::swap_out_pages, "vmstat",
     "pswpout", 1, 0},
    {"oom_kills", counter, VIGIA_SYSTEM_VALID_PAGING, &vigia_system::oom_kills, "vmstat",
     "oom_kill", 1, 0},
};

// /proc/loadavg has two decimals.
constexpr int64_t load_step = 10;
// /proc/pressure tells microseconds.
constexpr int64_t pressure_step_ns = 1000;

using Numbers = std::map<std::string, std::map<std::string, int64_t>>; // file, key

Numbers host_numbers() {
    Numbers numbers;
    for (const char* file : {"stat", "meminfo", "vmstat"}) {
        numbers[file] = keyed_numbers(slurp("/proc/" + std::string(file)));
    }
    std::istringstream load(slurp("/proc/loadavg"));
    double averages[3] = {};
    char slash = 0;
    load >> averages[0] >> averages[1] >> averages[2];
    load >> numbers["loadavg"]["running"] >> slash >> numbers["loadavg"]["total"];
    numbers["loadavg"]["1"] = std::llround(averages[0] * 1000);
    numbers["loadavg"]["5"] = std::llround(averages[1] * 1000);
    numbers["loadavg"]["15"] = std::llround(averages[2] * 1000);
    for (const char* what : {"cpu", "memory", "io"}) {
        const std::string text = slurp("/proc/pressure/" + std::string(what));
        for (const char* kind : {"some", "full"}) {
            numbers["pressure"][std::string(what) + kind] = stalled_ns(text, kind).value_or(0);
        }
    }
    return numbers;
}

// Times of "cpuN" in the order of /proc/stat, in ns.
std::vector<int64_t> cpu_times(uint32_t cpu) {
    std::istringstream lines(slurp("/proc/stat"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name == "cpu" + std::to_string(cpu)) {
            std::vector<int64_t> times{std::istream_iterator<int64_t>(words), {}};
            for (int64_t& time : times) {
                time *= tick_ns;
            }
            return times;
        }
    }
    return {};
}

} // namespace

TEST_CASE("every field of the host is what /proc says") {
    const TemporaryDirectory scratch;
    const auto subject = start_subject(scratch.file("v"));
    Differential result;
    for (int i = 0; i < rounds; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const Numbers before = host_numbers();
        REQUIRE(subject->refresh());
        const Published seen(subject->directory());
        const Numbers after = host_numbers();
        const auto compare = [&](const char* name, Kind kind, uint64_t value, const char* file,
                                 const std::string& key, int64_t unit, int64_t tolerance) {
            const auto low = before.at(file).find(key);
            const auto high = after.at(file).find(key);
            if (low != before.at(file).end() && high != after.at(file).end()) {
                result.compare("host", name, kind, static_cast<int64_t>(value), low->second * unit,
                               high->second * unit, tolerance);
            }
        };
        for (const HostField& row : host_fields) {
            if (vigia_system_has(seen.system.valid, row.valid) == 0) {
                INFO(row.name);
                CHECK((subject->is_kernel() && (row.valid & unknown_to_kernel()) != 0));
                continue;
            }
            const bool with_checks =
                row.member == &vigia_system::interrupts && subject->is_kernel();
            compare(row.name, row.kind, seen.system.*row.member, row.file, row.key, row.unit,
                    with_checks ? machine_check_interrupts() : row.tolerance);
        }
        compare("load_1min", gauge, seen.system.load_1min_millitasks, "loadavg", "1", 1, load_step);
        compare("load_5min", gauge, seen.system.load_5min_millitasks, "loadavg", "5", 1, load_step);
        compare("load_15min", gauge, seen.system.load_15min_millitasks, "loadavg", "15", 1,
                load_step);
        compare("tasks_total", gauge, seen.system.tasks_total, "loadavg", "total", 1, 8);
        if ((seen.system.valid & VIGIA_SYSTEM_VALID_PRESSURE) != 0) {
            compare("cpu some", counter, seen.system.cpu_pressure.some_ns, "pressure", "cpusome", 1,
                    pressure_step_ns);
            compare("cpu full", counter, seen.system.cpu_pressure.full_ns, "pressure", "cpufull", 1,
                    pressure_step_ns);
            compare("memory some", counter, seen.system.memory_pressure.some_ns, "pressure",
                    "memorysome", 1, pressure_step_ns);
            compare("memory full", counter, seen.system.memory_pressure.full_ns, "pressure",
                    "memoryfull", 1, pressure_step_ns);
            compare("io some", counter, seen.system.io_pressure.some_ns, "pressure", "iosome", 1,
                    pressure_step_ns);
            compare("io full", counter, seen.system.io_pressure.full_ns, "pressure", "iofull", 1,
                    pressure_step_ns);
        }
    }
    const std::string findings = result.findings(rounds);
    INFO(findings);
    CHECK(findings.empty());
    CHECK(result.compared() >= (subject->is_kernel() ? 20 : 30) * rounds);
    std::printf("R6: %zu values of the host compared\n", result.compared());
}

TEST_CASE("the times of every CPU are what /proc says") {
    const TemporaryDirectory scratch;
    const auto subject = start_subject(scratch.file("v"));
    std::map<uint32_t, std::vector<int64_t>> before;
    for (uint32_t cpu = 0; cpu < 4096 && !(before[cpu] = cpu_times(cpu)).empty(); ++cpu) {
    }
    REQUIRE(subject->refresh());
    const Published seen(subject->directory());
    REQUIRE_FALSE(seen.cpus.empty());
    for (const vigia_cpu& cpu : seen.cpus) {
        const std::vector<int64_t> low = before[cpu.cpu];
        const std::vector<int64_t> high = cpu_times(cpu.cpu);
        const uint64_t values[] = {cpu.user_ns + cpu.guest_ns,
                                   cpu.nice_ns + cpu.guest_nice_ns,
                                   cpu.system_ns,
                                   cpu.idle_ns,
                                   cpu.iowait_ns,
                                   cpu.irq_ns,
                                   cpu.softirq_ns,
                                   cpu.steal_ns,
                                   cpu.guest_ns,
                                   cpu.guest_nice_ns};
        REQUIRE(low.size() == 10);
        REQUIRE(high.size() == 10);
        for (std::size_t i = 0; i < 10; ++i) {
            CAPTURE(cpu.cpu, i);
            // idle and iowait are estimates that can step back by a tick
            CHECK(static_cast<int64_t>(values[i]) >= std::min(low[i], high[i]) - tick_ns);
            CHECK(static_cast<int64_t>(values[i]) <= std::max(low[i], high[i]) + tick_ns);
        }
    }
}
