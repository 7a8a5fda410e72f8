// SPDX-License-Identifier: MIT
// R6: every published field of every live process against a plain reading of the same text.
#include <unistd.h>

#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <optional>
#include <thread>

#include "test/publish/differential.h"
#include "test/publish/plain_proc.h"
#include "test/publish/published.h"
#include "test/publish/workload.h"
#include "test/publish/subject.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr int rounds = 5;
constexpr int64_t kib = 1024;

const int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);

// One published field: how it is read there and how it comes from the plain text.
struct Field {
    const char* name;
    Kind kind;
    uint64_t valid; // 0: always
    int64_t tolerance;
    std::function<int64_t(const vigia_process&)> published;
    std::function<std::optional<int64_t>(const PlainProcess&)> plain;
    bool of_leader =
        false; // the plain text tells the leader's alone, the kernel's records all threads'
    bool of_pages = false; // may be wrong by what the record says
};

std::optional<int64_t> number(const PlainProcess& process, const std::string& name, int64_t unit) {
    const auto found = process.number.find(name);
    return found != process.number.end() ? std::optional(found->second * unit) : std::nullopt;
}

template <typename Member>
Field field(const char* name, Kind kind, uint64_t valid, Member member, const char* plain,
            int64_t unit = 1, int64_t tolerance = 0) {
    return {name,
            kind,
            valid,
            tolerance,
            [member](const vigia_process& record) { return static_cast<int64_t>(record.*member); },
            [=](const PlainProcess& process) { return number(process, plain, unit); }};
}

// A time that /proc cuts down to ticks.
template <typename Member>
Field ticks(const char* name, uint64_t valid, Member member, const char* plain) {
    Field row = field(name, Kind::counter, valid, member, plain, tick_ns);
    row.published = [member](const vigia_process& record) {
        return static_cast<int64_t>(record.*member) / tick_ns * tick_ns;
    };
    return row;
}

// What /proc tells of the leader thread alone.
template <typename Member>
Field leader(const char* name, uint64_t valid, Member member, const char* plain) {
    Field row = field(name, Kind::counter, valid, member, plain);
    row.of_leader = true;
    return row;
}

// The leader has ended, other threads live: /proc shows no memory.
bool hides_memory(const PlainProcess& process) {
    return process.state == 'Z' && process.number.at("stat.threads") > 1;
}

// Memory that a process without its own does not show is 0.
template <typename Member>
Field memory(const char* name, Member member, const char* plain) {
    Field row = field(name, Kind::gauge, VIGIA_PROCESS_VALID_RSS_SPLIT, member, plain, kib);
    row.of_pages = true;
    row.plain = [=](const PlainProcess& process) -> std::optional<int64_t> {
        if (hides_memory(process)) {
            return std::nullopt;
        }
        return number(process, plain, kib).value_or(0);
    };
    return row;
}

int64_t coarse_ns(const PlainProcess& process) {
    return (process.number.at("stat.utime") + process.number.at("stat.stime")) * tick_ns;
}

// A process whose one thread has always been the only one: schedstat tells all of its time.
bool is_single(const PlainProcess& process) {
    const int64_t beyond = number(process, "schedstat.0", 1).value_or(-1) - coarse_ns(process);
    return process.number.at("stat.threads") == 1 && beyond >= 0 && beyond <= 2 * tick_ns;
}

int64_t letter(uint32_t state) {
    constexpr char letters[] = "?RSDTtZXIP";
    return state < sizeof(letters) - 1 ? letters[state] : '?';
}

Field block_delay() {
    Field row = ticks("block_delay_ns", VIGIA_PROCESS_VALID_BLOCK_DELAY,
                      &vigia_process::block_delay_ns, "stat.blkio");
    row.of_leader = true;
    return row;
}

Field virtual_memory() {
    Field row = field("virtual_bytes", Kind::gauge, VIGIA_PROCESS_VALID_MEMORY,
                      &vigia_process::virtual_bytes, "stat.vsize");
    row.plain = [](const PlainProcess& process) {
        return hides_memory(process) ? std::nullopt : number(process, "stat.vsize", 1);
    };
    return row;
}

