// SPDX-License-Identifier: MIT
// R7 on a real host: a storm of processes that live for a moment, and what the sampler makes of it.
//
//   vigia_test_accounting DIRECTORY SECONDS CHILD_MS TOLERANCE_PERMILLE [system]
//
// Workers fork children that spend some milliseconds each and are gone before anybody samples them.
// Their parents know from the kernel (getrusage) what they all spent; the sampler has to find it by
// the files in DIRECTORY, beside the worker that it belongs to. With `system`, processes and exits
// of the whole host have to make up the CPU time that the host counts, too.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "collector/base/clock.h"
#include "collector/sampler/sampler.h"
#include "collector/source/event_source.h"

namespace {

using namespace vigia;

constexpr unsigned worker_count = 4;
constexpr int sample_interval_ms = 2000;

unsigned passed = 0;
unsigned failed = 0;

void check(bool good, const char* sentence) {
    ++(good ? passed : failed);
    std::printf("%s - %s\n", good ? "ok" : "not ok", sentence);
}

uint64_t ns_of(const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * ns_per_second +
           static_cast<uint64_t>(time.tv_usec) * 1000;
}

uint64_t spent_ns(int whose) {
    rusage usage{};
    getrusage(whose, &usage);
    return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

volatile sig_atomic_t told_to_stop = 0;

void note_stop(int) {
    told_to_stop = 1;
}

// Children one after the other, until it is told to stop; says what they spent, and stays.
[[noreturn]] void work(int report, uint64_t child_cpu_ns) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sigaction action {};
    action.sa_handler = note_stop;
    sigaction(SIGUSR1, &action, nullptr);
    std::array<uint64_t, 2> told{}; // what children spent, and how many there were
    while (told_to_stop == 0) {
        const pid_t child = fork();
        if (child == 0) {
            while (spent_ns(RUSAGE_SELF) < child_cpu_ns) {
            }
            _exit(0);
        }
        while (child > 0 && waitpid(child, nullptr, 0) < 0) {
        }
        told[1]++;
    }
    told[0] = spent_ns(RUSAGE_CHILDREN);
    if (write(report, told.data(), sizeof(told)) != sizeof(told)) {
        _exit(1);
    }
    for (;;) {
        pause();
    }
}

struct Worker {
    pid_t pid = 0;
    int report = -1;
};

Worker start_worker(uint64_t child_cpu_ns) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        std::perror("pipe");
        std::exit(1);
    }
    const pid_t pid = fork();
    if (pid == 0) {
        work(ends[1], child_cpu_ns);
    }
    close(ends[1]);
    return {pid, ends[0]};
}

// What the samples told, in ns of CPU time.
struct Sums {
    double children = 0;
    double caught = 0;    // of those: by samples that found one alive
    double processes = 0; // of the whole host
    double exits = 0;
    double host = 0;
    uint64_t lost = 0;
    uint64_t masked = 0;
    uint64_t short_lived = 0;

    void add(const Sample& sample, const std::vector<Worker>& storm) {
        const auto interval_ns = static_cast<double>(sample.interval_ns);
        for (const ProcessSample& process : sample.processes) {
            const bool is_worker =
                std::any_of(storm.begin(), storm.end(), [&](const Worker& worker) {
                    return static_cast<uint32_t>(worker.pid) == process.record.pid;
                });
            if (is_worker) {
                children += process.descendants == nullptr
                                ? 0
                                : process.descendants->cpu_ratio * interval_ns;
            } else if (is_child(process, storm)) {
                caught += process.rates.cpu_ratio * interval_ns;
            }
        }
        processes += sample.system.processes_cpu_ratio * interval_ns;
        exits += sample.system.exits.cpu_ratio * interval_ns;
        host += sample.system.rates.cpu_ratio * static_cast<double>(sample.system.cpus.size()) *
                interval_ns;
        lost += sample.lost_events;
        masked += sample.masked_exits;
        short_lived += sample.system.exits.short_lived_count;
    }

    static bool is_child(const ProcessSample& process, const std::vector<Worker>& storm) {
        return std::any_of(storm.begin(), storm.end(), [&](const Worker& worker) {
            return static_cast<uint32_t>(worker.pid) == process.record.parent_pid;
        });
    }
};

class Watcher {
public:
    explicit Watcher(const char* directory) : directory_(directory) {
        auto opened = source::open_directory(directory);
        if (!opened) {
            std::fprintf(stderr, "%s\n", opened.error().message().c_str());
            std::exit(1);
        }
        source_ = std::move(*opened);
        events_.follow(directory_);
        sampler_.follow(&events_);
    }

