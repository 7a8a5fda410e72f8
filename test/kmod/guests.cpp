// SPDX-License-Identifier: MIT
// Everybody who may be in a file of /proc/vigia when its module goes, and a fork storm around them:
//
//   vigia_test_guests DIRECTORY        until SIGTERM
//
// Mappers, mappers with children, sleepers in poll() and epoll_wait(), walkers, readers and askers,
// each a process of its own, over and over. What they may meet is that a file is gone, dead or
// replaced; any other error, a signal, or a mapping that cannot be read any more is a failure.
// Ends with a line for each role and "N passed, N failed".
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <vigia/control.h>
#include <vigia/events_reader.h>
#include <vigia/reader.h>

namespace {

struct File {
    const char* name;
    uint32_t kind;
};
constexpr std::array<File, 6> files = {{{"info", VIGIA_FILE_INFO},
                                        {"system", VIGIA_FILE_SYSTEM},
                                        {"memory", VIGIA_FILE_MEMORY},
                                        {"processes", VIGIA_FILE_PROCESSES},
                                        {"cgroups", VIGIA_FILE_CGROUPS},
                                        {"events", VIGIA_FILE_EVENTS}}};

// In memory that every guest shares: what one role did and met.
struct Tally {
    std::atomic<uint64_t> visits;  // times that it got in
    std::atomic<uint64_t> deaths;  // times that a module left while it was in
    std::atomic<uint64_t> refused; // errors that a visitor has to expect
    std::atomic<uint64_t> wrong;   // everything else
};

// How long at most a visitor keeps a mapping. A role that has to meet modules that leave is in a
// file for most of its time, and two do it, so that a stress of a few rounds meets some ten.
constexpr uint64_t stay_ms = 400;

volatile std::sig_atomic_t is_over = 0; // NOLINT: set by the handler
std::string directory;                  // NOLINT: constant after main() began

void end(int) {
    is_over = 1;
}

// The errors of a file that is gone (ENOENT, EIO, ENOTTY), or dead (ESTALE), or of a moment in
// which nothing is loaded.
bool is_expected(int error) {
    return error == ENOENT || error == EIO || error == ESTALE || error == ENOTTY ||
           error == EINTR || error == EAGAIN;
}

class Guest {
public:
    Guest(Tally& tally, unsigned seed) : tally_(tally), random_(seed) {}

    void map() {
        const int descriptor = open_any();
        vigia_file file{};
        if (descriptor >= 0 && refresh(descriptor) && map_at(descriptor, file)) {
            // for some the descriptor goes first, for some the mapping
            if (below(2) == 0) {
                close(descriptor);
                look(file, below(stay_ms));
                vigia_close(&file);
                return;
            }
            look(file, below(stay_ms));
            vigia_close(&file);
        }
        close(descriptor);
    }

    // Children inherit the mapping and the descriptor, and outlive their parent's use of them.
    void map_and_fork() {
        const int descriptor = open_any();
        vigia_file file{};
        if (descriptor >= 0 && refresh(descriptor) && map_at(descriptor, file)) {
            std::array<pid_t, 3> children{};
            for (pid_t& child : children) {
                child = fork();
                if (child == 0) {
                    look(file, below(stay_ms));
                    refresh(descriptor);
                    vigia_close(&file);
                    _exit(0);
                }
            }
            vigia_close(&file);
            wait_for(children);
        }
        close(descriptor);
    }

    void sleep_in_poll() {
        const int descriptor = open_any();
        if (descriptor >= 0 && refresh(descriptor)) {
            // others walk all the time: who waits for data does not wait for long
            const bool is_patient = below(2) == 0;
            pollfd polled = {descriptor, static_cast<short>(is_patient ? 0 : POLLIN), 0};
            if (poll(&polled, 1, static_cast<int>(below(is_patient ? 3000 : 40))) > 0 &&
                (polled.revents & (POLLHUP | POLLERR)) != 0) {
                tally_.deaths++;
            }
        }
        close(descriptor);
    }

