// SPDX-License-Identifier: MIT
// S11: the publisher's CPU time for one refresh, at 10,000 sleeping processes, beside the rivals at
// the same interval. Usage: bench_publish [processes] [intervals]. One tab-separated line per row:
// id, what, value, unit, target, rival, the rival's value, ours/theirs, pass or short.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/publish/idle_groups.h"
#include "bench/publish/rivals.h"
#include "bench/publish/sleepers.h"
#include "collector/publish/publisher.h"

using namespace vigia;
using namespace vigia::bench;

namespace {

constexpr unsigned processes_default = 10'000;
constexpr unsigned intervals_default = 5;
constexpr unsigned idle_groups = 100;
constexpr double target_ratio = 0.5;

struct OwnCost {
    double first_ns = 0;  // the first refresh, which reads everything
    double steady_ns = 0; // later ones, on average
    uint64_t processes = 0;
    uint64_t reads = 0;
};

// Quits the program: without the publisher there is nothing to compare.
[[noreturn]] void fail(const std::string& message) {
    std::fprintf(stderr, "bench_publish: %s\n", message.c_str());
    std::exit(1);
}

OwnCost measure(const std::string& directory, uint64_t quiet_reread_ns, unsigned intervals) {
    publish::PublisherConfig config;
    config.directory = directory;
    config.quiet_reread_ns = quiet_reread_ns;
    auto publisher = publish::Publisher::create(config);
    if (!publisher) {
        fail(publisher.error().message());
    }
    OwnCost cost;
    const auto refresh = [&] {
        const uint64_t begin_ns = process_cpu_ns();
        if (Status done = (*publisher)->refresh(); !done) {
            fail(done.error().message());
        }
        return static_cast<double>(process_cpu_ns() - begin_ns);
    };
    cost.first_ns = refresh();
    refresh(); // whoever ran since the first
    for (unsigned i = 0; i < intervals; ++i) {
        ::sleep(1);
        cost.steady_ns += refresh() / intervals;
    }
    cost.processes = (*publisher)->stats().processes;
    cost.reads = (*publisher)->stats().files_read;
    return cost;
}

// Zeros where we may make no cgroups.
OwnCost measure_grouped(const std::string& directory, const Sleepers& sleepers,
                        unsigned intervals) {
    const IdleGroups groups(sleepers.pids(), idle_groups);
    return groups.size() == 0
               ? OwnCost{}
               : measure(directory, publish::PublisherConfig{}.quiet_reread_ns, intervals);
}

// True if the row holds, or only informs.
bool print_row(const std::string& what, double own_ns, const RivalCost& rival, bool counts) {
    const double ratio = own_ns / rival.cpu_ns;
    const bool holds = !counts || ratio <= target_ratio;
    std::printf("S11\t%s\t%.0f\tus CPU per refresh\t%s\t%s\t%.0f\t%.3f\t%s\n", what.c_str(),
                own_ns / 1000, counts ? "<= 0.5 of the rival" : "for information",
                rival.name.c_str(), rival.cpu_ns / 1000, ratio, holds ? "pass" : "short");
    std::fflush(stdout);
    return holds;
}

std::vector<RivalCost> measure_rivals(unsigned intervals) {
    std::vector<RivalCost> rivals;
    rivals.push_back(libproc2_cost(intervals));
    rivals.push_back(command_cost("top -b", {"top", "-b", "-d", "1", "-n", "{}"}, intervals));
    rivals.push_back(command_cost(
        "pidstat", {"pidstat", "-u", "-r", "-d", "-w", "-p", "ALL", "1", "{}"}, intervals));
    rivals.push_back(command_cost("atop", {"atop", "1", "{}"}, intervals));
    rivals.push_back(exporter_cost(intervals));
    rivals.push_back(single_cost("ps -e, same fields but I/O",
                                 {"ps", "-eo",
                                  "pid,ppid,ruid,euid,stat,nlwp,ni,psr,cputimes,rss,vsz,min_flt,"
                                  "maj_flt,lstart,cgroup,comm"},
                                 intervals));
    return rivals;
}

unsigned argument(int count, char** values, int index, unsigned otherwise) {
    unsigned value = otherwise;
    if (index < count) {
        std::from_chars(values[index], values[index] + std::strlen(values[index]), value);
    }
    return std::max(1U, value);
}

} // namespace

int main(int count, char** values) {
    const unsigned intervals = argument(count, values, 2, intervals_default);
    const Sleepers sleepers(argument(count, values, 1, processes_default));
    char directory[] = "/dev/shm/vigia-bench-XXXXXX";
    if (::mkdtemp(directory) == nullptr) {
        fail("cannot make a directory in /dev/shm");
    }
    ::sleep(1);
    const std::string files = directory;
    const OwnCost usual = measure(files, publish::PublisherConfig{}.quiet_reread_ns, intervals);
    const OwnCost whole = measure(files, 0, intervals);
    const OwnCost grouped = measure_grouped(files, sleepers, intervals);
    std::filesystem::remove_all(files);
    const std::string label = std::to_string(usual.processes) + " processes";
    bool good = true;
    for (const RivalCost& rival : measure_rivals(intervals)) {
        if (rival.cpu_ns == 0) {
            std::fprintf(stderr, "bench_publish: cannot run %s\n", rival.name.c_str());
            good = false;
            continue;
        }
        good &= print_row("publisher, " + label, usual.steady_ns, rival, true);
        print_row("publisher reading every process whole, " + label, whole.steady_ns, rival, false);
        if (grouped.processes != 0) {
            print_row("publisher, the same in " + std::to_string(idle_groups) + " idle cgroups",
                      grouped.steady_ns, rival, false);
        }
    }
    return good ? 0 : 1;
}
