// SPDX-License-Identifier: MIT
#include "test/publish/workload.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "collector/publish/cgroup_mounts.h"
#include "test/publish/plain_proc.h"
#include "test/support/forked.h"

namespace vigia::test {
namespace {

// At rest in between, so that its figures stand still now and then.
void write_files(const std::string& path) {
    const std::string block(64 * 1024, 'x');
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    std::string back(1000, ' ');
    while (file >= 0) {
        if (::pwrite(file, block.data(), block.size(), 0) < 0 ||
            ::pread(file, back.data(), back.size(), 0) < 0) {
            return;
        }
        ::usleep(20'000);
    }
}

void run_threads() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([i] {
            while (true) {
                ::usleep(static_cast<useconds_t>(10'000 + 1'000 * i));
            }
        });
    }
    sleep_forever();
}

} // namespace

Workload::Workload(const std::string& scratch) {
    burner = start_forked(burn_forever);
    threaded = start_forked(run_threads);
    zombie = start_forked([] {});
    stopped = start_forked(sleep_forever);
    hostile = start_forked([] {
        ::prctl(PR_SET_NAME, "a) S 1 (\n\\");
        sleep_forever();
    });
    const pid_t writer = start_forked([&] { write_files(scratch + "/written"); });
    children_ = {burner, threaded, zombie, stopped, hostile, writer};
    ::kill(stopped, SIGSTOP);
    make_cgroups();
}

// One path in every hierarchy that lets us.
void Workload::make_cgroups() {
    if (::geteuid() != 0) {
        return;
    }
    const auto mounts = publish::parse_cgroup_mounts(slurp("/proc/self/mountinfo"));
    const std::string path = "/vigia-test-" + std::to_string(::getpid());
    const pid_t child = start_forked(burn_forever);
    children_.push_back(child);
    for (const std::string& mount : mounts.path) {
        if (!mount.empty() && ::mkdir((mount + path).c_str(), 0755) == 0) {
            cgroups_.push_back(mount + path);
            std::ofstream(mount + path + "/cgroup.procs") << child << '\n';
        }
    }
    std::ofstream(mounts.path[publish::cgroup_place_memory] + path + "/memory.limit_in_bytes")
        << (64 << 20) << '\n';
    if (plain_cgroup_path(slurp("/proc/" + std::to_string(child) + "/cgroup")) == path) {
        grouped = child;
        cgroup_path = path;
    }
}

Workload::~Workload() {
    for (const pid_t child : children_) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    for (const std::string& cgroup : cgroups_) {
        for (int attempt = 0; ::rmdir(cgroup.c_str()) != 0 && attempt < 100; ++attempt) {
            ::usleep(10'000); // the kernel takes a moment to see it empty
        }
    }
}

} // namespace vigia::test
