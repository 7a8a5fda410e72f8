// SPDX-License-Identifier: MIT
// What happens on this host, as the publisher tells it. Where the kernel or our rights do not let
// it know, these tests see that it says so.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <thread>

#include <vigia/events_reader.h>

#include "collector/base/clock.h"
#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/events_publisher.h"
#include "test/publish/plain_proc.h"
#include "test/publish/start.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::publish;
using vigia::test::TemporaryDirectory;

namespace {

constexpr int patience_rounds = 600; // of a tenth of a second: nobody waits so long in vain
constexpr uint64_t burnt_ns = 200'000'000;

// A publisher of events and a reader that keeps what it got.
class Listener {
    TemporaryDirectory scratch_; // goes after the directory, which goes after the publisher
    std::unique_ptr<Directory> directory_;

public:
    explicit Listener(EventsConfig config = {}) {
        auto directory = Directory::take(scratch_.path());
        REQUIRE(directory);
        directory_ = std::make_unique<Directory>(std::move(directory).value());
        config.mounts = parse_cgroup_mounts(test::slurp("/proc/self/mountinfo"));
        config.tick_ns = 1'000'000'000U / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
        auto started = EventsPublisher::start(*directory_, std::move(config));
        REQUIRE(started);
        publisher = std::move(started).value();
        REQUIRE(vigia_events_open(scratch_.file("events").c_str(), VIGIA_EVENTS_OLDEST, &events) ==
                nullptr);
    }
    ~Listener() { vigia_events_close(&events); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    bool reports(vigia_event_kind kind) const {
        return (events.file.header.features & VIGIA_EVENTS_FEATURE(kind)) != 0;
    }
    // The first event of which this is true, among all that came; waits for it.
    const vigia_event* await(const std::function<bool(const vigia_event&)>& wanted) {
        std::size_t looked = 0;
        for (int round = 0; round < patience_rounds; ++round) {
            take();
            for (; looked < all.size(); ++looked) {
                if (wanted(all[looked])) {
                    return &all[looked];
                }
            }
            vigia_events_wait(&events, 100);
        }
        return nullptr;
    }
    const vigia_event* await(vigia_event_kind kind, pid_t pid) {
        return await([&](const vigia_event& event) {
            return event.kind == kind && event.pid == static_cast<uint32_t>(pid);
        });
    }
    void take() {
        while (const vigia_event* event = vigia_events_next(&events)) {
            all.push_back(*event);
        }
    }

    std::unique_ptr<EventsPublisher> publisher;
    vigia_events events{};
    std::vector<vigia_event> all;
};

pid_t start_child(const std::function<void()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        work();
        ::_exit(127);
    }
    return pid;
}

void reap(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
}

uint64_t own_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * ns_per_second + static_cast<uint64_t>(time.tv_nsec);
}

void burn() {
    while (own_cpu_ns() < burnt_ns) {
    }
}

} // namespace

TEST_CASE("what the events' file reports is what was opened, and the rest has a reason",
          "[events]") {
    const Listener listener;
    const std::vector<EventOrigin>& origins = listener.publisher->origins();
    REQUIRE(origins.size() == 4);
    for (const EventOrigin& origin : origins) {
        INFO(origin.what);
        CHECK((origin.there || !origin.absence.why.empty()));
    }
    CHECK(listener.reports(VIGIA_EVENT_FORK) == origins[0].there);
    CHECK(listener.reports(VIGIA_EVENT_EXEC) == origins[0].there);
    CHECK(listener.reports(VIGIA_EVENT_CGROUP_CREATED) == origins[2].there);
    CHECK(listener.reports(VIGIA_EVENT_SENSOR_LOADED)); // whether anything is told at all
    CHECK_FALSE(listener.reports(VIGIA_EVENT_NONE));
}

