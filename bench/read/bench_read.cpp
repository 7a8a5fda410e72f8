// SPDX-License-Identifier: MIT
// S5: what it costs to read 10,000 process records in place, beside libproc2 that reads and parses
// same fields of as many live processes. Usage: bench_read [--smoke] [--processes N]. One
// tab-separated line per row: id, what, value, unit, target, rival, the rival's value, ours/theirs,
// pass or short. Times are CPU times: ours the median of the rounds, the rival's its fastest round.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/publish/sleepers.h"
#include "bench/read/libproc2_reader.h"
#include "test/support/abi_writer.h"
#include "test/support/allocations.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::bench;

namespace {

constexpr uint32_t records = 10'000;
constexpr double target_ns = 30;

struct Options {
    unsigned processes = 10'000; // live ones, for the rival
    unsigned rounds = 400;
    unsigned rival_rounds = 5;
};

// Quits the program: without this there is nothing to measure.
[[noreturn]] void fail(const std::string& message) {
    std::fprintf(stderr, "bench_read: %s\n", message.c_str());
    std::exit(2);
}

Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--smoke") {
            options = {50, 5, 1};
        } else if (word == "--processes" && i + 1 < count) {
            const std::string_view number = words[++i];
            if (std::from_chars(number.begin(), number.end(), options.processes).ptr !=
                number.end()) {
                fail("--processes needs a number");
            }
        } else {
            fail("usage: bench_read [--smoke] [--processes N]");
        }
    }
    return options;
}

void write_records(test::AbiWriter& writer) {
    writer.begin();
    for (uint32_t pid = 1; pid <= records; ++pid) {
        vigia_process process{};
        process.pid = pid;
        process.rss_bytes = pid * 4096ULL;
        process.cpu_user_ns = pid * 1'000ULL;
        process.cpu_system_ns = pid * 100ULL;
        process.minor_faults = pid;
        process.read_bytes = pid * 10ULL;
        process.write_bytes = pid * 20ULL;
        writer.add(VIGIA_PROCESSES_REGION, process);
    }
    writer.publish();
}

// What write_records() makes of all the fields that read_once() adds up.
constexpr uint64_t expected_sum =
    uint64_t{records} * (records + 1) / 2 * (1 + 4096 + 1'000 + 100 + 1 + 10 + 20);

struct Reading {
    uint64_t sum = 0;
    uint64_t outside = 0; // records that do not lie in the mapping: copies, if there were any
};

// One snapshot as any reader reads it; the caller checks that it was whole.
Reading read_once(const vigia_file& file) {
    vigia_view view{};
    Reading reading;
    if (vigia_acquire(&file, &view) == 0) {
        return reading;
    }
    for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; ++i) {
        const auto* process =
            static_cast<const vigia_process*>(vigia_record(&view, VIGIA_PROCESSES_REGION, i));
        const auto* address = reinterpret_cast<const unsigned char*>(process);
        reading.outside += address < file.map || address >= file.map + file.size_bytes;
        reading.sum += process->pid + process->rss_bytes + process->cpu_user_ns +
                       process->cpu_system_ns + process->minor_faults + process->read_bytes +
                       process->write_bytes;
    }
    return vigia_still_valid(&view) != 0 ? reading : Reading{};
}

// Writes the file's memory back and out of all caches, as if another machine part had filled it.
bool flush_caches(const vigia_file& file) {
#if defined(__x86_64__)
    for (std::size_t at = 0; at < file.size_bytes; at += 64) {
        __builtin_ia32_clflush(file.map + at);
    }
    __builtin_ia32_mfence();
    return true;
#else
    return file.map == nullptr;
#endif
}

struct Cost {
    double ns_per_record = 0; // CPU time, median
    uint64_t allocations = 0;
    uint64_t outside = 0;
};

Cost measure(const vigia_file& file, unsigned rounds, bool flushed) {
    std::vector<double> times(rounds);
    Cost cost;
    const uint64_t allocations_before = test::allocation_count();
    for (double& time : times) {
        if (flushed) {
            flush_caches(file);
        }
        const uint64_t begin_ns = cpu_now_ns();
        const Reading reading = read_once(file);
        time = static_cast<double>(cpu_now_ns() - begin_ns) / records;
        if (reading.sum != expected_sum) {
            fail("the records do not add up");
        }
        cost.outside += reading.outside;
    }
    cost.allocations = test::allocation_count() - allocations_before;
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    cost.ns_per_record = times[rounds / 2];
    return cost;
}

void print_time(const char* what, double own_ns, const Libproc2Reading& rival) {
    std::printf(
        "S5\t%s\t%.2f\tns per record\t<= %.0f\tlibproc2, same fields, %llu processes\t%.0f\t"
        "%.6f\t%s\n",
        what, own_ns, target_ns, static_cast<unsigned long long>(rival.processes),
        rival.ns_per_process, own_ns / rival.ns_per_process,
        own_ns <= target_ns ? "pass" : "short");
}

void print_count(const char* what, uint64_t count, const char* unit) {
    std::printf("S5\t%s\t%llu\t%s\t0\t-\t-\t-\t%s\n", what, static_cast<unsigned long long>(count),
                unit, count == 0 ? "pass" : "short");
}

} // namespace

int main(int count, char** words) {
    const Options options = parse(count, words);
    const test::TemporaryDirectory directory;
    const std::string path = directory.file("processes");
    test::AbiWriter writer(path, VIGIA_FILE_PROCESSES, records);
    write_records(writer);
    vigia_file file{};
    if (const char* error = vigia_open(path.c_str(), VIGIA_FILE_PROCESSES, &file)) {
        fail(path + " " + error);
    }
    const Cost warm = measure(file, options.rounds, false);
    const Cost cold = flush_caches(file) ? measure(file, options.rounds, true) : Cost{};
    vigia_close(&file);

    const Sleepers sleepers(options.processes);
    const Libproc2Reading rival = read_with_libproc2(options.rival_rounds);
    if (rival.processes == 0) {
        fail("libproc2 reads nothing");
    }
    print_time("10,000 records read in place", warm.ns_per_record, rival);
    if (cold.ns_per_record > 0) {
        print_time("the same, out of all caches", cold.ns_per_record, rival);
    }
    print_count("allocations while reading", warm.allocations + cold.allocations, "calls of new");
    print_count("records read outside the mapping", warm.outside + cold.outside, "records");
    return 0;
}
