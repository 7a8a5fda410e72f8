// SPDX-License-Identifier: MIT
// Hunts for torn reads: several processes refresh /proc/vigia/processes at full speed while
// processes come and go, so that each record's place changes from snapshot to snapshot; readers
// check every record in place. Whatever they saw must be right if vigia_still_valid() says so.
//
//   test_kernel_torn SECONDS
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <vigia/control.h>
#include <vigia/reader.h>

namespace {

constexpr const char* path = "/proc/vigia/processes";
constexpr int marked_count = 300;
constexpr int refresher_count = 3;
constexpr int reader_count = 3;
constexpr uint32_t uid_base = 100'000;

// Shared by all processes of this program.
struct Tally {
    std::atomic<uint64_t> refreshes;
    std::atomic<uint64_t> whole;  // snapshots that were still valid after they were read
    std::atomic<uint64_t> broken; // ... that the writer had caught up with: seen, and thrown away
    std::atomic<uint64_t> mixed;  // ... in which something was wrong, and thrown away
    std::atomic<uint64_t> failures;
    std::atomic<bool> stop;
};

Tally* tally;

// Seeded once, before the forks; each process goes on from there by itself.
std::minstd_rand randomness;

using Marks = std::map<uint32_t, uint64_t>; // pid, start time

template <typename Work>
pid_t start(const Work& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        work();
        ::_exit(0);
    }
    return pid;
}

// A process that says of itself in four fields which one it is.
void be_marked() {
    const auto pid = static_cast<uint32_t>(::getpid());
    ::prctl(PR_SET_NAME, ("v" + std::to_string(pid)).c_str());
    ::setpriority(PRIO_PROCESS, 0, static_cast<int>(pid % 20));
    if (::setresuid(uid_base + pid, 2 * uid_base + pid, 0) != 0) {
        ::_exit(1);
    }
    while (true) {
        ::pause();
    }
}

int open_file() {
    const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        std::perror(path);
        std::exit(1);
    }
    return descriptor;
}

void refresh_until_stopped() {
    const int descriptor = open_file();
    while (!tally->stop) {
        vigia_refresh refresh{};
        if (::ioctl(descriptor, VIGIA_IOC_REFRESH, &refresh) != 0) {
            std::perror("refresh");
            ++tally->failures;
            return;
        }
        ++tally->refreshes;
    }
}

void fork_until_stopped() {
    std::vector<pid_t> children;
    while (!tally->stop) {
        children.push_back(start([] { ::pause(); }));
        if (children.size() > 40) {
            const std::size_t victim = randomness() % children.size();
            ::kill(children[victim], SIGKILL);
            ::waitpid(children[victim], nullptr, 0);
            children[victim] = children.back();
            children.pop_back();
        }
    }
    for (const pid_t child : children) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
}

bool is_marked_right(const vigia_process& record, uint64_t start_time_ns) {
    const std::string name = "v" + std::to_string(record.pid);
    return std::strncmp(record.comm, name.c_str(), sizeof(record.comm)) == 0 &&
           record.uid == uid_base + record.pid &&
           record.effective_uid == 2 * uid_base + record.pid &&
           record.nice == static_cast<int32_t>(record.pid % 20) &&
           record.start_time_ns == start_time_ns && record.state == VIGIA_STATE_SLEEPING;
}

bool is_consistent(const vigia_process& record) {
    return record.rss_bytes ==
               record.rss_anon_bytes + record.rss_file_bytes + record.rss_shared_bytes &&
           record.rss_peak_bytes >= record.rss_bytes &&
           record.cpu_user_ns + record.cpu_system_ns >= record.cpu_runtime_ns &&
           record.state <= VIGIA_STATE_PARKED && record.reserved0 == 0;
}