TEST_CASE("short-lived children are seen, with how they ended and what they used", "[events]") {
    Listener listener;
    const pid_t quitter = start_child([] { ::_exit(7); });
    reap(quitter);
    const pid_t killed = start_child([] { ::raise(SIGKILL); });
    reap(killed);
    const pid_t burner = start_child([] {
#ifdef __SANITIZE_THREAD__ // whose children of threads may have none
        burn();
#else
        std::thread other([] { burn(); });
        other.join();
#endif
        ::_exit(0);
    });
    reap(burner);
    if (!listener.reports(VIGIA_EVENT_FORK)) {
        listener.take();
        for (const vigia_event& event : listener.all) {
            CHECK(event.kind != VIGIA_EVENT_FORK);
        }
        return;
    }
    const vigia_event* fork = listener.await(VIGIA_EVENT_FORK, quitter);
    REQUIRE(fork != nullptr);
    CHECK(fork->parent_pid == static_cast<uint32_t>(::getpid()));
    CHECK((fork->valid & VIGIA_EVENT_VALID_USER) != 0);
    CHECK(vigia_event_as_fork(fork).uid == ::getuid());
    const uint64_t start_time_ns = fork->start_time_ns;
    const uint64_t forked_ns = fork->time_ns;
    const vigia_event* exit = listener.await(VIGIA_EVENT_EXIT, quitter);
    REQUIRE(exit != nullptr);
    CHECK(vigia_event_as_exit(exit).exit_code == 7);
    CHECK(vigia_event_as_exit(exit).exit_signal == 0);
    CHECK(exit->start_time_ns == start_time_ns);
    CHECK(exit->time_ns >= forked_ns);
    exit = listener.await(VIGIA_EVENT_EXIT, killed);
    REQUIRE(exit != nullptr);
    CHECK(vigia_event_as_exit(exit).exit_signal == SIGKILL);
    exit = listener.await(VIGIA_EVENT_EXIT, burner);
    REQUIRE(exit != nullptr);
    if ((exit->valid & VIGIA_EVENT_VALID_RUNTIME) != 0) {
        // what ran since the last tick is missing, of two threads
        CHECK(vigia_event_as_exit(exit).cpu_runtime_ns > burnt_ns * 9 / 10);
        CHECK((exit->valid & VIGIA_EVENT_VALID_FAULTS) != 0);
        CHECK(vigia_event_as_exit(exit).minor_faults > 0);
    }
    if ((exit->valid & VIGIA_EVENT_VALID_RSS) != 0) {
        CHECK(vigia_event_as_exit(exit).rss_peak_bytes > 0);
    }
    listener.take();
    for (const pid_t pid : {quitter, killed, burner}) {
        const auto is_exit = [&](const vigia_event& event) {
            return event.kind == VIGIA_EVENT_EXIT && event.pid == static_cast<uint32_t>(pid);
        };
        CHECK(std::count_if(listener.all.begin(), listener.all.end(), is_exit) == 1);
    }
    uint64_t before_ns = 0;
    for (const vigia_event& event : listener.all) {
        CHECK(event.time_ns >= before_ns);
        before_ns = event.time_ns;
    }
}

TEST_CASE("one that was there before the publisher ends once, as what it was", "[events]") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const pid_t old = start_child([&] {
        std::thread other([] {
            while (true) {
                ::pause();
            }
        });
        char byte = 0;
        [[maybe_unused]] const ssize_t size = ::read(ends[0], &byte, 1);
        ::_exit(9);
    });
    Listener listener;
    const auto marker = [&listener] { // when its exit is there, the publisher has begun
        const pid_t pid = start_child([] { ::_exit(0); });
        reap(pid);
        return listener.await(VIGIA_EVENT_EXIT, pid) != nullptr;
    };
    const bool told = listener.reports(VIGIA_EVENT_FORK);
    CHECK((!told || marker()));
    REQUIRE(::write(ends[1], "x", 1) == 1);
    reap(old);
    ::close(ends[0]);
    ::close(ends[1]);
    if (!told) {
        return;
    }
    const vigia_event* exit = listener.await(VIGIA_EVENT_EXIT, old);
    REQUIRE(exit != nullptr);
    CHECK(vigia_event_as_exit(exit).exit_code == 9);
    CHECK(exit->parent_pid == static_cast<uint32_t>(::getpid()));
    CHECK((exit->valid & VIGIA_EVENT_VALID_START_TIME) != 0);
    CHECK(marker());
    listener.take();
    CHECK(std::count_if(listener.all.begin(), listener.all.end(), [&](const vigia_event& event) {
              return event.kind == VIGIA_EVENT_EXIT && event.pid == static_cast<uint32_t>(old);
          }) == 1);
}

TEST_CASE("a program with a hostile name is told by its name, byte for byte", "[events]") {
    const TemporaryDirectory scratch;
    const std::string name = "a) S 1\n\x1b[2J\xff";
    const std::string path = scratch.file(name);
    std::filesystem::copy_file("/bin/sleep", path);
    Listener listener;
    const pid_t pid = start_child([&] { ::execl(path.c_str(), path.c_str(), "1000", nullptr); });
    if (!listener.reports(VIGIA_EVENT_EXEC)) {
        ::kill(pid, SIGKILL);
        reap(pid);
        return;
    }
    const vigia_event* event = listener.await(VIGIA_EVENT_EXEC, pid);
    ::kill(pid, SIGKILL);
    reap(pid);
    REQUIRE(event != nullptr);
    REQUIRE((event->valid & VIGIA_EVENT_VALID_NAME) != 0);
    const vigia_event_exec& exec = vigia_event_as_exec(event);
    CHECK(std::string(exec.file_name,
                      vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name))) ==
          path.substr(0, sizeof(exec.file_name)));
    CHECK(exec.file_name_length_bytes == path.size());
}