    // Two files in one epoll, which still holds them when the files are gone.
    void sleep_in_epoll() {
        const int epoll = epoll_create1(EPOLL_CLOEXEC);
        const std::array<int, 2> descriptors = {open_any(), open_any()};
        for (const int descriptor : descriptors) {
            epoll_event event{};
            event.events = EPOLLIN | (below(2) == 0 ? static_cast<uint32_t>(EPOLLET) : 0U);
            if (descriptor >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
                meet(errno);
            }
        }
        std::array<epoll_event, 4> events{};
        epoll_wait(epoll, events.data(), events.size(), static_cast<int>(below(40)));
        epoll_wait(epoll, events.data(), events.size(), 0);
        close(below(2) == 0 ? descriptors[0] : descriptors[1]); // some go before the epoll
        close(epoll);
        close(descriptors[0]);
        close(descriptors[1]);
    }

    void walk() {
        const int descriptor = open_any();
        for (uint64_t i = below(20); descriptor >= 0 && i > 0 && refresh(descriptor); i--) {
        }
        close(descriptor);
    }

    void read_whole() {
        const int descriptor = open_any();
        std::vector<unsigned char> buffer(1 << 16);
        ssize_t got = descriptor >= 0 ? 1 : 0;
        while (got > 0) {
            got = read(descriptor, buffer.data(), buffer.size());
        }
        if (got < 0) {
            meet(errno);
        }
        close(descriptor);
    }

    void ask() {
        const int descriptor = open((directory + "/processes").c_str(), O_RDONLY | O_CLOEXEC);
        vigia_process_query query{};
        query.pid = static_cast<uint32_t>(getpid());
        if (descriptor < 0) {
            meet(errno);
            return;
        }
        if (ioctl(descriptor, VIGIA_IOC_PROCESS, &query) != 0) {
            meet(errno);
        } else {
            tally_.visits++;
            tally_.wrong += query.process.pid == query.pid ? 0 : 1;
        }
        close(descriptor);
    }

    // Leaves the CPUs to whoever loads and unloads.
    void rest() { usleep(static_cast<useconds_t>(5000 + below(40000))); }

    // The storm: processes that are born and die, some with a thread, some by another program.
    void breed() {
        std::array<pid_t, 3> children{};
        for (pid_t& child : children) {
            child = fork();
            if (child == 0) {
                const uint64_t way = below(8);
                if (way == 0) {
                    execl("/bin/true", "true", nullptr);
                }
                if (way == 1) {
                    std::thread([] {}).join();
                }
                _exit(0);
            }
        }
        tally_.visits++;
        wait_for(children);
    }

private:
    uint64_t below(uint64_t limit) { return random_() % limit; }

    void meet(int error) {
        if (is_expected(error)) {
            tally_.refused++;
            return;
        }
        tally_.wrong++;
        errno = error;
        std::perror("unexpected");
    }

    int open_any() {
        const File& chosen = files[below(files.size())];
        kind_ = chosen.kind;
        const int descriptor = open((directory + "/" + chosen.name).c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            meet(errno);
            usleep(1000);
        } else {
            tally_.visits++;
        }
        return descriptor;
    }

    bool refresh(int descriptor) {
        vigia_refresh request{};
        request.max_age_ns = below(2) * 1000000;
        if (ioctl(descriptor, VIGIA_IOC_REFRESH, &request) == 0) {
            return true;
        }
        meet(errno);
        return false;
    }

    bool map_at(int descriptor, vigia_file& file) {
        errno = 0;
        const char* error = kind_ == VIGIA_FILE_EVENTS ? vigia_events_map(descriptor, &file)
                                                       : vigia_map(descriptor, kind_, &file);
        if (error == nullptr) {
            return true;
        }
        meet(errno);
        return false;
    }

    // Reads every record, some time later once more: dead or alive, the memory is there.
    void look(const vigia_file& file, uint64_t pause_ms) {
        const bool was_live = vigia_is_live(&file) != 0;
        sum(file);
        usleep(static_cast<useconds_t>(pause_ms * 1000));
        sum(file);
        if (was_live && vigia_is_live(&file) == 0) {
            tally_.deaths++;
        }
        if (vigia_live_header(&file)->magic != VIGIA_FILE_MAGIC) {
            tally_.wrong++;
        }
    }

