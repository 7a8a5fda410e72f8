// SPDX-License-Identifier: MIT
// Lines of the kernel's log, true and forged.
#include "collector/publish/oom_log.h"

#include <fstream>
#include <string>

#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia::publish;

namespace {

const std::string kill_line =
    "3,1234,5678901,-;Memory cgroup out of memory: Killed process 812 (stress) total-vm:70000kB, "
    "anon-rss:60000kB, file-rss:1200kB, shmem-rss:4kB, UID:1000 pgtables:160kB oom_score_adj:-17\n"
    " SUBSYSTEM=memory\n";

} // namespace

TEST_CASE("the kernel's word about a kill names the victim and what it held") {
    OomKill kill;
    REQUIRE(parse_oom_kill(kill_line, kill));
    CHECK(kill.pid == 812);
    CHECK(std::string(kill.comm.data()) == "stress");
    CHECK(kill.has_memory);
    CHECK(kill.rss_anon_bytes == 60'000 * 1024);
    CHECK(kill.rss_file_bytes == 1'200 * 1024);
    CHECK(kill.rss_shared_bytes == 4 * 1024);
    CHECK(kill.has_user);
    CHECK(kill.uid == 1000);
    CHECK(kill.oom_score_adjustment == -17);
    CHECK(parse_oom_kill("3,1,2,-;Out of memory: Killed process 5 (a) total-vm:1kB, anon-rss:0kB, "
                         "file-rss:0kB, shmem-rss:0kB",
                         kill));
    CHECK_FALSE(kill.has_user);
}

TEST_CASE("a victim's name cannot pretend to be another line") {
    OomKill kill;
    REQUIRE(parse_oom_kill("3,1,2,-;Out of memory: Killed process 5 (x) total-vm:9) total-vm:1kB, "
                           "anon-rss:2kB, file-rss:3kB, shmem-rss:4kB",
                           kill));
    CHECK(kill.pid == 5);
    CHECK(std::string(kill.comm.data()) == "x) total-vm:9");
    CHECK(kill.rss_anon_bytes == 2'048);
    REQUIRE(parse_oom_kill("3,1,2,-;Out of memory: Killed process 5 (0123456789abcdefgh) "
                           "total-vm:1kB",
                           kill));
    CHECK(std::string(kill.comm.data()) == "0123456789abcde");
}

TEST_CASE("what others wrote into the log is no kill, nor is anything else") {
    OomKill kill;
    std::string forged = kill_line;
    forged.replace(0, 1, "11"); // facility "user"
    CHECK_FALSE(parse_oom_kill(forged, kill));
    for (const char* line :
         {"", ";", "3", "3,1,2,-;", "3,1,2,-;usb 1-1: Killed process 5 (a) total-vm:1kB",
          "3,1,2,-;Out of memory: Killed process (a) total-vm:1kB",
          "3,1,2,-;Out of memory: Killed process 0 (a) total-vm:1kB",
          "3,1,2,-;Out of memory: Killed process 5 a total-vm:1kB",
          "3,1,2,-;Out of memory: Killed process 5 (a total-vm:1kB",
          "3,1,2,-;x\nOut of memory: Killed process 5 (a) total-vm:1kB"}) {
        INFO(line);
        CHECK_FALSE(parse_oom_kill(line, kill));
    }
}

TEST_CASE("a line cut at any byte is a kill only when all that is needed is there") {
    for (std::size_t size = 0; size < kill_line.size(); ++size) {
        OomKill kill;
        const std::string cut = kill_line.substr(0, size);
        const bool whole = cut.find(") total-vm:") != std::string::npos;
        CHECK(parse_oom_kill(cut, kill) == whole);
        CHECK((!whole || kill.pid == 812));
    }
}

TEST_CASE("a log that may not be read says so") {
    Absence absence;
    CHECK_FALSE(OomLog::open("/nonexistent/kmsg", absence));
    CHECK(absence.why.find("/nonexistent/kmsg") != std::string::npos);
}

TEST_CASE("a file or a device that is not the kernel's log is refused as such") {
    const vigia::test::TemporaryDirectory scratch;
    const std::string file = scratch.file("kmsg");
    std::ofstream(file) << "3,1,1,-;Out of memory: Killed process 1 (init) total-vm:1kB\n";
    for (const char* path : {file.c_str(), "/dev/zero", "/"}) {
        INFO(path);
        Absence absence;
        CHECK_FALSE(OomLog::open(path, absence));
        CHECK(absence.why == std::string(path) + " is not the kernel's log");
        CHECK_FALSE(absence.remedy.empty());
    }
}
