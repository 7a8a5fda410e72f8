// SPDX-License-Identifier: MIT
#include "collector/publish/proc_text.h"
#include "test/support/catch.h"

using namespace vigia::publish;

namespace {

const std::string after_comm =
    " S 1 10 10 0 -1 4194560 100 7 3 0 250 50 0 0 20 -5 4 0 97179 3133440 414 "
    "18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 17 1 0 0 9 0 0 1 2 3 4 5 6 7 0\n";

} // namespace

TEST_CASE("stat is read around a hostile name") {
    for (const std::string comm : {"cat", "a) S 1 (", "))))", "((", "a b", "", "x\ny) R 9 9 9 9"}) {
        CAPTURE(comm);
        ProcStat stat;
        const std::string text = "4711 (" + comm + ")" + after_comm;
        REQUIRE(parse_proc_stat(text, stat));
        CHECK(stat.pid == 4711);
        CHECK(stat.comm == comm);
        CHECK(stat.state == 'S');
        CHECK(stat.parent_pid == 1);
        CHECK(stat.flags == 4194560);
        CHECK(stat.minor_faults == 100);
        CHECK(stat.major_faults == 3);
        CHECK(stat.user_ticks == 250);
        CHECK(stat.system_ticks == 50);
        CHECK(stat.nice == -5);
        CHECK(stat.thread_count == 4);
        CHECK(stat.start_ticks == 97179);
        CHECK(stat.virtual_bytes == 3133440);
        CHECK(stat.rss_pages == 414);
        CHECK(stat.last_cpu == 1);
        CHECK(stat.block_delay_ticks == 9);
    }
}

TEST_CASE("a stat that is not the kernel's is refused") {
    for (const std::string text :
         {"", "\n", "1", "1 (a", "1 a)", "1 )a(", "1 (a)", "1 (a) ", "(a) S 1", "1 (a) S 1 2 3",
          "x (a) S 1 1 1 1 1 1 1", "1 (a) SS 1 1 1 1"}) {
        CAPTURE(text);
        ProcStat stat;
        CHECK_FALSE(parse_proc_stat(text, stat));
    }
}

TEST_CASE("status gives users, the innermost namespace pid and the parts of the memory") {
    ProcStatus status;
    REQUIRE(parse_proc_status("Name:\ta\\nUid:\t7\nUid:\t1000\t1001\t1000\t1000\n"
                              "NSpid:\t4711\t12\t1\nVmHWM:\t  30 kB\nVmRSS:\t  20 kB\n"
                              "RssAnon:\t  10 kB\nRssFile:\t   6 kB\nRssShmem:\t   4 kB\n"
                              "VmSwap:\t   2 kB\nvoluntary_ctxt_switches:\t5\n"
                              "nonvoluntary_ctxt_switches:\t6\n",
                              status));
    CHECK(status.uid == 1000);
    CHECK(status.effective_uid == 1001);
    CHECK(status.has_namespace_pid);
    CHECK(status.namespace_pid == 1);
    CHECK(status.has_memory);
    CHECK(status.has_rss_split);
    CHECK(status.rss_peak_bytes == 30 * 1024);
    CHECK(status.rss_bytes == 20 * 1024);
    CHECK(status.rss_anon_bytes == 10 * 1024);
    CHECK(status.rss_file_bytes == 6 * 1024);
    CHECK(status.rss_shared_bytes == 4 * 1024);
    CHECK(status.swap_bytes == 2 * 1024);
    CHECK(status.voluntary_switches == 5);
    CHECK(status.involuntary_switches == 6);
}

TEST_CASE("a status without users is refused, one without memory is a kernel thread's") {
    ProcStatus status;
    CHECK_FALSE(parse_proc_status("", status));
    CHECK_FALSE(parse_proc_status("Name:\tx\n", status));
    REQUIRE(parse_proc_status("Name:\tkthreadd\nUid:\t0\t0\t0\t0\nNSpid:\t2\n", status));
    CHECK_FALSE(status.has_memory);
    CHECK_FALSE(status.has_rss_split);
}

TEST_CASE("io is read whole or not at all") {
    const std::string text = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
                             "write_bytes: 6\ncancelled_write_bytes: 7\n";
    ProcIo io;
    REQUIRE(parse_proc_io(text, io));
    CHECK(io.read_chars_bytes == 1);
    CHECK(io.write_chars_bytes == 2);
    CHECK(io.read_calls == 3);
    CHECK(io.write_calls == 4);
    CHECK(io.read_bytes == 5);
    CHECK(io.write_bytes == 6);
    CHECK(io.cancelled_write_bytes == 7);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        CHECK_FALSE(parse_proc_io(text.substr(0, size), io));
    }
}

TEST_CASE("schedstat needs its three numbers") {
    ProcSchedstat schedstat;
    REQUIRE(parse_proc_schedstat("464031 38627 2\n", schedstat));
    CHECK(schedstat.runtime_ns == 464031);
    CHECK(schedstat.run_delay_ns == 38627);
    CHECK(schedstat.timeslices == 2);
    for (const char* text : {"", "\n", "1", "1 2", "1 2\n", "a b c"}) {
        CHECK_FALSE(parse_proc_schedstat(text, schedstat));
    }
}

TEST_CASE("the cgroup line of the followed hierarchy is found") {
    const std::string text = "9:name=systemd:/init.scope\n4:cpu,cpuacct:/a:b\n1:memory:/m\n0::/u\n";
    std::string_view path;
    REQUIRE(find_cgroup_path(text, "", path));
    CHECK(path == "/u");
    REQUIRE(find_cgroup_path(text, "name=systemd", path));
    CHECK(path == "/init.scope");
    REQUIRE(find_cgroup_path(text, "cpuacct", path));
    CHECK(path == "/a:b");
    REQUIRE(find_cgroup_path(text, "cpu", path));
    CHECK(path == "/a:b");
    CHECK_FALSE(find_cgroup_path(text, "pids", path));
    CHECK_FALSE(find_cgroup_path(text, "cp", path));
    CHECK_FALSE(find_cgroup_path("", "", path));
    CHECK_FALSE(find_cgroup_path("nonsense\n1:\n", "", path));
}