TEST_CASE("exit records that had no room are counted as lost", "[events]") {
    EventsConfig config;
    config.taskstats_buffer_bytes = 1; // the kernel's least, a record or two
    Listener listener(config);
    if (!listener.publisher->origins()[1].there) {
        CHECK(vigia_events_dropped_count(&listener.events) == 0);
        return;
    }
    const auto lost = [&] { return vigia_events_dropped_count(&listener.events); };
    for (int i = 0; i < 1'000 && (listener.publisher->stats().overruns == 0 || lost() == 0); ++i) {
        std::vector<pid_t> children;
        for (int child = 0; child < 64; ++child) {
            children.push_back(start_child([] { ::_exit(0); }));
        }
        for (const pid_t pid : children) {
            reap(pid);
        }
    }
    CHECK(listener.publisher->stats().overruns > 0);
    CHECK(lost() > 0);
}

TEST_CASE("while nobody reads nothing is listened to, and who comes is told so", "[events]") {
    TemporaryDirectory scratch;
    auto directory = Directory::take(scratch.path());
    REQUIRE(directory);
    EventsConfig config;
    config.mounts = parse_cgroup_mounts(test::slurp("/proc/self/mountinfo"));
    auto started = EventsPublisher::start(*directory, std::move(config));
    REQUIRE(started);
    const EventsPublisher& publisher = **started;
    const auto await_rest = [&] {
        for (int i = 0; i < patience_rounds && !publisher.stats().resting; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return publisher.stats().resting;
    };
    REQUIRE(await_rest());
    const uint64_t lost_at_rest = publisher.stats().lost_messages;
    const std::string path = scratch.file("events");
    vigia_events events{};
    REQUIRE(vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events) == nullptr);
    std::vector<vigia_event> all;
    const auto await = [&](const auto& wanted) {
        for (int i = 0; i < patience_rounds; ++i) {
            while (const vigia_event* event = vigia_events_next(&events)) {
                all.push_back(*event);
            }
            if (std::any_of(all.begin(), all.end(), wanted)) {
                return true;
            }
            vigia_events_wait(&events, 100);
        }
        return false;
    };
    CHECK(await([](const vigia_event& event) {
        return event.kind == VIGIA_EVENT_SENSOR_LOADED &&
               std::string_view(vigia_event_as_sensor(&event).name) == "events";
    }));
    REQUIRE(!all.empty());
    CHECK(std::any_of(all.begin(), all.end(), [](const vigia_event& event) {
        return event.kind == VIGIA_EVENT_SENSOR_UNLOADED;
    }));
    CHECK(vigia_events_dropped_count(&events) >= lost_at_rest + 1);
    if ((events.file.header.features & VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT)) != 0) {
        const pid_t child = start_child([] { ::_exit(0); });
        reap(child);
        CHECK(await([&](const vigia_event& event) {
            return event.kind == VIGIA_EVENT_EXIT && event.pid == static_cast<uint32_t>(child);
        }));
    }
    CHECK_FALSE(publisher.stats().resting);
    vigia_events_close(&events);
    CHECK(await_rest());
}

