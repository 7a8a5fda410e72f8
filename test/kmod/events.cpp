// SPDX-License-Identifier: MIT
// What /proc/vigia/events says about processes that this program makes itself:
//
//   vigia_test_events storm COUNT      COUNT short processes, followed: nothing may be lost
//   vigia_test_events overrun COUNT    the same, read only afterwards: lost is what is missing
//   vigia_test_events lives            exec with hostile names, exits, threads, counters
//   vigia_test_events cgroups          control groups that come and go, an OOM kill in one
//   vigia_test_events follow           reads until SIGTERM, through every reopening, and accounts
//
// Prints what is not as it should be, and "N passed, N failed".
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <vigia/events_reader.h>

namespace {

constexpr const char* path = "/proc/vigia/events";
constexpr int patience_s = 120; // for what has to come: only a hang exhausts it

int passed = 0; // NOLINT: counted by check()
int failed = 0; // NOLINT: "

void check(bool good, const std::string& sentence) {
    (good ? passed : failed)++;
    if (!good) {
        std::printf("not ok - %s\n", sentence.c_str());
    }
}

void must(bool good, const char* what) {
    if (!good) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

// A reader that begins now.
class Follower {
public:
    explicit Follower(vigia_events_start start = VIGIA_EVENTS_NEWEST) {
        if (const char* error = vigia_events_open(path, start, &events)) {
            throw std::runtime_error(std::string(path) + " " + error);
        }
    }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    ~Follower() { vigia_events_close(&events); }

    // Gives every event to `use` until it returns true; false if that took too long.
    template <typename Use>
    bool until(Use use, time_t patience = patience_s) {
        const time_t end = time(nullptr) + patience;
        while (time(nullptr) < end) {
            while (const vigia_event* event = vigia_events_next(&events)) {
                if (use(*event)) {
                    return true;
                }
            }
            if (vigia_events_wait(&events, 1000) == 0) {
                return false;
            }
        }
        return false;
    }

    vigia_events events{};
};

// ---- storms ----

constexpr int storm_mark = 77; // the exit code by which children of a storm are known

// Forks `count` children, one after the other, in two processes; each child ends at once. Their
// pids may come back: every life is one fork and one exit.
pid_t begin_storm(uint32_t count) {
    const pid_t storm = fork();
    must(storm >= 0, "fork");
    if (storm != 0) {
        return storm;
    }
    for (uint32_t half = 0; half < 2; half++) {
        if (fork() != 0) {
            continue;
        }
        for (uint32_t i = half; i < count; i += 2) {
            const pid_t child = fork();
            if (child == 0) {
                _exit(storm_mark);
            }
            if (child < 0 || waitpid(child, nullptr, 0) != child) {
                _exit(1);
            }
        }
        _exit(0);
    }
    int bad = 0, status = 0;
    while (wait(&status) > 0) {
        bad += status != 0 ? 1 : 0;
    }
    _exit(bad);
}

void end_storm(pid_t storm) {
    int status = 0;
    must(waitpid(storm, &status, 0) == storm, "waitpid");
    check(status == 0, "the storm makes all its processes");
}

// The lives of the storm's children by (pid, start time).
class Lives {
public:
    void note(const vigia_event& event) {
        const uint64_t key = event.start_time_ns;
        if (event.kind == VIGIA_EVENT_FORK) {
            begun_[{event.pid, key}]++;
        } else if (event.kind == VIGIA_EVENT_EXIT) {
            const vigia_event_exit exit = vigia_event_as_exit(&event);
            auto& all = exit.exit_code == storm_mark ? ended_ : others_;
            all[{event.pid, key}]++;
            unsound_ += (event.valid & VIGIA_EVENT_VALID_RUNTIME) == 0 ? 1 : 0;
        }
    }
    std::size_t ended() const { return ended_.size(); }
    void report(uint32_t count) const {
        check(ended_.size() == count, std::to_string(ended_.size()) + " of " +
                                          std::to_string(count) + " children have ended");
        std::size_t repeated = 0, unborn = 0;
        for (const auto& [who, times] : ended_) {
            repeated += times != 1 ? 1U : 0U;
            const auto found = begun_.find(who);
            unborn += found == begun_.end() || found->second != 1 ? 1U : 0U;
        }
        check(repeated == 0, std::to_string(repeated) + " ended more than once");
        check(unborn == 0, std::to_string(unborn) + " ended and did not begin exactly once");
        check(unsound_ == 0, std::to_string(unsound_) + " ends have no run time");
    }

private:
    std::map<std::pair<uint32_t, uint64_t>, uint32_t> begun_, ended_, others_;
    uint64_t unsound_ = 0;
};

void storm(uint32_t count) {
    Follower follower;
    Lives lives;
    const pid_t children = begin_storm(count);
    const bool is_complete = follower.until(
        [&](const vigia_event& event) {
            lives.note(event);
            return event.kind == VIGIA_EVENT_EXIT && event.pid == static_cast<uint32_t>(children);
        },
        patience_s + count / 5); // a kernel that checks itself makes some ten processes a second
    check(is_complete, "the storm ends before the reader");
    end_storm(children);
    check(vigia_events_lost_count(&follower.events) == 0,
          std::to_string(vigia_events_lost_count(&follower.events)) + " records are lost");
    check(vigia_events_dropped_count(&follower.events) == 0, "the kernel drops records");
    lives.report(count);
}

void overrun(uint32_t count) {
    Follower follower;
    const std::size_t rings = follower.events.ring_count;
    std::vector<uint64_t> first(rings), last(rings), received(rings), gaps(rings);
    for (uint32_t i = 0; i < rings; i++) {
        first[i] = last[i] = follower.events.rings[i].cursor;
    }
    end_storm(begin_storm(count));
    uint64_t storm_events = 0;
    uint32_t from = 0;
    while (const vigia_event* event = vigia_events_next_of(&follower.events, &from)) {
        gaps[from] += event->sequence - 1 - last[from];
        last[from] = event->sequence;
        received[from]++;
        storm_events +=
            event->kind == VIGIA_EVENT_EXIT && vigia_event_as_exit(event).exit_code == storm_mark
                ? 1
                : 0;
    }
    uint64_t lost = 0;
    for (uint32_t i = 0; i < rings; i++) {
        const uint64_t ring_lost = vigia_events_ring_lost_count(&follower.events, i);
        check(ring_lost == gaps[i], "ring " + std::to_string(i) + " has lost " +
                                        std::to_string(ring_lost) + ", and " +
                                        std::to_string(gaps[i]) + " are missing");
        check(received[i] + ring_lost == last[i] - first[i], "a record is unaccounted for");
        lost += ring_lost;
    }
    check(lost > 0, "a tiny ring loses nothing");
    check(storm_events > 0, "nothing is left in a tiny ring");
    check(count - storm_events <= lost, "more is missing than is lost");
}

// ---- lives ----

// What was said about one process.
struct Story {
    bool has_fork = false, has_exec = false, has_exit = false;
    vigia_event_fork fork{};
    vigia_event_exec exec{};
    vigia_event_exit exit{};
    uint32_t exits = 0;

    void note(const vigia_event& event) {
        if (event.kind == VIGIA_EVENT_FORK) {
            fork = vigia_event_as_fork(&event);
            has_fork = true;
        } else if (event.kind == VIGIA_EVENT_EXEC) {
            exec = vigia_event_as_exec(&event);
            has_exec = true;
        } else if (event.kind == VIGIA_EVENT_EXIT) {
            exit = vigia_event_as_exit(&event);
            has_exit = true;
            exits++;
        }
    }
};

// Runs `body` in a child, waits for it, and returns what was said until its exit.
template <typename Body>
Story story_of(Body body, rusage* usage = nullptr, int* status = nullptr) {
    Follower follower;
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        body();
        _exit(0);
    }
    rusage own_usage{};
    int own_status = 0;
    must(wait4(child, &own_status, 0, &own_usage) == child, "wait4");
    if (usage != nullptr) {
        *usage = own_usage;
    }
    if (status != nullptr) {
        *status = own_status;
    }
    Story story;
    const bool has_ended = follower.until([&](const vigia_event& event) {
        if (event.pid == static_cast<uint32_t>(child)) {
            story.note(event);
        }
        return story.has_exit;
    });
    check(has_ended, "the end of a process is told");
    // nothing may come after it
    while (const vigia_event* event = vigia_events_next(&follower.events)) {
        if (event->pid == static_cast<uint32_t>(child)) {
            story.note(*event);
        }
    }
    return story;
}

void check_exec_of(const std::string& file) {
    const Story story = story_of([&file] {
        char* const arguments[] = {const_cast<char*>("hostile"), nullptr};
        execv(file.c_str(), arguments);
    });
    const std::string_view told(
        story.exec.file_name,
        vigia_event_text_size_bytes(story.exec.file_name, sizeof(story.exec.file_name)));
    check(story.has_exec && story.exec.file_name_length_bytes == file.size(),
          "the name has " + std::to_string(story.exec.file_name_length_bytes) + " bytes, not " +
              std::to_string(file.size()));
    check(told == file.substr(0, sizeof(story.exec.file_name)), "the name begins otherwise");
    check(story.exec.start_time_ns == story.fork.start_time_ns &&
              story.exit.start_time_ns == story.fork.start_time_ns && story.fork.start_time_ns != 0,
          "exec and exit are of another process");
    check(story.fork.time_ns < story.exec.time_ns && story.exec.time_ns < story.exit.time_ns,
          "the times are not in order");
    check(story.exits == 1 && story.exit.exit_code == 0 && story.exit.exit_signal == 0,
          "it did not end once and well");
}

void hostile_names() {
    char folder[] = "/tmp/vigia_events_XXXXXX";
    must(mkdtemp(folder) != nullptr, "mkdtemp");
    const std::string base = std::string(folder) + "/";
    const std::vector<std::string> names = {
        "plain",
        "new\nline",
        "esc\033[31mape",
        "quote\"'\\",
        "invalid\xff\xfe utf8",
        std::string(255, 'x'),
        std::string(sizeof(vigia_event_exec::file_name) - base.size(), 'e'),
        std::string(sizeof(vigia_event_exec::file_name) - base.size() + 1, 'f')};
    for (const std::string& name : names) {
        const std::string file = base + name;
        must(symlink("/bin/true", file.c_str()) == 0, "symlink");
        check_exec_of(file);
        unlink(file.c_str());
    }
    rmdir(folder);
}

void burn_ms(int ms) {
    timespec begin{}, now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

uint64_t ns_of(const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1000000000U +
           static_cast<uint64_t>(time.tv_usec) * 1000U;
}

// The child's own account, by wait4, is of a moment a little later.
void check_counters(const Story& story, const rusage& usage) {
    const uint64_t used_ns = ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
    const uint64_t told_ns = story.exit.cpu_runtime_ns;
    check(told_ns <= used_ns + 1000000 && told_ns >= used_ns / 2,
          "ran " + std::to_string(told_ns) + " ns, by wait4 " + std::to_string(used_ns));
    check(story.exit.cpu_user_ns + story.exit.cpu_system_ns == told_ns,
          "user and system time are not the run time");
    check((story.exit.valid & VIGIA_EVENT_VALID_RSS) != 0 &&
              story.exit.rss_peak_bytes == static_cast<uint64_t>(usage.ru_maxrss) * 1024,
          "peak " + std::to_string(story.exit.rss_peak_bytes) + " bytes, by wait4 " +
              std::to_string(usage.ru_maxrss) + " KiB");
    check(story.exit.minor_faults <= static_cast<uint64_t>(usage.ru_minflt) &&
              story.exit.minor_faults * 10 >= static_cast<uint64_t>(usage.ru_minflt) * 9,
          std::to_string(story.exit.minor_faults) + " minor faults, by wait4 " +
              std::to_string(usage.ru_minflt));
}

void ends() {
    rusage usage{};
    Story story = story_of(
        [] {
            constexpr std::size_t size = 16U << 20U;
            void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
            burn_ms(memory == MAP_FAILED ? 0 : 60);
            _exit(42);
        },
        &usage);
    check(story.exit.exit_code == 42 && story.exit.exit_signal == 0, "the exit code is another");
    check(story.exit.parent_pid == static_cast<uint32_t>(getpid()), "the parent is another");
    check(story.fork.parent_pid == static_cast<uint32_t>(getpid()), "the fork's parent is another");
    check(story.exit.cgroup_id == story.fork.cgroup_id && story.fork.cgroup_id != 0,
          "the cgroup is another");
    check_counters(story, usage);

    story = story_of([] { raise(SIGKILL); });
    check(story.exit.exit_code == 0 && story.exit.exit_signal == SIGKILL, "the signal is another");
    check((story.exit.flags & VIGIA_EVENT_EXIT_CORE_DUMPED) == 0, "there is a core");
}

// Ends of threads are not ends of processes; the last one's is, once, with the work of all.
void threads() {
    rusage usage{};
    Story story = story_of(
        [] {
            std::vector<std::thread> workers;
            for (int i = 0; i < 4; i++) {
                workers.emplace_back([] { burn_ms(20); });
            }
            for (std::thread& worker : workers) {
                worker.join();
            }
            _exit(3);
        },
        &usage);
    check(story.exits == 1 && story.exit.exit_code == 3, "a process with threads ends once");
    check_counters(story, usage);
    uint32_t wrong = 0;
    for (int i = 0; i < 40; i++) {
        story = story_of([] {
            for (int thread = 0; thread < 6; thread++) {
                std::thread([] {}).detach();
            }
            std::thread([] { _exit(9); }).join();
        });
        wrong += story.exits != 1 || story.exit.exit_code != 9 ? 1 : 0;
    }
    check(wrong == 0, std::to_string(wrong) + " of 40 processes whose threads leave together");
    story = story_of([] {
        std::thread([] {
            usleep(20000);
            _exit(5);
        }).detach();
        pthread_exit(nullptr); // the leader goes first
    });
    check(story.exits == 1 && story.exit.exit_code == 5, "a process outlives its leader");
}

// ---- control groups ----

std::string write_to(const std::string& file, const std::string& text) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    must(descriptor >= 0, file.c_str());
    must(write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
         file.c_str());
    close(descriptor);
    return file;
}

uint64_t inode_of(const std::string& file) {
    struct stat status {};
    must(stat(file.c_str(), &status) == 0, file.c_str());
    return status.st_ino;
}

// The event of `kind` about the cgroup that the next steps make or remove.
bool find_cgroup(Follower& follower, uint16_t kind, uint64_t id, vigia_event_cgroup& found) {
    return follower.until([&](const vigia_event& event) {
        if (event.kind != kind || event.cgroup_id != id) {
            return false;
        }
        found = vigia_event_as_cgroup(&event);
        return true;
    });
}

void cgroup_comes_and_goes(const std::string& root, const std::string& name) {
    Follower follower;
    const std::string folder = root + "/" + name;
    must(mkdir(folder.c_str(), 0755) == 0, "mkdir");
    const uint64_t id = inode_of(folder);
    vigia_event_cgroup created{}, removed{};
    check(find_cgroup(follower, VIGIA_EVENT_CGROUP_CREATED, id, created), "a cgroup comes");
    must(rmdir(folder.c_str()) == 0, "rmdir");
    check(find_cgroup(follower, VIGIA_EVENT_CGROUP_REMOVED, id, removed), "a cgroup goes");
    for (const vigia_event_cgroup& told : {created, removed}) {
        const std::string whole = "/" + name;
        const std::size_t kept = std::min(whole.size(), sizeof(told.path));
        check(told.path_length_bytes == whole.size() && told.depth == 1 &&
                  told.parent_cgroup_id == inode_of(root),
              "the cgroup is elsewhere");
        check(whole.substr(whole.size() - kept) ==
                  std::string_view(told.path,
                                   vigia_event_text_size_bytes(told.path, sizeof(told.path))),
              "the path ends otherwise");
        check(told.pid == static_cast<uint32_t>(getpid()), "another one did it");
    }
}

[[noreturn]] void eat_memory(const std::string& folder) {
    write_to(folder + "/cgroup.procs", "0");
    for (;;) {
        constexpr std::size_t step = 1U << 20U;
        void* memory =
            mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            std::memset(memory, 1, step);
        }
    }
}

