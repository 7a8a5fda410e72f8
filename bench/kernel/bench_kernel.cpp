// SPDX-License-Identifier: MIT
// Inside the VM: S1 to S4 of /proc/vigia/processes beside its rivals, and S10, the daemon's tick.
//
//   bench_kernel KERNEL BPF_OBJECT COUNT ...
//
// grows to each COUNT of sleeping processes in turn and prints raw rows, tab-separated:
// kernel, what, processes, figure. bench/kernel/table.py makes the table of them.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>

#include <vigia/control.h>
#include <vigia/reader.h>

#include "bench/kernel/bench_kernel.h"

using namespace vigia::bench;

namespace {

constexpr const char* path = "/proc/vigia/processes";
constexpr int rounds = 5;
constexpr std::size_t rival_limit = 10'000; // slow ones are measured up to here
constexpr std::size_t sampled_processes = 1'000;
constexpr std::size_t threads_of_the_large = 30'000;
constexpr std::size_t daemon_cgroups = 1'000;
constexpr std::size_t daemon_processes = 10'000;

const char* kernel;

void row(const char* what, std::size_t processes, double figure) {
    std::printf("%s\t%s\t%zu\t%.1f\n", kernel, what, processes, figure);
    std::fflush(stdout);
}

class Reader {
public:
    Reader() : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)) {
        if (const char* error = vigia_open(path, VIGIA_FILE_PROCESSES, &file_)) {
            throw std::runtime_error(error);
        }
    }
    ~Reader() {
        vigia_close(&file_);
        ::close(descriptor_);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void refresh(uint64_t max_age_ns) const {
        vigia_refresh request{};
        request.max_age_ns = max_age_ns;
        if (::ioctl(descriptor_, VIGIA_IOC_REFRESH, &request) != 0) {
            throw std::runtime_error("the refresh failed");
        }
    }

    uint32_t most_threads() const {
        vigia_view view{};
        uint32_t most = 0;
        vigia_acquire(&file_, &view);
        for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; ++i) {
            most = std::max(most, static_cast<const vigia_process*>(
                                      vigia_record(&view, VIGIA_PROCESSES_REGION, i))
                                      ->thread_count);
        }
        return most;
    }

    // Adds up a field of all records, in place.
    uint64_t sum(vigia_view& view) const {
        uint64_t sum = 0;
        if (vigia_acquire(&file_, &view) == 0) {
            throw std::runtime_error("no snapshot");
        }
        for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; ++i) {
            sum += static_cast<const vigia_process*>(vigia_record(&view, VIGIA_PROCESSES_REGION, i))
                       ->rss_bytes;
        }
        return sum;
    }

private:
    int descriptor_;
    vigia_file file_{};
};

void measure_refresh() {
    const Reader reader;
    vigia_view view{};
    const int64_t first = shortest_ns(1, [&] { reader.refresh(0); });
    const int64_t whole = shortest_ns(rounds, [&] { reader.refresh(0); });
    reader.sum(view);
    const auto count = view.count[VIGIA_PROCESSES_REGION];
    if (view.slot->truncated_count[VIGIA_PROCESSES_REGION] != 0) {
        throw std::runtime_error("the snapshot is cut");
    }
    row("refresh", count, static_cast<double>(whole) / count);
    row("first refresh", count, static_cast<double>(first) / count);
}

void measure_parts(std::size_t large_threads) {
    std::ifstream file("/proc/vigia_bench_parts");
    std::string part;
    double count = 0;
    double duration = 0;
    double longest = 0;
    while (file >> part >> count >> duration >> longest) {
        const auto processes = static_cast<std::size_t>(count);
        if (large_threads == 0) {
            row(("part " + part).c_str(), processes, duration / count);
        }
        if (part == "all") {
            row(large_threads == 0 ? "longest stretch" : "longest stretch, many threads", processes,
                longest);
        }
    }
}

void measure_text_rivals() {
    std::vector<pid_t> pids = all_pids();
    const std::size_t all = pids.size();
    pids.resize(std::min(all, sampled_processes));
    const int64_t five = shortest_ns(1, [&] {
        for (const pid_t pid : pids) {
            read_five_files(pid);
        }
    });
    row("five files", all, static_cast<double>(five) / static_cast<double>(pids.size()));
    const int64_t dump = shortest_ns(2, [] { drain_numbers("/proc/vigia_bench_dump"); });
    row("text dump, read and parsed", all, static_cast<double>(dump) / static_cast<double>(all));
    const int64_t unread = shortest_ns(2, [] { drain("/proc/vigia_bench_dump"); });
    row("text dump, read", all, static_cast<double>(unread) / static_cast<double>(all));
}