TEST_CASE("what is not the kernel's log is not read as if it were", "[events]") {
    TemporaryDirectory scratch;
    const std::string path = scratch.file("kmsg");
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    constexpr std::string_view line = "3,1,1,-;Out of memory: Killed process 1 (init) total-vm:1kB";
    REQUIRE(::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    ::close(file);
    EventsConfig config;
    config.with_processes = false;
    config.log_path = path;
    Listener listener(config);
    const EventOrigin& kills = listener.publisher->origins()[3];
    CHECK(kills.absence.why == path + " is not the kernel's log");
    CHECK((!kills.there || kills.from != "kernel log")); // perhaps by the cgroups' counts
    listener.take();
    CHECK(std::none_of(listener.all.begin(), listener.all.end(), [](const vigia_event& event) {
        return event.kind == VIGIA_EVENT_OOM_KILL;
    }));
}

TEST_CASE("what the socket had no room for is counted, and the publisher goes on", "[events]") {
    EventsConfig config;
    config.connector_buffer_bytes = 1; // the kernel's least, a few messages
    Listener listener(config);
    if (!listener.reports(VIGIA_EVENT_FORK)) {
        CHECK(vigia_events_dropped_count(&listener.events) == 0);
        return;
    }
    std::vector<pid_t> children;
    for (int i = 0; i < 100'000 && listener.publisher->stats().lost_messages == 0; ++i) {
        children.push_back(start_child([] { ::_exit(0); }));
        if (children.size() % 64 == 0) {
            for (const pid_t pid : children) {
                reap(pid);
            }
            children.clear();
        }
    }
    for (const pid_t pid : children) {
        reap(pid);
    }
    const EventsStats stats = listener.publisher->stats();
    REQUIRE(stats.lost_messages > 0);
    CHECK(stats.overruns > 0);
    CHECK(vigia_events_dropped_count(&listener.events) >= stats.lost_messages);
    bool seen = false; // it may lose this one too
    for (int i = 0; i < patience_rounds && !seen; ++i) {
        const pid_t pid = start_child([] { ::_exit(3); });
        reap(pid);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        listener.take();
        seen = std::any_of(listener.all.begin(), listener.all.end(), [&](const vigia_event& event) {
            return event.kind == VIGIA_EVENT_EXIT && event.pid == static_cast<uint32_t>(pid) &&
                   vigia_event_as_exit(&event).exit_code == 3;
        });
    }
    CHECK(seen);
}

TEST_CASE("a control group's coming and going is told, with its inode", "[events]") {
    Listener listener;
    const CgroupMounts mounts = parse_cgroup_mounts(test::slurp("/proc/self/mountinfo"));
    const std::string name = "/vigia-test-" + std::to_string(::getpid());
    const std::string path = mounts.path[cgroup_place_followed] + name;
    if (!listener.reports(VIGIA_EVENT_CGROUP_CREATED) || ::mkdir(path.c_str(), 0755) != 0) {
        CHECK(listener.reports(VIGIA_EVENT_CGROUP_CREATED) ==
              listener.publisher->origins()[2].there);
        return;
    }
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    const auto is_ours = [&](vigia_event_kind kind) {
        return [&, kind](const vigia_event& event) {
            return event.kind == kind && event.cgroup_id == status.st_ino;
        };
    };
    const vigia_event* created = listener.await(is_ours(VIGIA_EVENT_CGROUP_CREATED));
    const pid_t pid = start_child([&] {
        const int procs = ::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
        [[maybe_unused]] const ssize_t size = ::write(procs, "0", 1);
        ::execl("/bin/sleep", "/bin/sleep", "1000", nullptr);
    });
    if (listener.reports(VIGIA_EVENT_EXEC)) {
        const vigia_event* exec = listener.await(VIGIA_EVENT_EXEC, pid);
        CHECK((exec != nullptr && exec->cgroup_id == status.st_ino));
    }
    ::kill(pid, SIGKILL);
    reap(pid);
    for (int i = 0; i < patience_rounds && ::rmdir(path.c_str()) != 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100)); // until the kernel let go
    }
    REQUIRE(created != nullptr);
    const vigia_event* removed = listener.await(is_ours(VIGIA_EVENT_CGROUP_REMOVED));
    REQUIRE(removed != nullptr);
    CHECK(std::string(vigia_event_as_cgroup(removed).path) == name);
    CHECK(vigia_event_as_cgroup(removed).depth == 1);
}