// The tracepoint's buffer has 1024 bytes: a path that fills it may have lost its end.
void paths_as_long_as_the_kernel_tells(const std::string& root) {
    constexpr std::size_t longest = 1022, name_size = 249;
    std::vector<std::string> folders = {root};
    for (int depth = 1; depth <= 4; depth++) {
        folders.push_back(folders.back() + "/" + std::string(name_size, 'p'));
        must(mkdir(folders.back().c_str(), 0755) == 0, "mkdir");
    }
    const std::size_t left = longest - 4 * (name_size + 1) - 1;
    for (const std::size_t more : {0U, 1U, 200U}) {
        Follower follower;
        const std::string folder = folders.back() + "/" + std::string(left + more, 'q');
        must(mkdir(folder.c_str(), 0755) == 0, "mkdir");
        const uint64_t id = inode_of(folder);
        must(rmdir(folder.c_str()) == 0, "rmdir");
        vigia_event_cgroup told{};
        check(find_cgroup(follower, VIGIA_EVENT_CGROUP_REMOVED, id, told), "a deep cgroup goes");
        const bool is_told = (told.valid & VIGIA_EVENT_VALID_PATH) != 0;
        check(is_told == (more == 0) && told.path_length_bytes == (is_told ? longest : 0),
              std::to_string(longest + more) + " bytes of path, told as " +
                  std::to_string(told.path_length_bytes));
        const std::string end = is_told ? folder.substr(folder.size() - sizeof(told.path))
                                        : std::string(sizeof(told.path), '\0');
        check(std::string_view(told.path, sizeof(told.path)) == end, "the end of a long path");
        check(told.depth == 5 && told.parent_cgroup_id == inode_of(folders.back()),
              "where it is, is told in any case");
    }
    for (; folders.size() > 1; folders.pop_back()) {
        rmdir(folders.back().c_str());
    }
}