// Those that are one number of the plain text.
std::vector<Field> plain_fields() {
    using P = vigia_process;
    constexpr Kind counter = Kind::counter;
    constexpr Kind gauge = Kind::gauge;
    return {
        field("parent_pid", gauge, 0, &P::parent_pid, "stat.ppid"),
        ticks("start_time_ns", 0, &P::start_time_ns, "stat.start"),
        field("thread_count", gauge, 0, &P::thread_count, "stat.threads"),
        field("nice", gauge, 0, &P::nice, "stat.nice"),
        field("last_cpu", gauge, 0, &P::last_cpu, "stat.processor"),
        field("namespace_pid", counter, VIGIA_PROCESS_VALID_NAMESPACE_PID, &P::namespace_pid,
              "nspid"),
        field("uid", gauge, VIGIA_PROCESS_VALID_USER, &P::uid, "uid"),
        field("effective_uid", gauge, VIGIA_PROCESS_VALID_USER, &P::effective_uid, "euid"),
        field("oom_score_adjustment", gauge, VIGIA_PROCESS_VALID_OOM, &P::oom_score_adjustment,
              "oom"),
        ticks("cpu_user_ns", VIGIA_PROCESS_VALID_CPU, &P::cpu_user_ns, "stat.utime"),
        ticks("cpu_system_ns", VIGIA_PROCESS_VALID_CPU, &P::cpu_system_ns, "stat.stime"),
        leader("run_delay_ns", VIGIA_PROCESS_VALID_RUN_DELAY, &P::run_delay_ns, "schedstat.1"),
        block_delay(),
        virtual_memory(),
        field("minor_faults", counter, VIGIA_PROCESS_VALID_FAULTS, &P::minor_faults, "stat.minflt"),
        field("major_faults", counter, VIGIA_PROCESS_VALID_FAULTS, &P::major_faults, "stat.majflt"),
        field("read_chars_bytes", counter, VIGIA_PROCESS_VALID_IO, &P::read_chars_bytes,
              "io.rchar"),
        field("write_chars_bytes", counter, VIGIA_PROCESS_VALID_IO, &P::write_chars_bytes,
              "io.wchar"),
        field("read_calls", counter, VIGIA_PROCESS_VALID_IO, &P::read_calls, "io.syscr"),
        field("write_calls", counter, VIGIA_PROCESS_VALID_IO, &P::write_calls, "io.syscw"),
        field("read_bytes", counter, VIGIA_PROCESS_VALID_IO, &P::read_bytes, "io.read_bytes"),
        field("write_bytes", counter, VIGIA_PROCESS_VALID_IO, &P::write_bytes, "io.write_bytes"),
        field("cancelled_write_bytes", counter, VIGIA_PROCESS_VALID_IO, &P::cancelled_write_bytes,
              "io.cancelled_write_bytes"),
        leader("voluntary_switches", VIGIA_PROCESS_VALID_SWITCHES, &P::voluntary_switches,
               "status.voluntary_ctxt_switches"),
        leader("involuntary_switches", VIGIA_PROCESS_VALID_SWITCHES, &P::involuntary_switches,
               "status.nonvoluntary_ctxt_switches"),
        memory("rss_bytes", &P::rss_bytes, "status.VmRSS"),
        memory("rss_anon_bytes", &P::rss_anon_bytes, "status.RssAnon"),
        memory("rss_file_bytes", &P::rss_file_bytes, "status.RssFile"),
        memory("rss_shared_bytes", &P::rss_shared_bytes, "status.RssShmem"),
        memory("rss_peak_bytes", &P::rss_peak_bytes, "status.VmHWM"),
        memory("swap_bytes", &P::swap_bytes, "status.VmSwap"),
    };
}

std::vector<Field> make_fields() {
    using P = vigia_process;
    constexpr Kind counter = Kind::counter;
    constexpr Kind gauge = Kind::gauge;
    std::vector<Field> fields = plain_fields();
    fields.push_back(
        {"cpu_runtime_ns", counter, VIGIA_PROCESS_VALID_CPU, 2 * tick_ns,
         [](const P& record) { return static_cast<int64_t>(record.cpu_runtime_ns); },
         [](const PlainProcess& process) { return std::optional(coarse_ns(process)); }});
    Field single{"cpu_runtime_ns of one thread",
                 counter,
                 VIGIA_PROCESS_VALID_CPU,
                 0,
                 [](const P& record) { return static_cast<int64_t>(record.cpu_runtime_ns); },
                 [](const PlainProcess& process) {
                     return is_single(process) ? number(process, "schedstat.0", 1) : std::nullopt;
                 }};
    single.of_leader = true; // one that ended after less than two ticks looks the same
    fields.push_back(single);
    fields.push_back(
        {"state", gauge, 0, 0, [](const P& record) { return letter(record.state); },
         [](const PlainProcess& process) { return std::optional<int64_t>(process.state); }});
    fields.push_back({"kernel thread", counter, 0, 0,
                      [](const P& record) {
                          return static_cast<int64_t>(record.flags &
                                                      VIGIA_PROCESS_FLAG_KERNEL_THREAD);
                      },
                      [](const PlainProcess& process) {
                          return std::optional<int64_t>(process.number.at("stat.flags") >> 21 & 1);
                      }});
    return fields;
}

// On kernels before 6.2, /proc does not count what a thread keeps to itself: up to 65 faults of up
// to 16 pages. The kernel's records do.
int64_t pages_tolerance(const vigia_process& record) {
    const int64_t page = ::sysconf(_SC_PAGESIZE);
    return static_cast<int64_t>(record.rss_error_bytes) + record.thread_count * 65 * 16 * page;
}

