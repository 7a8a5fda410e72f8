// SPDX-License-Identifier: MIT
// Processes of every odd kind, whose figures the test knows from their making.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "test/kernel/child.h"
#include "test/kernel/processes_file.h"
#include "test/publish/plain_proc.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia::test;

namespace {

constexpr uint64_t ms = 1'000'000;

void wait_ms(int duration) {
    std::this_thread::sleep_for(std::chrono::milliseconds(duration));
}

struct Sums {
    uint64_t runtime_ns = 0;
    uint64_t run_delay_ns = 0;
    uint64_t voluntary_switches = 0;
    uint64_t involuntary_switches = 0;
    uint32_t threads = 0;
};

// Of all living threads, from their own files.
Sums thread_sums(pid_t pid) {
    Sums sums;
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator(folder)) {
        uint64_t runtime = 0;
        uint64_t delay = 0;
        std::istringstream(slurp(thread.path().string() + "/schedstat")) >> runtime >> delay;
        auto status = keyed_numbers(slurp(thread.path().string() + "/status"));
        sums.runtime_ns += runtime;
        sums.run_delay_ns += delay;
        sums.voluntary_switches += static_cast<uint64_t>(status["voluntary_ctxt_switches"]);
        sums.involuntary_switches += static_cast<uint64_t>(status["nonvoluntary_ctxt_switches"]);
        ++sums.threads;
    }
    return sums;
}

void* burn_thread(void*) {
    burn_ms(60);
    return nullptr;
}

void run_and_join_threads(int count) {
    for (int i = 0; i < count; ++i) {
        pthread_t thread{};
        ::pthread_create(&thread, nullptr, burn_thread, nullptr);
        ::pthread_join(thread, nullptr);
    }
}

} // namespace

TEST_CASE("sleeping threads add up to their process") {
    const Child child([](const Child::Ready& ready) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 700; ++i) { // more than one step of the kernel's walk
            threads.emplace_back([] { sleep_forever(); });
        }
        burn_ms(20);
        ready();
        sleep_forever();
    });
    wait_ms(300);
    const ProcessesFile file;
    const Sums before = thread_sums(child.pid());
    const vigia_process record = file.refresh().at(child.pid());
    const Sums after = thread_sums(child.pid());
    REQUIRE(before.runtime_ns == after.runtime_ns); // they do sleep
    CHECK(record.thread_count == 701);
    CHECK(before.threads == 701);
    CHECK(record.cpu_runtime_ns == before.runtime_ns);
    CHECK(record.cpu_user_ns + record.cpu_system_ns == before.runtime_ns);
    CHECK(record.run_delay_ns == before.run_delay_ns);
    CHECK(record.voluntary_switches == before.voluntary_switches);
    CHECK(record.involuntary_switches == before.involuntary_switches);
}

