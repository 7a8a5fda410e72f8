// SPDX-License-Identifier: MIT
#include "collector/sampler/host_supplement.h"

#include <filesystem>
#include <fstream>

#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia::sampler {
namespace {

using test::TemporaryDirectory;

// What the kernel modules give of the host on Linux 5.10.
constexpr uint64_t of_the_kernel = VIGIA_SYSTEM_VALID_LOAD | VIGIA_SYSTEM_VALID_PAGING |
                                   VIGIA_SYSTEM_VALID_CPU_TIMES | VIGIA_SYSTEM_VALID_INTERRUPTS |
                                   VIGIA_SYSTEM_VALID_TASKS | VIGIA_SYSTEM_VALID_PAGES |
                                   VIGIA_SYSTEM_VALID_COMMITTED | VIGIA_SYSTEM_VALID_SWAP_FREE;

struct Proc {
    void write(const std::string& name, const std::string& text) const {
        const std::filesystem::path path = directory.file(name);
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    void write_all() const {
        write("stat", "cpu  1\ncpu0 1\nintr " + std::string(100'000, '0') +
                          "\nctxt 88\nbtime 1\nprocesses 99\nprocs_running 2\n");
        write("meminfo", "MemTotal: 9 kB\nBuffers: 8 kB\nCached: 7 kB\nSwapCached: 6 kB\n"
                         "SwapTotal: 50 kB\nSwapFree: 40 kB\nCommitLimit: 30 kB\n");
        write("pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"); // before 5.13
        for (const char* name : {"pressure/memory", "pressure/io"}) {
            write(name, "some avg10=0.00 avg60=0.00 avg300=0.00 total=6\n"
                        "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        }
    }

    TemporaryDirectory directory;
};

TEST_CASE("what the kernel modules cannot know is filled from /proc") {
    const Proc proc;
    proc.write_all();
    HostSupplement supplement(proc.directory.path());
    vigia_system record{};
    record.valid = of_the_kernel;
    record.memory_committed_bytes = 1;
    supplement.complete(record);
    CHECK(record.context_switches == 88); // behind a line that is longer than the first buffer
    CHECK(record.forks == 99);
    CHECK(record.swap_total_bytes == 50 * 1024);
    CHECK(record.swap_free_bytes == 40 * 1024);
    CHECK(record.memory_commit_limit_bytes == 30 * 1024);
    CHECK(record.memory_cached_bytes == 7 * 1024);
    CHECK(record.swap_cached_bytes == 6 * 1024);
    CHECK(record.memory_committed_bytes == 1); // what it knew stays
    CHECK(record.cpu_pressure.some_ns == 5000);
    CHECK(record.cpu_pressure.full_ns == 0);
    CHECK(record.io_pressure.full_ns == 7000);
    CHECK(vigia_system_has(record.valid, VIGIA_SYSTEM_PARTS_OF_CPU | VIGIA_SYSTEM_PARTS_OF_MEMORY |
                                             VIGIA_SYSTEM_VALID_PRESSURE));
}

TEST_CASE("a record that lacks nothing is left as it is") {
    const Proc proc;
    proc.write_all();
    HostSupplement supplement(proc.directory.path());
    vigia_system record{};
    record.valid = VIGIA_SYSTEM_VALID_CPU | VIGIA_SYSTEM_VALID_MEMORY | VIGIA_SYSTEM_VALID_PRESSURE;
    record.context_switches = 1;
    supplement.complete(record);
    CHECK(record.context_switches == 1);
    CHECK(record.swap_total_bytes == 0);
    CHECK(record.cpu_pressure.some_ns == 0);
}

TEST_CASE("what /proc lacks too stays unknown") {
    const Proc proc;
    proc.write("stat", "cpu  1\nctxt 88\nprocesses ");
    proc.write("meminfo", "SwapTotal: x kB\nCached: 7 kB\n");
    proc.write("pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
    HostSupplement supplement(proc.directory.path());
    vigia_system record{};
    for (int round = 0; round < 2; ++round) {
        supplement.complete(record);
        CHECK(record.valid == VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES);
        CHECK(record.memory_cached_bytes == 0);
        CHECK(record.cpu_pressure.some_ns == 0); // not one of three
    }
}

TEST_CASE("without a /proc nothing is filled") {
    HostSupplement supplement("/no/such/place");
    vigia_system record{};
    supplement.complete(record);
    CHECK(record.valid == 0);
}

} // namespace
} // namespace vigia::sampler
