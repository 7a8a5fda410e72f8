// SPDX-License-Identifier: MIT
// The publisher's life: who may have the directory, what a killed one leaves, what happens without
// room or without privilege.
#include "collector/publish/publisher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>

#include "test/publish/published.h"
#include "test/publish/start.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using publish::Publisher;
using test::Published;
using test::start;
using test::TemporaryDirectory;

namespace {

constexpr uid_t nobody = 65534;

publish::PublisherConfig config_of(const std::string& directory) {
    publish::PublisherConfig config;
    config.directory = directory;
    return config;
}

// Runs `work` in a child; its return value is what the child exits with, 99 if it threw.
pid_t in_child(const std::function<int()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            ::_exit(work());
        } catch (const std::exception& failure) {
            ::dprintf(STDERR_FILENO, "child: %s\n", failure.what());
            ::_exit(99);
        }
    }
    return pid;
}

int status_of(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

unsigned mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

} // namespace

TEST_CASE("a reader finds itself in what is published") {
    const TemporaryDirectory scratch;
    const auto publisher = start(scratch.file("v"));
    REQUIRE(publisher->refresh());
    const Published seen(scratch.file("v"));
    const vigia_process* own = seen.process(static_cast<uint32_t>(::getpid()));
    REQUIRE(own != nullptr);
    CHECK(own->parent_pid == static_cast<uint32_t>(::getppid()));
    CHECK((own->valid & VIGIA_PROCESS_VALID_IO) != 0);
    CHECK(own->rss_bytes > 0);
    CHECK(seen.info.writer_pid == own->pid);
    CHECK(seen.info.refresh_count == 1);
    CHECK(seen.info.refresh_cpu_ns > 0);
    CHECK(publisher->stats().processes == seen.processes.size());
}

TEST_CASE("the directory and its files are for their owner's group at most") {
    const TemporaryDirectory scratch;
    const auto publisher = start(scratch.file("v"));
    REQUIRE(publisher->refresh());
    CHECK(mode_of(scratch.file("v")) == 0750);
    for (const char* name : {"info", "system", "processes", "cgroups"}) {
        CHECK(mode_of(scratch.file("v/" + std::string(name))) == 0440);
    }
}

TEST_CASE("a second publisher of a directory is refused and told whose it is") {
    const TemporaryDirectory scratch;
    const auto first = start(scratch.path());
    const auto second = Publisher::create(config_of(scratch.path()));
    REQUIRE_FALSE(second);
    CHECK(second.error().kind() == ErrorKind::unavailable);
    CHECK(second.error().message().find(std::to_string(::getpid())) != std::string::npos);
    REQUIRE(first->refresh()); // and the first goes on
    CHECK(!Published(scratch.path()).processes.empty());
}

TEST_CASE("a directory that others may write is refused") {
    const TemporaryDirectory scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
    const auto publisher = Publisher::create(config_of(scratch.path()));
    REQUIRE_FALSE(publisher);
    CHECK(publisher.error().kind() == ErrorKind::permission);
}

TEST_CASE("a symbolic link in place of the directory is refused") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directory(scratch.file("real"));
    std::filesystem::create_symlink(scratch.file("real"), scratch.file("link"));
    CHECK_FALSE(Publisher::create(config_of(scratch.file("link"))));
}

