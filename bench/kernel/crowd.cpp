// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bench/kernel/bench_kernel.h"

namespace vigia::bench {
namespace {

std::vector<pid_t> children; // of this program, in the order of their births

[[noreturn]] void sleep_forever() {
    while (true) {
        ::pause();
    }
}

void* sleep_in_thread(void*) {
    sleep_forever();
}

template <typename Work>
void start(const Work& work) {
    const pid_t pid = ::fork();
    if (pid < 0) {
        throw std::runtime_error("no child: raise the limits of the VM");
    }
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        work();
        sleep_forever();
    }
    children.push_back(pid);
}

} // namespace

int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

int64_t shortest_ns(int rounds, const std::function<void()>& work) {
    int64_t shortest = INT64_MAX;
    for (int i = 0; i < rounds; ++i) {
        const int64_t begin = now_ns();
        work();
        shortest = std::min(shortest, now_ns() - begin);
    }
    return shortest;
}

void add_sleepers(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        start([] {});
    }
    ::usleep(100'000);
}

void spread_over_cgroups(std::size_t count) {
    const auto folder = [count](std::size_t i) {
        return "/sys/fs/cgroup/bench-" + std::to_string(i % count);
    };
    for (std::size_t i = 0; i < count; ++i) {
        std::filesystem::create_directory(folder(i));
    }
    for (std::size_t i = 0; i < children.size(); ++i) {
        std::ofstream procs(folder(i) + "/cgroup.procs");
        if (!(procs << children[i] << std::flush)) {
            throw std::runtime_error("no process can be moved into " + folder(i));
        }
    }
}

void add_threads(std::size_t count) {
    start([count] {
        pthread_attr_t attributes;
        ::pthread_attr_init(&attributes);
        ::pthread_attr_setstacksize(&attributes, 16384);
        for (std::size_t i = 0; i < count; ++i) {
            pthread_t thread{};
            if (::pthread_create(&thread, &attributes, sleep_in_thread, nullptr) != 0) {
                ::_exit(1);
            }
        }
    });
    ::sleep(20); // under -icount that is over when all of them sleep
}

std::vector<pid_t> all_pids() {
    std::vector<pid_t> pids;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos) {
            pids.push_back(static_cast<pid_t>(std::stol(name)));
        }
    }
    return pids;
}

} // namespace vigia::bench