// What is wrong with a snapshot, or nullptr. Marked processes may not lack.
const char* wrong_in(const vigia_view& view, const Marks& marks, bool dawdle) {
    uint32_t last_pid = 0;
    std::size_t found = 0;
    for (uint32_t i = 0; i < view.count[VIGIA_PROCESSES_REGION]; ++i) {
        const auto& record =
            *static_cast<const vigia_process*>(vigia_record(&view, VIGIA_PROCESSES_REGION, i));
        if (record.pid <= last_pid) {
            return "the order";
        }
        last_pid = record.pid;
        if (!is_consistent(record)) {
            return "a record by itself";
        }
        const auto mark = marks.find(record.pid);
        if (mark != marks.end() && !is_marked_right(record, mark->second)) {
            return "a marked record";
        }
        found += mark != marks.end();
        if (dawdle && i == view.count[VIGIA_PROCESSES_REGION] / 2) {
            ::usleep(static_cast<useconds_t>(randomness() % 3000));
        }
    }
    return found == marks.size() ? nullptr : "the number of marked records";
}

void read_until_stopped(const Marks& marks) {
    vigia_file file{};
    if (const char* error = vigia_open(path, VIGIA_FILE_PROCESSES, &file)) {
        std::fprintf(stderr, "%s %s\n", path, error);
        ++tally->failures;
        return;
    }
    uint64_t generation = 0;
    for (uint64_t round = 0; !tally->stop; ++round) {
        vigia_view view{};
        if (vigia_acquire(&file, &view) == 0) {
            continue;
        }
        const char* wrong = wrong_in(view, marks, round % 4 == 0);
        if (view.slot->generation < generation) {
            wrong = "the generation";
        }
        generation = view.slot->generation;
        if (vigia_still_valid(&view) == 0) {
            ++tally->broken;
            tally->mixed += wrong != nullptr;
            generation = 0;
            continue;
        }
        ++tally->whole;
        if (wrong != nullptr) {
            std::printf("a snapshot that is valid: %s is wrong\n", wrong);
            ++tally->failures;
        }
    }
    vigia_close(&file);
}

Marks start_marked(std::vector<pid_t>& children) {
    Marks marks;
    const int descriptor = open_file();
    for (int i = 0; i < marked_count; ++i) {
        children.push_back(start(be_marked));
    }
    ::usleep(500'000);
    for (const pid_t child : children) {
        vigia_process_query query{};
        query.pid = static_cast<uint32_t>(child);
        if (::ioctl(descriptor, VIGIA_IOC_PROCESS, &query) != 0) {
            std::perror("query");
            ++tally->failures;
        }
        marks[query.pid] = query.process.start_time_ns;
    }
    // a file that is made now has room for all of them, and a first snapshot
    ::close(descriptor);
    const int fresh = open_file();
    vigia_refresh refresh{};
    ::ioctl(fresh, VIGIA_IOC_REFRESH, &refresh);
    ::close(fresh);
    return marks;
}

} // namespace

int main(int argc, char** argv) {
    unsigned seconds = 0;
    if (argc == 2) {
        std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), seconds);
    }
    if (seconds == 0) {
        std::fprintf(stderr, "usage: test_kernel_torn SECONDS\n");
        return 2;
    }
    const unsigned seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    randomness.seed(seed);
    tally = static_cast<Tally*>(
        ::mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::vector<pid_t> marked;
    std::vector<pid_t> workers;
    const Marks marks = start_marked(marked);
    workers.push_back(start(fork_until_stopped));
    for (int i = 0; i < refresher_count; ++i) {
        workers.push_back(start(refresh_until_stopped));
    }
    for (int i = 0; i < reader_count; ++i) {
        workers.push_back(start([&] { read_until_stopped(marks); }));
    }
    ::sleep(seconds);
    tally->stop = true;
    for (const pid_t worker : workers) {
        int status = 0;
        ::waitpid(worker, &status, 0);
        tally->failures += status != 0;
    }
    for (const pid_t child : marked) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    std::printf("%lu refreshes; %lu snapshots read whole, %lu overtaken (%lu of them mixed)\n",
                tally->refreshes.load(), tally->whole.load(), tally->broken.load(),
                tally->mixed.load());
    const bool was_hunt = tally->refreshes > 100 && tally->whole > 10 && tally->broken > 10;
    if (!was_hunt) {
        std::printf("too little happened to prove anything\n");
    }
    return tally->failures == 0 && was_hunt ? 0 : 1;
}