// Workers show their work behind their name, in 64 bytes of their own.
bool is_name(const vigia_process& record, const PlainProcess& process) {
    const std::string name = record.comm;
    const bool is_worker = process.comm.rfind("kworker/", 0) == 0;
    return is_worker ? !name.empty() && process.comm.rfind(name, 0) == 0
                     : name == process.comm.substr(0, 15);
}

void compare(Differential& result, const std::vector<Field>& fields, const vigia_process& record,
             const PlainProcess& before, const PlainProcess& after, bool is_kernel) {
    const std::string subject = std::to_string(record.pid) + " (" + before.comm + ")";
    for (const Field& row : fields) {
        const auto low = row.plain(before);
        auto high = row.plain(after);
        if (!low || !high || (row.valid != 0 && (record.valid & row.valid) != row.valid)) {
            continue;
        }
        if (row.kind == Kind::gauge && record.pid == static_cast<uint32_t>(::getpid())) {
            continue; // our own memory changes with what we have read
        }
        if (is_kernel && row.of_leader) {
            high = std::numeric_limits<int64_t>::max(); // test/kernel adds the threads up
        }
        const bool is_approximate = is_kernel && row.of_pages;
        result.compare(subject, row.name, row.kind, row.published(record), *low, *high,
                       is_approximate ? pages_tolerance(record) : row.tolerance);
    }
    if (before.comm == after.comm) {
        result.compare(subject, "comm", Kind::gauge, is_name(record, before), 1, 1, 0);
    }
}

struct Round {
    std::map<uint32_t, PlainProcess> before;
    std::map<uint32_t, PlainProcess> after;
    Published seen;
};

Round look(Subject& subject) {
    auto before = plain_processes();
    if (const Status done = subject.refresh(); !done) {
        FAIL(done.error().message());
    }
    Published seen(subject.directory());
    return {std::move(before), plain_processes(), std::move(seen)};
}

} // namespace

TEST_CASE("every field of every live process is what /proc says") {
    const TemporaryDirectory scratch;
    const Workload workload(scratch.path());
    const auto subject = start_subject(scratch.file("v"));
    const std::vector<Field> fields = make_fields();
    Differential result;
    std::size_t missing = 0;
    for (int i = 0; i < rounds; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        const Round round = look(*subject);
        for (const auto& [pid, before] : round.before) {
            const auto after = round.after.find(pid);
            if (after == round.after.end() ||
                after->second.number.at("stat.start") != before.number.at("stat.start")) {
                continue;
            }
            const vigia_process* record = round.seen.process(pid);
            missing += record == nullptr;
            if (record != nullptr) {
                compare(result, fields, *record, before, after->second, subject->is_kernel());
            }
        }
    }
    CHECK(missing == 0);
    const std::string findings = result.findings(rounds);
    INFO(findings);
    CHECK(findings.empty());
    CHECK(result.compared() > 1000);
    std::printf("R6: %zu values of processes compared\n", result.compared());
}

TEST_CASE("the odd ones of the workload are what they are") {
    const TemporaryDirectory scratch;
    const Workload workload(scratch.path());
    const auto subject = start_subject(scratch.file("v"));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const Published first = look(*subject).seen;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const Published seen = look(*subject).seen;
    const auto process = [&](pid_t pid) {
        const vigia_process* record = seen.process(static_cast<uint32_t>(pid));
        if (record == nullptr) {
            FAIL("process " << pid << " is not there");
        }
        return *record;
    };
    CHECK(process(workload.zombie).state == VIGIA_STATE_ZOMBIE);
    CHECK(process(workload.zombie).rss_bytes == 0);
    CHECK(process(workload.stopped).state == VIGIA_STATE_STOPPED);
    CHECK(process(workload.threaded).thread_count >= 4); // a sanitizer adds one of its own
    CHECK(process(workload.hostile).comm == std::string("a) S 1 (\n\\"));
    const auto burner = process(workload.burner);
    CHECK(burner.cpu_runtime_ns > first.process(burner.pid)->cpu_runtime_ns);
    for (const pid_t pid : {workload.zombie, workload.stopped, workload.threaded}) {
        CHECK(process(pid).parent_pid == static_cast<uint32_t>(::getpid()));
        CHECK((process(pid).valid & VIGIA_PROCESS_VALID_CGROUP) != 0);
    }
}

TEST_CASE("processes that come and go during the walk harm nothing") {
    const TemporaryDirectory scratch;
    const auto subject = start_subject(scratch.file("v"));
    std::atomic<bool> stop{false};
    std::thread storm([&] {
        while (!stop) {
            const pid_t pid = ::fork();
            if (pid == 0) {
                ::_exit(0);
            }
            ::waitpid(pid, nullptr, 0);
        }
    });
    for (int i = 0; i < 200; ++i) {
        CHECK(subject->refresh());
        const Published seen(subject->directory());
        for (std::size_t k = 1; k < seen.processes.size(); ++k) {
            REQUIRE(seen.processes[k - 1].pid < seen.processes[k].pid);
        }
        REQUIRE(seen.process(static_cast<uint32_t>(::getpid())) != nullptr);
    }
    stop = true;
    storm.join();
}