void measure_iterator(const Iterator& iterator) {
    std::size_t records = 0;
    const int64_t duration = shortest_ns(rounds, [&] { records = iterator.run(); });
    if (records == 0) {
        throw std::runtime_error("the bpf_iter program wrote nothing");
    }
    row("bpf_iter", records, static_cast<double>(duration) / static_cast<double>(records));
}

void measure_programs() {
    const auto all = static_cast<double>(all_pids().size());
    const std::vector<std::pair<const char*, std::vector<std::string>>> programs{
        {"ps", {"ps", "-eo", "pid,ppid,uid,stat,ni,nlwp,time,rss,vsz,min_flt,maj_flt,comm"}},
        {"top", {"env", "TERM=dumb", "top", "-b", "-n", "1", "-w", "200"}},
        {"atop", {"atop", "1", "1"}},
    };
    for (const auto& [name, words] : programs) {
        const int64_t cpu = command_cpu_ns(words);
        if (cpu > 0) {
            row(name, static_cast<std::size_t>(all), static_cast<double>(cpu) / all);
        }
    }
}

// One tick: what the daemon takes for 30 seconds more, with a history, at its interval of 1 s.
void measure_daemon() {
    const char* build = std::getenv("VIGIA_BUILD");
    const std::string program =
        std::string(build == nullptr ? "build/release" : build) + "/bin/vigia";
    spread_over_cgroups(daemon_cgroups);
    const auto run = [&program](const char* seconds) {
        return command_cpu_ns({program, "daemon", "--source", "kernel", "--interval", "1s",
                               "--database", std::string("/tmp/bench-") + seconds + ".db", "--for",
                               seconds});
    };
    const int64_t shorter = run("10s");
    const int64_t longer = run("40s");
    if (shorter == 0 || longer <= shorter) {
        throw std::runtime_error("the daemon's tick cannot be measured");
    }
    row("daemon tick", all_pids().size(), static_cast<double>(longer - shorter) / 30);
}

void measure_counts() {
    const Reader reader;
    vigia_view view{};
    const auto take_fresh = [&] {
        reader.refresh(0);
        reader.sum(view);
    };
    const auto take_shared = [&] { reader.sum(view); };
    const auto nothing = [] {};
    take_fresh();
    const std::size_t count = view.count[VIGIA_PROCESSES_REGION];
    row("system calls", count, static_cast<double>(count_system_calls(nothing, take_fresh)));
    row("system calls, shared", count,
        static_cast<double>(count_system_calls(nothing, take_shared)));
    const auto five = [] { read_five_files(1); };
    row("system calls, five files of one process", count,
        static_cast<double>(count_system_calls(five, five)));
    row("allocations", count, static_cast<double>(count_allocations(take_fresh)));
    row("allocations, five files of one process", count,
        static_cast<double>(count_allocations(five)));
}

void measure(const char* object, std::size_t wanted, bool is_last) {
    const std::size_t there = all_pids().size();
    add_sleepers(wanted > there ? wanted - there : 0);
    measure_refresh();
    measure_parts(0);
    measure_text_rivals();
    measure_iterator(Iterator(object));
    if (wanted <= rival_limit) {
        measure_programs();
    }
    if (wanted == rival_limit || is_last) {
        measure_counts();
    }
    if (wanted == daemon_processes || (is_last && wanted < daemon_processes)) {
        measure_daemon();
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 4) {
        std::fprintf(stderr, "usage: bench_kernel KERNEL BPF_OBJECT COUNT ...\n");
        return 2;
    }
    kernel = argv[1];
    for (int i = 3; i < argc; ++i) {
        std::size_t count = 0;
        std::from_chars(argv[i], argv[i] + std::strlen(argv[i]), count);
        measure(argv[2], count, i + 1 == argc);
    }
    add_threads(threads_of_the_large);
    const Reader reader;
    reader.refresh(0);
    if (reader.most_threads() <= threads_of_the_large) {
        throw std::runtime_error("the large process has too few threads");
    }
    measure_parts(threads_of_the_large);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_kernel: %s\n", error.what());
    return 1;
}
