// SPDX-License-Identifier: MIT
#include "test/publish/cgroup_workload.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <string_view>
#include <thread>

#include "test/publish/plain_proc.h"
#include "test/support/forked.h"

namespace vigia::test {
namespace {

// At rest after each round, so that its figures stand still now and then.
void use_memory() {
    std::vector<char> pages(16 << 20);
    while (true) {
        for (std::size_t i = 0; i < pages.size(); i += 4096) {
            pages[i] = static_cast<char>(pages[i] + 1);
        }
        ::usleep(50'000);
    }
}

void run_thread() {
    std::thread([] { sleep_forever(); }).detach();
    sleep_forever();
}

bool write_words(const std::string& file, const std::string& words) {
    std::ofstream stream(file);
    stream << words << std::flush;
    return stream.good();
}

// The thread that is not the leader.
pid_t other_thread(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    for (int attempt = 0; attempt < 1000; ++attempt) {
        DIR* const tasks = ::opendir(folder.c_str());
        while (const dirent* entry = tasks == nullptr ? nullptr : ::readdir(tasks)) {
            pid_t task = 0;
            const std::string_view name(entry->d_name);
            std::from_chars(name.data(), name.data() + name.size(), task);
            if (task != 0 && task != pid) {
                ::closedir(tasks);
                return task;
            }
        }
        if (tasks != nullptr) {
            ::closedir(tasks);
        }
        ::usleep(10'000);
    }
    return 0;
}

} // namespace

CgroupWorkload::CgroupWorkload()
    : mounts_(publish::parse_cgroup_mounts(slurp("/proc/self/mountinfo"))) {
    if (::geteuid() != 0 || mounts_.mode == VIGIA_CGROUP_NONE) {
        return;
    }
    const std::string path = make("/vigia-tree-" + std::to_string(::getpid()));
    if (path.empty()) {
        return;
    }
    root = path;
    for (const char* controller : {"+cpu", "+memory", "+pids", "+io"}) {
        write(root, "cgroup.subtree_control", controller);
    }
    run(burner = make(root + "/burner"), burn_forever);
    run(memory = make(root + "/memory"), use_memory);
    outer = make(root + "/outer");
    run(inner = make(outer + "/inner"), sleep_forever);
    empty = make(root + "/empty");
    run(longest = make(root + "/" + std::string(255, 'n')), sleep_forever);
    run(hostile = make(root + "/\"'`$(x) \t\\n\x1b[31m\xff\xc3 %s"), sleep_forever);
    limit();
    make_threaded();
}

std::string CgroupWorkload::make(const std::string& path) {
    bool made = false;
    for (const std::string& mount : mounts_.path) {
        made |= !mount.empty() && ::mkdir((mount + path).c_str(), 0755) == 0;
    }
    if (!made) {
        return {};
    }
    cgroups_.push_back(path);
    return path;
}

bool CgroupWorkload::write(const std::string& path, const std::string& file,
                           const std::string& words) const {
    for (const std::string& mount : mounts_.path) {
        const std::string name = mount + path + "/" + file;
        if (!mount.empty() && ::access(name.c_str(), W_OK) == 0 && write_words(name, words)) {
            return true;
        }
    }
    return false;
}

void CgroupWorkload::move(const std::string& path, pid_t pid) const {
    for (const std::string& mount : mounts_.path) {
        if (!mount.empty()) {
            write_words(mount + path + "/cgroup.procs", std::to_string(pid));
        }
    }
}

pid_t CgroupWorkload::run(const std::string& path, void (*work)()) {
    int start[2];
    if (::pipe(start) != 0) {
        return 0;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(start[1]);
        char nothing = 0;
        if (::read(start[0], &nothing, 1) == 0) { // once it is where it belongs
            work();
        }
        ::_exit(0);
    }
    ::close(start[0]);
    children_.push_back(pid);
    move(path, pid);
    ::close(start[1]);
    return pid;
}

void CgroupWorkload::limit() {
    if (!write(burner, "cpu.max", "20000 100000")) {
        write(burner, "cpu.cfs_quota_us", "20000");
    }
    if (!write(burner, "cpu.weight", "50")) {
        write(burner, "cpu.shares", "512");
    }
    if (!write(memory, "memory.max", std::to_string(64 << 20))) {
        write(memory, "memory.limit_in_bytes", std::to_string(64 << 20));
    }
    write(memory, "memory.high", std::to_string(48 << 20));
    write(inner, "pids.max", "100");
}

// A threaded cgroup makes the one above it the domain of its threads.
void CgroupWorkload::make_threaded() {
    if (mounts_.mode == VIGIA_CGROUP_V1) {
        return;
    }
    const std::string above = make(root + "/domain");
    const std::string below = make(above + "/threaded");
    if (!write(below, "cgroup.type", "threaded")) {
        return;
    }
    domain = above;
    threaded = below;
    threads = run(domain, run_thread);
    const std::string& mount = mounts_.path[publish::cgroup_place_followed];
    write_words(mount + threaded + "/cgroup.threads", std::to_string(other_thread(threads)));
}

CgroupWorkload::~CgroupWorkload() {
    for (const pid_t child : children_) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    for (auto path = cgroups_.rbegin(); path != cgroups_.rend(); ++path) {
        for (const std::string& mount : mounts_.path) {
            for (int attempt = 0; !mount.empty() && ::rmdir((mount + *path).c_str()) != 0 &&
                                  errno == EBUSY && attempt < 200;
                 ++attempt) {
                ::usleep(10'000); // the kernel takes a moment to see it empty
            }
        }
    }
}

} // namespace vigia::test