    void sum_events(const vigia_file& file) {
        vigia_events events{};
        if (vigia_events_attach(&file, VIGIA_EVENTS_OLDEST, &events) != nullptr) {
            tally_.wrong++;
            return;
        }
        // a storm writes faster than this machine may read: not to the end
        for (int i = 0; i < 20000; i++) {
            const vigia_event* event = vigia_events_next(&events);
            if (event == nullptr) {
                break;
            }
            tally_.wrong += event->kind == VIGIA_EVENT_NONE ? 1 : 0;
            sum_ += event->cgroup_id;
        }
        tally_.wrong += events.error != nullptr ? 1 : 0;
        events.file.map = nullptr; // the mapping stays its user's
        vigia_events_close(&events);
    }

    void sum(const vigia_file& file) {
        if (file.header.file_kind == VIGIA_FILE_EVENTS) {
            sum_events(file);
            return;
        }
        vigia_view view{};
        if (vigia_acquire(&file, &view) == 0) {
            return;
        }
        for (unsigned region = 0; region < VIGIA_REGION_COUNT; region++) {
            for (uint32_t i = 0; i < view.count[region]; i++) {
                sum_ += *static_cast<const volatile unsigned char*>(vigia_record(&view, region, i));
            }
        }
    }

    void wait_for(const std::array<pid_t, 3>& children) {
        for (const pid_t child : children) {
            int status = 0;
            while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
            }
            tally_.wrong += status == 0 ? 0 : 1;
        }
    }

    Tally& tally_;
    std::minstd_rand random_;
    uint32_t kind_ = 0;
    uint64_t sum_ = 0;
};

struct Role {
    const char* name;
    void (Guest::*act)();
    unsigned guests;
    bool sees_deaths; // has to have met a module that left
};
constexpr std::array<Role, 8> roles = {{{"mapping", &Guest::map, 2, true},
                                        {"mapping with children", &Guest::map_and_fork, 2, true},
                                        {"asleep in poll", &Guest::sleep_in_poll, 2, true},
                                        {"asleep in epoll", &Guest::sleep_in_epoll, 1, false},
                                        {"walking", &Guest::walk, 1, false},
                                        {"reading", &Guest::read_whole, 1, false},
                                        {"asking for one process", &Guest::ask, 1, false},
                                        {"being born and dying", &Guest::breed, 2, false}}};

pid_t start(const Role& role, Tally& tally, unsigned seed) {
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        Guest guest(tally, seed);
        while (is_over == 0) {
            (guest.*role.act)();
            guest.rest();
        }
        _exit(0);
    }
    return child;
}

// True if the role did what it is for, and met nothing that it must not.
bool report(const Role& role, const Tally& tally, uint64_t killed) {
    const bool is_good = killed == 0 && tally.wrong == 0 && tally.visits > 0 &&
                         (!role.sees_deaths || tally.deaths > 0);
    std::printf("%s - %s: %lu times, %lu deaths met, %lu errors expected, %lu wrong, %lu killed\n",
                is_good ? "ok" : "not ok", role.name, tally.visits.load(), tally.deaths.load(),
                tally.refused.load(), tally.wrong.load(), killed);
    return is_good;
}

} // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: vigia_test_guests DIRECTORY\n", stderr);
        return 2;
    }
    directory = words[1];
    struct sigaction action {};
    action.sa_handler = end;
    sigaction(SIGTERM, &action, nullptr);
    void* shared = mmap(nullptr, sizeof(Tally) * roles.size(), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        std::perror("mmap");
        return 1;
    }
    auto* tallies = static_cast<Tally*>(shared); // zero is a sound Tally
    std::array<std::vector<pid_t>, roles.size()> guests;
    unsigned seed = static_cast<unsigned>(getpid());
    std::printf("seed %u\n", seed);
    std::fflush(stdout);
    for (std::size_t i = 0; i < roles.size(); i++) {
        for (unsigned n = 0; n < roles[i].guests; n++) {
            guests[i].push_back(start(roles[i], tallies[i], seed++));
        }
    }
    while (is_over == 0) {
        pause();
    }
    unsigned passed = 0;
    for (std::size_t i = 0; i < roles.size(); i++) {
        uint64_t killed = 0;
        for (const pid_t guest : guests[i]) {
            int status = 0;
            kill(guest, SIGTERM);
            killed += waitpid(guest, &status, 0) == guest && status == 0 ? 0 : 1;
        }
        passed += report(roles[i], tallies[i], killed) ? 1 : 0;
    }
    std::printf("%u passed, %zu failed\n", passed, roles.size() - passed);
    return passed == roles.size() ? 0 : 1;
}