namespace {

// A control group that may hold 16 MiB, by whichever hierarchy counts memory here.
class HungryGroup {
public:
    HungryGroup() {
        const CgroupMounts mounts = parse_cgroup_mounts(test::slurp("/proc/self/mountinfo"));
        const bool v2 = mounts.mode == VIGIA_CGROUP_V2;
        const std::string mount = mounts.path[v2 ? cgroup_place_followed : cgroup_place_memory];
        path = mount + "/vigia-test-hungry-" + std::to_string(::getpid());
        if (v2) {
            write(mount + "/cgroup.subtree_control", "+memory");
        }
        if (mount.empty() || ::mkdir(path.c_str(), 0755) != 0) {
            path.clear();
            return;
        }
        write(path + (v2 ? "/memory.swap.max" : "/memory.swappiness"), "0");
        limited = write(path + (v2 ? "/memory.max" : "/memory.limit_in_bytes"), "16777216");
        has_counts = ::access((path + "/memory.events.local").c_str(), R_OK) == 0;
    }
    ~HungryGroup() {
        for (int i = 0; i < patience_rounds && !path.empty() && ::rmdir(path.c_str()) != 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    }
    HungryGroup(const HungryGroup&) = delete;
    HungryGroup& operator=(const HungryGroup&) = delete;

    static bool write(const std::string& file, const std::string& text) {
        const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
        const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) ==
                                                    static_cast<ssize_t>(text.size());
        ::close(descriptor);
        return written;
    }
    // Runs a process that wants more than it may have. Its pid.
    pid_t overfill() const {
        const pid_t pid = start_child([this] {
            constexpr std::size_t size = 256 << 20;
            if (!write(path + "/cgroup.procs", "0")) {
                ::_exit(2);
            }
            auto* memory = static_cast<volatile char*>(
                ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            for (std::size_t at = 0; at < size; at += 4096) {
                memory[at] = 1;
            }
            ::_exit(3);
        });
        reap(pid);
        return pid;
    }

    std::string path;
    bool limited = false;
    bool has_counts = false;
};

} // namespace

TEST_CASE("a process that is killed for lack of memory is named before its end", "[events]") {
    const HungryGroup group;
    Listener listener;
    const EventOrigin& origin = listener.publisher->origins()[3];
    CHECK(listener.reports(VIGIA_EVENT_OOM_KILL) == origin.there);
    if (!group.limited || origin.from != "kernel log") {
        CHECK((origin.there || !origin.absence.why.empty()));
        return;
    }
    const pid_t pid = group.overfill();
    const vigia_event* event = listener.await(VIGIA_EVENT_OOM_KILL, pid);
    REQUIRE(event != nullptr);
    const vigia_event_oom_kill kill = vigia_event_as_oom_kill(event);
    CHECK((kill.valid & VIGIA_EVENT_VALID_RSS) != 0);
    CHECK(kill.rss_anon_bytes > 8 << 20);
    CHECK((kill.valid & VIGIA_EVENT_VALID_START_TIME) != 0);
    if (listener.reports(VIGIA_EVENT_FORK)) {
        const vigia_event* exit = listener.await(VIGIA_EVENT_EXIT, pid);
        REQUIRE(exit != nullptr);
        CHECK(vigia_event_as_exit(exit).exit_signal == SIGKILL);
        CHECK(exit->start_time_ns == kill.start_time_ns);
        CHECK(exit->time_ns >= kill.time_ns);
    }
}

TEST_CASE("without the kernel's log a kill is told by its control group", "[events]") {
    const HungryGroup group;
    EventsConfig config;
    config.log_path = "/nonexistent";
    config.with_processes = false;
    Listener listener(config);
    CHECK_FALSE(listener.reports(VIGIA_EVENT_EXIT));
    if (!group.limited || !group.has_counts) {
        CHECK(listener.reports(VIGIA_EVENT_OOM_KILL) == listener.publisher->origins()[3].there);
        return;
    }
    struct stat status {};
    REQUIRE(::stat(group.path.c_str(), &status) == 0);
    group.overfill();
    const vigia_event* event = listener.await([&](const vigia_event& one) {
        return one.kind == VIGIA_EVENT_OOM_KILL && one.cgroup_id == status.st_ino;
    });
    REQUIRE(event != nullptr);
    CHECK(event->pid == 0);
    CHECK(event->valid == VIGIA_EVENT_VALID_CGROUP);
}

TEST_CASE("without privileges it publishes what everybody may know", "[events]") {
    if (::geteuid() != 0) {
        return; // the other tests were without them
    }
    const TemporaryDirectory scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    REQUIRE(::mkdir(scratch.file("v").c_str(), 0700) == 0);
    REQUIRE(::chown(scratch.file("v").c_str(), 65534, 65534) == 0);
    const pid_t pid = start_child([&] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) {
            ::_exit(2);
        }
        PublisherConfig config;
        config.directory = scratch.file("v");
        config.with_events = true;
        const auto publisher = Publisher::create(config);
        vigia_events events{};
        if (!publisher || !(*publisher)->refresh() ||
            vigia_events_open(scratch.file("v/events").c_str(), VIGIA_EVENTS_OLDEST, &events) !=
                nullptr) {
            ::_exit(3);
        }
        const auto& origins = (*publisher)->events()->origins();
        const bool has_exits =
            (events.file.header.features & VIGIA_EVENTS_FEATURE(VIGIA_EVENT_EXIT)) != 0;
        const bool is_said = has_exits == (origins[0].there || origins[1].there);
        const bool is_explained = origins[0].there || !origins[0].absence.remedy.empty();
        vigia_events_close(&events);
        ::_exit(is_said && is_explained ? 0 : 4);
    });
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