void oom_kill(const std::string& root) {
    const std::string folder = root + "/vigia_events_oom";
    must(mkdir(folder.c_str(), 0755) == 0, "mkdir");
    const uint64_t id = inode_of(folder);
    write_to(folder + "/memory.max", std::to_string(24U << 20U));
    Follower follower;
    const pid_t victim = fork();
    must(victim >= 0, "fork");
    if (victim == 0) {
        eat_memory(folder);
    }
    int status = 0;
    must(waitpid(victim, &status, 0) == victim, "waitpid");
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the kernel kills it");
    vigia_event_oom_kill kill{};
    vigia_event_exit exit{};
    const bool has_ended = follower.until([&](const vigia_event& event) {
        if (event.pid == static_cast<uint32_t>(victim) && event.kind == VIGIA_EVENT_OOM_KILL) {
            kill = vigia_event_as_oom_kill(&event);
        }
        exit = vigia_event_as_exit(&event);
        return event.pid == static_cast<uint32_t>(victim) && event.kind == VIGIA_EVENT_EXIT;
    });
    check(has_ended && exit.exit_signal == SIGKILL && exit.cgroup_id == id, "its end is told");
    check(kill.kind == VIGIA_EVENT_OOM_KILL && kill.start_time_ns == exit.start_time_ns,
          "the kill is told before it");
    check(kill.cgroup_id == id && kill.trigger_cgroup_id == id &&
              kill.trigger_pid == static_cast<uint32_t>(victim),
          "whose memory it was");
    check((kill.valid & VIGIA_EVENT_VALID_RSS) != 0 && kill.rss_anon_bytes >= 8U << 20U &&
              kill.rss_anon_bytes <= 32U << 20U,
          std::to_string(kill.rss_anon_bytes) + " anonymous bytes at 24 MiB");
    rmdir(folder.c_str());
}