TEST_CASE("what ended threads used stays with their process") {
    const TemporaryDirectory scratch;
    const std::string path = scratch.file("written");
    const Child child([&](const Child::Ready& ready) {
        run_and_join_threads(5);
        std::thread writer([&] {
            const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
            const std::string block(5000, 'x');
            for (int i = 0; i < 200; ++i) {
                if (::write(file, block.data(), block.size()) < 0) {
                    ::_exit(1);
                }
            }
            void* memory = ::mmap(nullptr, 4 << 20, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            ::madvise(memory, 4 << 20, MADV_NOHUGEPAGE);
            std::fill_n(static_cast<volatile char*>(memory), 4 << 20, 'x');
            for (int i = 0; i < 50; ++i) {
                ::usleep(100);
            }
        });
        writer.join();
        ready();
        sleep_forever();
    });
    wait_ms(100);
    const ProcessesFile file;
    const vigia_process record = file.refresh().at(child.pid());
    const Sums leader = thread_sums(child.pid());
    CHECK(record.thread_count == 1);
    CHECK(record.cpu_runtime_ns >= leader.runtime_ns + 300 * ms);
    CHECK(record.cpu_user_ns + record.cpu_system_ns == record.cpu_runtime_ns);
    CHECK(record.write_chars_bytes >= 200 * 5000);
    CHECK(record.write_calls >= 200);
    CHECK(record.minor_faults >= 1024);
    CHECK(record.voluntary_switches >= leader.voluntary_switches + 30);
    CHECK(record.run_delay_ns >= leader.run_delay_ns);
    const auto plain = plain_processes().at(static_cast<uint32_t>(child.pid()));
    CHECK(static_cast<int64_t>(record.write_chars_bytes) == plain.number.at("io.wchar"));
    CHECK(static_cast<int64_t>(record.minor_faults) == plain.number.at("stat.minflt"));
}

TEST_CASE("the I/O of children that were waited for is their parent's, as in /proc") {
    const TemporaryDirectory scratch;
    const std::string path = scratch.file("written");
    const Child child([&](const Child::Ready& ready) {
        if (::fork() == 0) {
            std::ofstream(path) << std::string(100'000, 'x') << std::flush;
            ::_exit(0);
        }
        ::wait(nullptr);
        ready();
        sleep_forever();
    });
    wait_ms(100); // the kernel counts the write of ready() after it has woken us
    const vigia_process record = ProcessesFile().refresh().at(child.pid());
    const auto plain = plain_processes().at(static_cast<uint32_t>(child.pid()));
    CHECK(record.write_chars_bytes >= 100'000);
    CHECK(static_cast<int64_t>(record.write_chars_bytes) == plain.number.at("io.wchar"));
    CHECK(static_cast<int64_t>(record.write_calls) == plain.number.at("io.syscw"));
}

TEST_CASE("a process whose leader has ended still has its memory and its time") {
    const Child child([](const Child::Ready& ready) {
        std::thread([ready] {
            wait_ms(50); // for the leader to end
            burn_ms(50);
            ready();
            sleep_forever();
        }).detach();
        ::syscall(SYS_exit, 0); // this thread alone, without unwinding into the test
    });
    const vigia_process record = ProcessesFile().refresh().at(child.pid());
    CHECK(record.state == VIGIA_STATE_ZOMBIE);
    CHECK(record.thread_count == 2);
    CHECK((record.valid & VIGIA_PROCESS_VALID_MEMORY) != 0);
    CHECK(record.rss_bytes > 100'000);
    CHECK(record.virtual_bytes > record.rss_bytes);
    CHECK(record.cpu_runtime_ns >= 50 * ms);
}

TEST_CASE("a zombie has no memory and keeps its counters") {
    const Child child([](const Child::Ready&) { burn_ms(30); });
    wait_ms(50);
    const vigia_process record = ProcessesFile().refresh().at(child.pid());
    CHECK(record.state == VIGIA_STATE_ZOMBIE);
    CHECK(record.rss_bytes == 0);
    CHECK(record.virtual_bytes == 0);
    CHECK(record.cpu_runtime_ns >= 30 * ms);
    CHECK(record.minor_faults > 0);
}

TEST_CASE("a stopped, a traced and a niced process are told apart") {
    const Child stopped([](const Child::Ready& ready) {
        ::setpriority(PRIO_PROCESS, 0, 7);
        std::ofstream("/proc/self/oom_score_adj") << 123 << std::flush;
        ready();
        sleep_forever();
    });
    const Child traced([](const Child::Ready& ready) {
        ready();
        sleep_forever();
    });
    ::kill(stopped.pid(), SIGSTOP);
    REQUIRE(::ptrace(PTRACE_SEIZE, traced.pid(), nullptr, nullptr) == 0);
    REQUIRE(::ptrace(PTRACE_INTERRUPT, traced.pid(), nullptr, nullptr) == 0);
    wait_ms(100);
    const ProcessesSnapshot seen = ProcessesFile().refresh();
    CHECK(seen.at(stopped.pid()).state == VIGIA_STATE_STOPPED);
    CHECK(seen.at(stopped.pid()).nice == 7);
    CHECK(seen.at(stopped.pid()).oom_score_adjustment == 123);
    CHECK(seen.at(traced.pid()).state == VIGIA_STATE_TRACED);
    ::waitpid(traced.pid(), nullptr, __WALL);
    ::ptrace(PTRACE_DETACH, traced.pid(), nullptr, nullptr);
}

TEST_CASE("users are the host's, and a container's process has its inner pid") {
    const Child user([](const Child::Ready& ready) {
        if (::setresuid(1234, 5678, 0) != 0) {
            ::_exit(1);
        }
        ready();
        sleep_forever();
    });
    const Child contained(
        [](const Child::Ready& ready) {
            ready();
            sleep_forever();
        },
        CLONE_NEWPID | CLONE_NEWUSER);
    const ProcessesSnapshot seen = ProcessesFile().refresh();
    CHECK(seen.at(user.pid()).uid == 1234);
    CHECK(seen.at(user.pid()).effective_uid == 5678);
    CHECK(seen.at(user.pid()).namespace_pid == static_cast<uint32_t>(user.pid()));
    CHECK(seen.at(contained.pid()).namespace_pid == 1);
    CHECK(seen.at(contained.pid()).uid == 0);
    CHECK(seen.at(contained.pid()).parent_pid == static_cast<uint32_t>(::getpid()));
}

TEST_CASE("a name is what the process chose, and NULs behind it") {
    for (const std::string name : {"a) S 1 (\n\\", "fifteen-bytes-x", "", "1234567", "12345678"}) {
        const Child child([&](const Child::Ready& ready) {
            ::prctl(PR_SET_NAME, "a longer name 1");
            ::prctl(PR_SET_NAME, name.c_str());
            ready();
            sleep_forever();
        });
        const vigia_process record = ProcessesFile().refresh().at(child.pid());
        std::string padded = name;
        padded.resize(VIGIA_COMM_SIZE_BYTES, '\0');
        CHECK(std::string(record.comm, sizeof(record.comm)) == padded);
    }
}

TEST_CASE("kernel threads are marked and have no memory") {
    const ProcessesSnapshot seen = ProcessesFile().refresh();
    const vigia_process& kthreadd = seen.at(2);
    CHECK((kthreadd.flags & VIGIA_PROCESS_FLAG_KERNEL_THREAD) != 0);
    CHECK(kthreadd.rss_bytes == 0);
    CHECK(kthreadd.parent_pid == 0);
    CHECK((seen.at(1).flags & VIGIA_PROCESS_FLAG_KERNEL_THREAD) == 0);
    CHECK(std::any_of(seen.records.begin(), seen.records.end(),
                      [](const vigia_process& r) { return r.state == VIGIA_STATE_IDLE; }));
}

TEST_CASE("a thread that executes a program takes its leader's place") {
    const Child child([](const Child::Ready& ready) {
        burn_ms(50);
        ready();
        std::thread([] {
            wait_ms(200);
            ::execl("/bin/sleep", "sleep", "1000", nullptr);
            ::_exit(1);
        }).detach();
        sleep_forever();
    });
    const ProcessesFile file;
    const vigia_process before = file.refresh().at(child.pid());
    vigia_process after = before;
    for (int i = 0; i < 3000 && std::string(after.comm) != "sleep"; ++i) {
        after = file.refresh().at(child.pid()); // it never lacks while it changes
        REQUIRE(after.start_time_ns == before.start_time_ns);
        wait_ms(1);
    }
    CHECK(std::string(after.comm) == "sleep");
    CHECK(after.thread_count == 1);
    CHECK(after.cpu_runtime_ns >= 50 * ms);
}

TEST_CASE("waiting for block I/O is measured where the kernel measures it, and masked elsewhere") {
    const std::string setting = "/proc/sys/kernel/task_delayacct";
    const auto is_valid = [](const Child& child) {
        return (ProcessesFile().refresh().at(child.pid()).valid &
                VIGIA_PROCESS_VALID_BLOCK_DELAY) != 0;
    };
    const auto sleeper = [](const Child::Ready& ready) {
        ready();
        sleep_forever();
    };
    if (::access(setting.c_str(), W_OK) != 0) { // before 5.14 it is on from the start
        CHECK(is_valid(Child(sleeper)));
        return;
    }
    std::ofstream(setting) << 0 << std::flush;
    const Child without(sleeper);
    std::ofstream(setting) << 1 << std::flush;
    const Child with(sleeper);
    CHECK_FALSE(is_valid(without));
    CHECK(is_valid(with));
    std::ofstream(setting) << 0 << std::flush;
}

TEST_CASE("processes that do not fit are counted, and a reopened file is larger") {
    const ProcessesFile small;
    const std::size_t first = small.refresh().records.size();
    const Child parent([&](const Child::Ready& ready) {
        for (std::size_t i = 0; i < first / 4 + 600; ++i) {
            if (::fork() == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                sleep_forever();
            }
        }
        ready();
        sleep_forever();
    });
    const ProcessesSnapshot cut = small.refresh();
    CHECK(cut.slot.truncated_count[VIGIA_PROCESSES_REGION] > 0);
    const ProcessesSnapshot whole = ProcessesFile().refresh();
    CHECK(whole.slot.truncated_count[VIGIA_PROCESSES_REGION] == 0);
    CHECK(whole.records.size() ==
          cut.records.size() + cut.slot.truncated_count[VIGIA_PROCESSES_REGION]);
}