TEST_CASE("whatever else has the name of a published file is refused by name and left alone") {
    const TemporaryDirectory scratch;
    std::filesystem::create_directory(scratch.file("v"));
    std::ofstream(scratch.file("precious")) << "precious";
    std::ofstream(scratch.file("v/info")) << ""; // a file of ours, by its looks
    const std::string name = GENERATE("v/system", "v/processes.new", "v/cgroups");
    const std::string path = scratch.file(name);
    const std::string kind = GENERATE("text", "short", "link", "directory", "fifo");
    if (kind == "text") {
        std::ofstream(path) << "notes of mine, kept here for years";
    } else if (kind == "short") {
        std::ofstream(path) << "x";
    } else if (kind == "link") {
        std::filesystem::create_symlink(scratch.file("precious"), path);
    } else if (kind == "directory") {
        std::filesystem::create_directory(path);
    } else {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    const auto publisher = Publisher::create(config_of(scratch.file("v")));
    REQUIRE_FALSE(publisher);
    CHECK(publisher.error().kind() == ErrorKind::usage);
    INFO(publisher.error().message());
    CHECK(publisher.error().message().find(path + " is no file of Vigia's") != std::string::npos);
    CHECK(publisher.error().message().find("move it away") != std::string::npos);
    CHECK(std::filesystem::exists(std::filesystem::symlink_status(path)));
    CHECK(std::filesystem::exists(scratch.file("v/info"))); // not half of them either
    CHECK(std::filesystem::file_size(scratch.file("precious")) == 8);
}

TEST_CASE("files that a publisher left unfinished do not keep the next one away") {
    const TemporaryDirectory scratch;
    std::ofstream(scratch.file("processes")) << "";                     // nothing in it yet
    std::ofstream(scratch.file("system.new")) << std::string(4'096, 0); // allocated, not written
    const auto publisher = start(scratch.path());
    REQUIRE(publisher->refresh());
    CHECK(!Published(scratch.path()).processes.empty());
    CHECK_FALSE(std::filesystem::exists(scratch.file("system.new")));
}

TEST_CASE("a parent directory that is not there is an error with its name") {
    const TemporaryDirectory scratch;
    const auto publisher = Publisher::create(config_of(scratch.file("no/such")));
    REQUIRE_FALSE(publisher);
    CHECK(publisher.error().kind() == ErrorKind::not_found);
    CHECK(publisher.error().message().find(scratch.file("no/such")) != std::string::npos);
}

TEST_CASE("a publisher that ends marks its files dead and takes them away") {
    const TemporaryDirectory scratch;
    vigia_file file{};
    {
        const auto publisher = start(scratch.path());
        REQUIRE(publisher->refresh());
        REQUIRE(vigia_open(scratch.file("processes").c_str(), VIGIA_FILE_PROCESSES, &file) ==
                nullptr);
        CHECK(vigia_is_live(&file) != 0);
    }
    CHECK(vigia_is_live(&file) == 0);
    vigia_view view{};
    CHECK(vigia_acquire(&file, &view) != 0); // the memory stays valid
    vigia_close(&file);
    for (const char* name : {"info", "system", "processes", "cgroups"}) {
        CHECK_FALSE(std::filesystem::exists(scratch.file(name)));
    }
}

TEST_CASE("what a killed publisher left is marked dead and replaced by the next") {
    const TemporaryDirectory scratch;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = in_child([&] {
        auto publisher = Publisher::create(config_of(scratch.path()));
        const bool good = publisher && (*publisher)->refresh();
        if (::write(ready[1], good ? "y" : "n", 1) == 1) {
            ::pause();
        }
        return 1;
    });
    char answer = 'n';
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    vigia_file old{};
    REQUIRE(vigia_open(scratch.file("processes").c_str(), VIGIA_FILE_PROCESSES, &old) == nullptr);
    CHECK_FALSE(Publisher::create(config_of(scratch.path())));
    ::kill(child, SIGKILL);
    CHECK(status_of(child) == 128 + SIGKILL);
    CHECK(vigia_is_live(&old) != 0); // it could not say goodbye

    const auto next = start(scratch.path());
    CHECK(vigia_is_live(&old) == 0);
    REQUIRE(next->refresh());
    const Published seen(scratch.path());
    CHECK(!seen.processes.empty());
    CHECK(seen.processes_header.writer_instance != old.header.writer_instance);
    vigia_close(&old);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("no room for the files is an error, not a fault") {
    const TemporaryDirectory scratch;
    const pid_t child = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{64 * 1024, 64 * 1024};
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto publisher = Publisher::create(config_of(scratch.file("v")));
        if (publisher) {
            return 1;
        }
        const std::string& message = publisher.error().message();
        return message.find("allocate") != std::string::npos ? 0 : 2;
    });
    CHECK(status_of(child) == 0);
    for (const char* name : {"processes", "processes.new"}) {
        CHECK_FALSE(std::filesystem::exists(scratch.file("v/" + std::string(name))));
    }
}

TEST_CASE("no room to grow cuts the snapshot, says so, and mends itself") {
    const TemporaryDirectory scratch;
    const pid_t child = in_child([&] {
        publish::PublisherConfig config = config_of(scratch.path());
        config.processes_initial = 2;
        auto publisher = Publisher::create(config);
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit none{1, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &none);
        if (!publisher || (*publisher)->refresh()) {
            return 1; // it has to say that it could not
        }
        const Published cut(scratch.path());
        if (cut.processes.size() != 2 || cut.processes_slot.truncated_count[0] == 0) {
            return 2;
        }
        const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &all);
        if (!(*publisher)->refresh()) {
            return 3;
        }
        const Published whole(scratch.path());
        return whole.processes.size() > 2 && whole.processes_slot.truncated_count[0] == 0 ? 0 : 4;
    });
    CHECK(status_of(child) == 0);
}

// As root the child becomes nobody; otherwise it is somebody without privilege already.
TEST_CASE("without privilege own processes are whole and others' lack their I/O alone") {
    const TemporaryDirectory scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
    const pid_t child = in_child([&] {
        if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) {
            return 1;
        }
        ::prctl(PR_SET_DUMPABLE, 1); // as every freshly started program is
        auto publisher = Publisher::create(config_of(scratch.file("v")));
        if (!publisher || !(*publisher)->refresh() || !(*publisher)->refresh()) {
            return 2;
        }
        const Published seen(scratch.file("v"));
        const vigia_process* own = seen.process(static_cast<uint32_t>(::getpid()));
        const vigia_process* init = seen.process(1);
        if (own == nullptr || init == nullptr) {
            return 3;
        }
        const bool own_whole = (own->valid & VIGIA_PROCESS_VALID_IO) != 0 && own->uid != 0;
        const bool init_partly = (init->valid & VIGIA_PROCESS_VALID_IO) == 0 &&
                                 init->read_chars_bytes == 0 &&
                                 (init->valid & VIGIA_PROCESS_VALID_MEMORY) != 0;
        return own_whole && init_partly ? 0 : 4;
    });
    CHECK(status_of(child) == 0);
}

TEST_CASE("snapshots of the same file are numbered one by one") {
    const TemporaryDirectory scratch;
    const auto publisher = start(scratch.path());
    for (uint64_t generation = 1; generation <= 7; ++generation) {
        REQUIRE(publisher->refresh());
        const Published seen(scratch.path());
        CHECK(seen.processes_slot.generation == generation);
        CHECK(seen.processes_slot.begin_monotonic_ns <= seen.processes_slot.end_monotonic_ns);
        CHECK(seen.processes_slot.begin_boottime_ns >= seen.processes_slot.begin_monotonic_ns);
    }
}