// Two processes that share the memory of a third one, which eats it in several threads.
[[noreturn]] void eat_together(const std::string& folder) {
    write_to(folder + "/cgroup.procs", "0");
    static std::array<std::array<char, 65536>, 2> stacks;
    for (auto& stack : stacks) {
        must(clone([](void*) { return pause(); }, stack.data() + stack.size(), CLONE_VM | SIGCHLD,
                   nullptr) > 0,
             "clone");
    }
    for (int i = 0; i < 3; i++) {
        std::thread([&folder] { eat_memory(folder); }).detach();
    }
    eat_memory(folder);
}

// All of them die. How many the kernel chooses meanwhile is its own affair; each is told once.
void shared_oom_kill(const std::string& root) {
    const std::string folder = root + "/vigia_events_shared";
    must(mkdir(folder.c_str(), 0755) == 0, "mkdir");
    const uint64_t id = inode_of(folder);
    write_to(folder + "/memory.max", std::to_string(24U << 20U));
    Follower follower;
    const pid_t victim = fork();
    must(victim >= 0, "fork");
    if (victim == 0) {
        eat_together(folder);
    }
    must(waitpid(victim, nullptr, 0) == victim, "waitpid");
    uint32_t ends = 0, by_signal = 0, repeated = 0;
    std::map<std::pair<uint32_t, uint64_t>, uint32_t> kills;
    const bool have_ended = follower.until([&](const vigia_event& event) {
        if (event.cgroup_id != id) {
            return false;
        }
        if (event.kind == VIGIA_EVENT_OOM_KILL) {
            repeated += kills[{event.pid, event.start_time_ns}]++ > 0 ? 1 : 0;
        } else if (event.kind == VIGIA_EVENT_EXIT) {
            ends++;
            by_signal += vigia_event_as_exit(&event).exit_signal == SIGKILL ? 1 : 0;
        }
        return ends == 3;
    });
    check(have_ended && by_signal == 3, std::to_string(by_signal) + " of 3 processes are killed");
    check(!kills.empty() && repeated == 0,
          std::to_string(repeated) + " of " + std::to_string(kills.size()) + " are told again");
    rmdir(folder.c_str());
}

