// SPDX-License-Identifier: MIT
#include "test/publish/fake_host.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace vigia::test {

FakeHost::FakeHost() {
    write("proc/self/schedstat", "1000 10 1\n");
    write("proc/self/mountinfo", "");
    write("proc/stat", "cpu  3 0 0 0 0 0 0 0 0 0\ncpu0 30 5 7 90 2 1 1 0 10 1\n"
                       "intr 77 1 2\nctxt 88\nbtime 1\nprocesses 99\nprocs_running 2\n"
                       "procs_blocked 1\nsoftirq 66 1 2\n");
    write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 600 kB\n");
    write("proc/vmstat", "pgpgin 4\npgpgout 5\npgfault 6\npgmajfault 7\noom_kill 8\n");
    write("proc/loadavg", "1.25 0.50 0.05 3/456 789\n");
}

void FakeHost::write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
}

void FakeHost::remove(const std::string& name) const {
    std::filesystem::remove_all(path(name));
}

void FakeHost::put(const FakeProcess& p) const {
    const std::string folder = "proc/" + std::to_string(p.pid) + "/";
    const auto text = [](auto value) { return std::to_string(value); };
    write(folder + "stat", text(p.pid) + " (" + p.comm + ") " + p.state + " " + text(p.parent_pid) +
                               " 1 1 0 -1 4194304 11 0 12 0 " + text(p.user_ticks) + " " +
                               text(p.system_ticks) + " 0 0 20 " + text(p.nice) + " " +
                               text(p.threads) + " 0 " + text(p.start_ticks) + " 1048576 " +
                               text(p.rss_kib / 4) +
                               " 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n");
    const std::string rss = text(p.rss_kib);
    write(folder + "status", "Name:\tfake\nUid:\t1000\t1001\t0\t0\nNSpid:\t" + text(p.pid) +
                                 "\t7\nVmHWM:\t" + rss + " kB\nVmRSS:\t" + rss + " kB\nRssAnon:\t" +
                                 rss +
                                 " kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\nVmSwap:\t0 kB\n"
                                 "voluntary_ctxt_switches:\t4\nnonvoluntary_ctxt_switches:\t5\n");
    write(folder + "io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
                         "write_bytes: 6\ncancelled_write_bytes: 7\n");
    write(folder + "schedstat",
          text(p.runtime_ns) + " " + text(p.run_delay_ns) + " " + text(p.timeslices) + "\n");
    write(folder + "oom_score_adj", "-17\n");
    write(folder + "cgroup", p.cgroup_lines);
}

void FakeHost::mount(const std::string& point, const std::string& type,
                     const std::string& options) {
    std::filesystem::create_directories(path(point));
    mountinfo_ +=
        "30 23 0:30 / " + path(point) + " rw shared:1 - " + type + " none " + options + "\n";
    write("proc/self/mountinfo", mountinfo_);
}

uint64_t FakeHost::inode(const std::string& name) const {
    struct stat status {};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_ino : 0;
}

publish::PublisherConfig FakeHost::config() const {
    publish::PublisherConfig config;
    config.directory = path("out");
    config.proc_path = path("proc");
    return config;
}

} // namespace vigia::test