    bool reports_exits() {
        sampler_.drain();
        return events_.reports(VIGIA_EVENT_EXIT);
    }
    // Takes samples until one began after `end_ns`; all are added to `sums` if that is given.
    void watch_until(uint64_t end_ns, const std::vector<Worker>& storm, Sums* sums) {
        for (uint64_t begin_ns = 0; begin_ns <= end_ns;) {
            pause();
            const auto sample = sampler_.take(*source_, nullptr, 0);
            if (!sample) {
                std::fprintf(stderr, "%s\n", sample.error().message().c_str());
                continue;
            }
            begin_ns = (*sample)->at.monotonic_ns;
            if ((*sample)->number != last_number_ && sums != nullptr) {
                sums->add(**sample, storm);
            }
            last_number_ = (*sample)->number;
        }
    }

private:
    // Reads events as they are announced.
    void pause() {
        const uint64_t end_ns = now_ns() + sample_interval_ms * ns_per_millisecond;
        while (now_ns() < end_ns) {
            pollfd polled{events_.descriptor(), POLLIN, 0};
            poll(&polled, 1,
                 static_cast<int>((end_ns - std::min(end_ns, now_ns())) / 1'000'000) + 1);
            sampler_.drain();
        }
    }
    static uint64_t now_ns() { return SystemClock().now().monotonic_ns; }

    std::string directory_;
    std::unique_ptr<source::Source> source_;
    source::EventFile events_;
    sampler::Sampler sampler_{sampler::SamplerConfig{ns_per_second, false, "/proc"}};
    uint64_t last_number_ = 0;
};

double deviation(double found, double truth) {
    return truth == 0 ? 1 : std::fabs(found - truth) / truth;
}

void judge(const Sums& sums, double truth, uint64_t children, double tolerance, bool whole_host) {
    const double found = sums.children + sums.caught;
    std::printf("children: %llu, of which %llu short-lived\n",
                static_cast<unsigned long long>(children),
                static_cast<unsigned long long>(sums.short_lived));
    std::printf("storm:    %.3f s by the kernel's word, %.3f s by samples and exits (%.2f %% off), "
                "%.3f s by samples alone\n",
                truth / 1e9, found / 1e9, 100 * deviation(found, truth), sums.caught / 1e9);
    std::printf("host:     %.3f s, of which %.3f s by processes (%.1f %%), with exits %.3f s "
                "(%.2f %% off)\n",
                sums.host / 1e9, sums.processes / 1e9, 100 * sums.processes / sums.host,
                (sums.processes + sums.exits) / 1e9,
                100 * deviation(sums.processes + sums.exits, sums.host));
    // On a busy machine, or where the kernel tells that something ended but not its time; and told.
    if ((sums.lost > 0 || sums.masked > 0) && !whole_host) {
        check(found < truth * (1 + tolerance), "with lost events the sums are a lower bound");
        return;
    }
    check(sums.lost == 0 && sums.masked == 0, "no event was lost, no counter masked");
    check(deviation(found, truth) < tolerance, "the storm's CPU time is found beside its parents");
    check(sums.children > 0, "samples alone would have missed a part of it");
    if (whole_host) {
        check(sums.short_lived > children / 2, "most children lived between two samples");
        check(sums.caught < 0.5 * truth, "samples alone would have missed most of the storm");
        check(sums.processes < 0.8 * (sums.processes + sums.exits),
              "samples alone would have missed more than a fifth of the host's CPU time");
        check(deviation(sums.processes + sums.exits, sums.host) < tolerance,
              "processes and exits make up the host's CPU time");
    }
}

} // namespace

int main(int argc, char* argv[]) {
    if (argc < 5) {
        std::fprintf(stderr, "usage: %s DIRECTORY SECONDS CHILD_MS TOLERANCE_PERMILLE [system]\n",
                     argv[0]);
        return 2;
    }
    const auto duration_ns = std::strtoull(argv[2], nullptr, 10) * ns_per_second;
    const auto child_cpu_ns = std::strtoull(argv[3], nullptr, 10) * ns_per_millisecond;
    Watcher watcher(argv[1]);
    if (!watcher.reports_exits()) {
        std::printf("this source reports no exits\n");
        return 3;
    }
    std::vector<Worker> storm;
    Sums sums;
    watcher.watch_until(SystemClock().now().monotonic_ns, storm, nullptr); // rates from here on
    for (unsigned i = 0; i < worker_count; ++i) {
        storm.push_back(start_worker(child_cpu_ns));
    }
    watcher.watch_until(SystemClock().now().monotonic_ns + duration_ns, storm, &sums);
    double truth = 0;
    uint64_t children = 0;
    for (const Worker& worker : storm) {
        kill(worker.pid, SIGUSR1);
    }
    for (const Worker& worker : storm) {
        std::array<uint64_t, 2> told{};
        check(read(worker.report, told.data(), sizeof(told)) == sizeof(told), "a worker reports");
        truth += static_cast<double>(told[0]);
        children += told[1];
    }
    // A sample later even exits that are told late have come.
    watcher.watch_until(SystemClock().now().monotonic_ns, storm, &sums);
    watcher.watch_until(SystemClock().now().monotonic_ns, storm, &sums);
    judge(sums, truth, children, std::strtod(argv[4], nullptr) / 1000,
          argc > 5 && std::string_view(argv[5]) == "system");
    for (const Worker& worker : storm) {
        kill(worker.pid, SIGKILL);
        waitpid(worker.pid, nullptr, 0);
    }
    std::printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