void cgroups() {
    const std::string root = "/sys/fs/cgroup";
    cgroup_comes_and_goes(root, "vigia_events_plain");
    cgroup_comes_and_goes(root, "vigia \xff\" \033 end");
    cgroup_comes_and_goes(root, std::string(200, 'g') + "tail");
    paths_as_long_as_the_kernel_tells(root);
    write_to(root + "/cgroup.subtree_control", "+memory");
    oom_kill(root);
    shared_oom_kill(root);
}

// ---- through reopenings ----

volatile std::sig_atomic_t is_over = 0; // NOLINT: set by the handler

void end(int) {
    is_over = 1;
}

// A file that ends has given, or lost, each of its records. Nobody writes to it any more.
void account(const Follower& follower, uint64_t& accounted) {
    for (uint32_t i = 0; i < follower.events.ring_count; i++) {
        const vigia_events_ring& ring = follower.events.rings[i];
        check(ring.received_count + ring.lost_count == vigia_events_head(&ring),
              "a dead file has " + std::to_string(vigia_events_head(&ring)) + " records, given " +
                  std::to_string(ring.received_count) + ", lost " +
                  std::to_string(ring.lost_count));
        accounted += ring.received_count;
    }
}

void follow() {
    struct sigaction action {};
    action.sa_handler = end;
    sigaction(SIGTERM, &action, nullptr);
    Follower follower(VIGIA_EVENTS_OLDEST);
    std::printf("following\n");
    std::fflush(stdout);
    uint64_t accounted = 0, order_errors = 0, last_ns = 0;
    while (is_over == 0) {
        while (const vigia_event* event = vigia_events_next(&follower.events)) {
            order_errors += event->kind == VIGIA_EVENT_NONE ? 1 : 0;
            last_ns = std::max(last_ns, event->time_ns);
        }
        if (vigia_events_wait(&follower.events, 200) != 0) {
            continue;
        }
        check(follower.events.error == nullptr, "the file is damaged");
        account(follower, accounted);
        while (is_over == 0 && (vigia_events_reopen(path, &follower.events) != nullptr ||
                                vigia_events_is_live(&follower.events) == 0)) {
            usleep(2000);
        }
    }
    check(order_errors == 0, "records without a kind");
    std::printf("reopened %llu times, %llu records, %llu lost\n",
                static_cast<unsigned long long>(follower.events.reopened_count),
                static_cast<unsigned long long>(accounted),
                static_cast<unsigned long long>(vigia_events_lost_count(&follower.events)));
}

uint32_t number_of(std::string_view text) {
    uint32_t number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) {
        throw std::invalid_argument(std::string(text));
    }
    return number;
}

bool run(const std::vector<std::string_view>& words) {
    if (words.size() == 2 && words[0] == "storm") {
        storm(number_of(words[1]));
    } else if (words.size() == 2 && words[0] == "overrun") {
        overrun(number_of(words[1]));
    } else if (words.size() == 1 && words[0] == "lives") {
        hostile_names();
        ends();
        threads();
    } else if (words.size() == 1 && words[0] == "cgroups") {
        cgroups();
    } else if (words.size() == 1 && words[0] == "follow") {
        follow();
    } else {
        return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (!run({argv + 1, argv + argc})) {
            std::fputs("usage: vigia_test_events storm COUNT | overrun COUNT | lives | cgroups | "
                       "follow\n",
                       stderr);
            return 2;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vigia_test_events: %s\n", error.what());
        return 1;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
