// SPDX-License-Identifier: MIT
// From messages to events, over a /proc that the test makes up.
#include "collector/publish/process_lives.h"

#include <algorithm>
#include <map>
#include <string>

#include <vigia/events_reader.h>

#include "collector/base/limits.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::publish;

namespace {

constexpr uint64_t tick_ns = 10'000'000;
constexpr uint64_t suspended_ns = 5'000'000'000; // boot time is ahead by this

struct FakeProcess {
    ProcessLook look;
    uint32_t uid = 0;
    uint64_t cgroup_id = 0;
    std::string executable;
};

class FakeLooker final : public ProcessLooker {
public:
    bool look(uint32_t pid, ProcessLook& process) override {
        const auto found = there.find(pid);
        if (found == there.end()) {
            return false;
        }
        process = found->second.look;
        return true;
    }
    bool read_user(uint32_t pid, uint32_t& uid) override {
        const auto found = there.find(pid);
        uid = found != there.end() ? found->second.uid : 0;
        return found != there.end();
    }
    bool read_cgroup(uint32_t pid, uint64_t& cgroup_id) override {
        const auto found = there.find(pid);
        cgroup_id = found != there.end() ? found->second.cgroup_id : 0;
        return cgroup_id != 0;
    }
    std::string_view read_executable(uint32_t pid) override {
        const auto found = there.find(pid);
        return found != there.end() ? std::string_view(found->second.executable) : "";
    }
    const std::vector<uint32_t>& list(int& error) override {
        error = 0;
        pids_.clear();
        for (const auto& entry : there) {
            pids_.push_back(entry.first);
        }
        return pids_;
    }
    void put(uint32_t pid, uint64_t start_time_ns, const std::string& comm = "p",
             uint32_t threads = 1) {
        FakeProcess process;
        process.look.state = 'S';
        process.look.thread_count = threads;
        process.look.start_time_ns = start_time_ns;
        process.look.parent_pid = 1;
        std::copy_n(comm.begin(), std::min<std::size_t>(comm.size(), 15),
                    process.look.comm.begin());
        process.cgroup_id = 77;
        process.uid = 5;
        there[pid] = process;
    }
    std::map<uint32_t, FakeProcess> there;

private:
    std::vector<uint32_t> pids_;
};

class Records final : public EventSink {
public:
    std::vector<vigia_event> all;
    std::vector<vigia_event_exit> exits() const {
        std::vector<vigia_event_exit> some;
        for (const vigia_event& event : all) {
            if (event.kind == VIGIA_EVENT_EXIT) {
                some.push_back(std::bit_cast<vigia_event_exit>(event));
            }
        }
        return some;
    }

private:
    void put(vigia_event event) override { all.push_back(event); }
};

struct Scene {
    explicit Scene(UsageSupport support = {true, true, true})
        : lives(looker, records, tick_ns, support) {}

    Instant now() const { return {time_ns, time_ns + suspended_ns, 0}; }
    void say(ProcessMessageKind kind, uint32_t pid, uint32_t tgid, uint32_t parent = 0,
             uint32_t value = 0) {
        ProcessMessage message;
        message.kind = kind;
        message.pid = pid;
        message.tgid = tgid;
        message.parent_tgid = parent;
        message.value = value;
        message.time_ns = time_ns;
        lives.handle(message, now());
    }
    void fork(uint32_t pid, uint32_t parent) { say(ProcessMessageKind::fork, pid, pid, parent); }
    void thread(uint32_t pid, uint32_t tgid) { say(ProcessMessageKind::fork, pid, tgid, 1); }
    void exit(uint32_t pid, uint32_t tgid, uint32_t status = 0) {
        say(ProcessMessageKind::exit, pid, tgid, 1, status);
    }
    ThreadUsage usage(uint32_t tid, uint64_t runtime_ns) {
        ThreadUsage used;
        used.tid = tid;
        used.charged_ns = used.runtime_ns = runtime_ns;
        used.user_ns = 1;
        used.rss_peak_bytes = 4096 * tid;
        used.minor_faults = 2;
        used.read_calls = 1024;
        return used;
    }
    void note(const ThreadUsage& used) { lives.note(used, now()); }
    void settle(Connector connector = Connector::drained) { lives.settle(now(), connector); }

    FakeLooker looker;
    Records records;
    ProcessLives lives;
    uint64_t time_ns = 1'003'000'000;
};

} // namespace

TEST_CASE("a short life is told with its times, its parent and what it used") {
    Scene scene;
    scene.looker.put(1, 50'000'000, "init");
    scene.lives.begin(scene.now());
    scene.fork(20, 1);
    scene.note(scene.usage(20, 700));
    scene.time_ns += 1'000'000;
    scene.exit(20, 20, 0x2a00);
    REQUIRE(scene.records.all.size() == 2);
    const auto& fork = vigia_event_as_fork(&scene.records.all[0]);
    CHECK(fork.pid == 20);
    CHECK(fork.start_time_ns == 6'000'000'000); // 1.003 s + 5 s, cut down to a tick
    CHECK(fork.parent_start_time_ns == 50'000'000);
    CHECK(std::string(fork.comm) == "init");
    CHECK(fork.uid == 5);
    CHECK(fork.cgroup_id == 77);
    const vigia_event_exit exit = scene.records.exits().at(0);
    CHECK(exit.start_time_ns == fork.start_time_ns);
    CHECK(exit.exit_code == 42);
    CHECK(exit.exit_signal == 0);
    CHECK(exit.cpu_runtime_ns == 700);
    CHECK(exit.cgroup_id == 77);
    CHECK((exit.valid & VIGIA_EVENT_VALID_IO) != 0);
    CHECK((exit.flags & VIGIA_EVENT_EXIT_COARSE_IO) != 0);
    CHECK(scene.lives.waiting() == 0);
    CHECK(scene.lives.known() == 1);
}

TEST_CASE("what the kernel needs to take a process down counts, unless it waited") {
    for (const uint64_t since_ns : {uint64_t{0}, uint64_t{40'000}, limits::event_dismantling_ns,
                                    limits::event_dismantling_ns + 1, uint64_t{900'000'000}}) {
        Scene scene;
        scene.fork(20, 1);
        ThreadUsage used = scene.usage(20, 700);
        used.age_ns = 2'000'000;
        scene.note(used);
        scene.time_ns += used.age_ns + since_ns;
        scene.exit(20, 20);
        const uint64_t counted_ns = since_ns <= limits::event_dismantling_ns ? since_ns : 0;
        CHECK(scene.records.exits().at(0).cpu_runtime_ns == 700 + counted_ns);
    }
}

TEST_CASE("a start time is what /proc says, if the process is still the same") {
    Scene scene;
    scene.looker.put(20, 5'990'000'000);
    scene.fork(20, 1);
    CHECK(scene.records.all.at(0).start_time_ns == 5'990'000'000);
    scene.looker.put(21, 6'500'000'000); // another one that has the number by now
    scene.fork(21, 1);
    CHECK(scene.records.all.at(1).start_time_ns == 6'000'000'000);
}

TEST_CASE("a process ends with its last thread, with what all of them used") {
    Scene scene;
    scene.fork(20, 1);
    scene.thread(21, 20);
    scene.thread(22, 20);
    CHECK(scene.records.all.size() == 1); // threads are no event
    for (const uint32_t tid : {20U, 22U, 21U}) {
        CHECK(scene.records.exits().empty());
        scene.note(scene.usage(tid, 100));
        scene.exit(tid, 20, tid == 21 ? 9 : 0);
    }
    REQUIRE(scene.records.exits().size() == 1);
    const vigia_event_exit exit = scene.records.exits()[0];
    CHECK(exit.pid == 20);
    CHECK(exit.exit_signal == 9);
    CHECK(exit.cpu_runtime_ns == 300);
    CHECK(exit.minor_faults == 6);
    CHECK(exit.rss_peak_bytes == 4096 * 22);
}

TEST_CASE("the thread that ended the process tells its status, whoever is reported last") {
    Scene scene;
    scene.fork(20, 1);
    scene.thread(21, 20);
    ThreadUsage last = scene.usage(21, 100);
    last.tells_end = last.is_end = true;
    last.tgid = 20;
    scene.note(last);
    scene.exit(21, 20, 0x300);
    scene.note(scene.usage(20, 100));
    scene.exit(20, 20, 0);
    CHECK(scene.records.exits().at(0).exit_code == 3);
}

TEST_CASE("what is unknown is not valid: no exit record, none at all, no /proc") {
    Scene scene;
    scene.fork(20, 1);
    scene.exit(20, 20, 11 | 0x80);
    vigia_event_exit exit = scene.records.exits().at(0);
    CHECK((exit.valid & (VIGIA_EVENT_VALID_RUNTIME | VIGIA_EVENT_VALID_IO)) == 0);
    CHECK(exit.exit_signal == 11);
    CHECK((exit.flags & VIGIA_EVENT_EXIT_CORE_DUMPED) != 0);
    CHECK((exit.valid & VIGIA_EVENT_VALID_CGROUP) == 0);

    Scene bare(UsageSupport{});
    bare.fork(20, 1);
    bare.exit(20, 20);
    exit = bare.records.exits().at(0);
    CHECK(exit.valid ==
          (VIGIA_EVENT_VALID_STATUS | VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_PARENT));

    Scene coarse(UsageSupport{true, false, false});
    coarse.fork(20, 1);
    coarse.note(coarse.usage(20, 0));
    coarse.exit(20, 20);
    exit = coarse.records.exits().at(0);
    CHECK((exit.valid & (VIGIA_EVENT_VALID_RUNTIME | VIGIA_EVENT_VALID_RSS)) == 0);
    CHECK((exit.valid & VIGIA_EVENT_VALID_CPU_SPLIT) != 0);
}

TEST_CASE("exec tells the file; of a script, or behind a link, the name it was run under") {
    Scene scene;
    const auto exec_of = [&](const std::string& comm, const std::string& executable) {
        scene.looker.put(20, 6'000'000'000, comm);
        scene.looker.there[20].executable = executable;
        scene.say(ProcessMessageKind::exec, 20, 20);
        const auto& exec = vigia_event_as_exec(&scene.records.all.back());
        return std::string(exec.file_name,
                           vigia_event_text_size_bytes(exec.file_name, sizeof(exec.file_name)));
    };
    scene.fork(20, 1);
    CHECK(exec_of("cc1plus", "/usr/lib/cc1plus") == "/usr/lib/cc1plus");
    CHECK(exec_of("backup.sh", "/usr/bin/bash") == "backup.sh");
    CHECK(exec_of("a-very-long-nam", "/bin/a-very-long-name-indeed") ==
          "/bin/a-very-long-name-indeed");
    CHECK(exec_of("a) S 1 (\n\x1b[2J", "/x/a) S 1 (\n\x1b[2J") == "/x/a) S 1 (\n\x1b[2J");
    const std::string longest = "/" + std::string(300, 'd') + "/prog";
    CHECK(exec_of("prog", longest) == longest.substr(0, VIGIA_EVENT_FILE_NAME_SIZE_BYTES));
    CHECK(vigia_event_as_exec(&scene.records.all.back()).file_name_length_bytes == longest.size());
    scene.looker.there.clear();
    scene.say(ProcessMessageKind::exec, 20, 20);
    CHECK((scene.records.all.back().valid & VIGIA_EVENT_VALID_NAME) == 0);
}

TEST_CASE("exec of another process under the same number is not told with its name") {
    Scene scene;
    scene.fork(20, 1);
    scene.looker.put(20, 9'000'000'000, "other");
    scene.say(ProcessMessageKind::exec, 20, 20);
    CHECK((scene.records.all.back().valid & VIGIA_EVENT_VALID_NAME) == 0);
    CHECK(scene.records.all.back().start_time_ns == 6'000'000'000);
}

TEST_CASE("users and names follow what the kernel tells of them") {
    Scene scene;
    scene.looker.put(1, 50'000'000, "init");
    scene.lives.begin(scene.now());
    scene.fork(20, 1);
    scene.say(ProcessMessageKind::user, 20, 20, 0, 1000);
    ProcessMessage renamed;
    renamed.kind = ProcessMessageKind::comm;
    renamed.pid = renamed.tgid = 20;
    renamed.comm.fill('x'); // without an end
    scene.lives.handle(renamed, scene.now());
    scene.fork(21, 20);
    const auto& fork = vigia_event_as_fork(&scene.records.all.back());
    CHECK(fork.uid == 1000);
    CHECK(std::string(fork.comm) == std::string(15, 'x'));
}

TEST_CASE("one that was there before us ends when /proc agrees, and once") {
    Scene scene;
    scene.looker.put(20, 50'000'000, "old", 3);
    scene.lives.begin(scene.now());
    scene.exit(21, 20);
    scene.exit(20, 20); // the leader; others live on
    scene.settle();
    CHECK(scene.records.exits().empty());
    scene.looker.there.clear();
    ThreadUsage last = scene.usage(22, 100);
    last.has_process = true;
    last.process_charged_ns = 900;
    scene.note(last);
    scene.exit(22, 20);
    scene.time_ns += limits::event_closing_ns;
    scene.settle();
    REQUIRE(scene.records.exits().size() == 1);
    const vigia_event_exit exit = scene.records.exits()[0];
    CHECK(exit.start_time_ns == 50'000'000);
    CHECK(exit.cpu_runtime_ns == 900); // the kernel's sum
    CHECK((exit.valid & VIGIA_EVENT_VALID_RUNTIME) != 0);
    CHECK((exit.valid & VIGIA_EVENT_VALID_FAULTS) == 0); // of threads before us nobody knows
    scene.exit(23, 20);
    scene.settle();
    CHECK(scene.records.exits().size() == 1);
}

TEST_CASE("an old process of one thread has everything") {
    Scene scene;
    scene.looker.put(20, 50'000'000);
    scene.lives.begin(scene.now());
    scene.looker.there[20].look.state = 'Z';
    scene.note(scene.usage(20, 100));
    scene.exit(20, 20);
    CHECK((scene.records.exits().at(0).valid & VIGIA_EVENT_VALID_FAULTS) != 0);
}

TEST_CASE("an exit whose message was lost is told from its exit record") {
    Scene scene;
    scene.fork(20, 1);
    ThreadUsage used = scene.usage(20, 100);
    used.tells_end = used.is_end = true;
    used.tgid = 20;
    used.status = 0x100;
    scene.note(used);
    scene.time_ns += 2 * limits::event_orphan_ns;
    scene.settle();
    CHECK(scene.lives.waiting() == 1); // nothing was lost: its message will come
    scene.lives.note_loss(scene.now());
    scene.settle();
    scene.time_ns += limits::event_closing_ns;
    scene.settle();
    REQUIRE(scene.records.exits().size() == 1);
    CHECK(scene.records.exits()[0].exit_code == 1);
    CHECK(scene.records.exits()[0].cpu_runtime_ns == 100);
    CHECK(scene.lives.waiting() == 0);
}

TEST_CASE("while the connector has more, nothing is settled: what is waited for may be in there") {
    Scene scene;
    scene.lives.note_loss(scene.now());
    scene.fork(20, 1);
    ThreadUsage used = scene.usage(20, 100);
    used.tells_end = used.is_end = true;
    used.tgid = 20;
    scene.note(used); // its message stands behind a thousand others
    scene.time_ns += 2 * limits::event_orphan_ns;
    CHECK(scene.lives.settle(scene.now(), Connector::has_more) == 0);
    CHECK(scene.records.exits().empty());
    CHECK(scene.lives.waiting() == 1);
    scene.exit(20, 20, 0x200);
    scene.time_ns += 2 * limits::event_closing_ns;
    scene.settle(Connector::has_more);
    scene.settle(Connector::drained);
    scene.time_ns += 2 * limits::event_orphan_ns;
    scene.settle(Connector::drained);
    REQUIRE(scene.records.exits().size() == 1); // not from its record, and again by its message
    CHECK(scene.records.exits()[0].exit_code == 2);
    CHECK(scene.records.exits()[0].cpu_runtime_ns == 100);
}

TEST_CASE("those whose end was lost altogether are forgotten, those alive are not") {
    Scene scene;
    scene.looker.put(1, 50'000'000);
    scene.lives.begin(scene.now());
    scene.fork(20, 1);
    CHECK(scene.lives.known() == 2);
    scene.lives.note_loss(scene.now());
    for (int i = 0; i < 4; ++i) {
        scene.time_ns += limits::event_prune_ns;
        scene.settle();
    }
    CHECK(scene.lives.known() == 1);
}

TEST_CASE("exits of strangers are told with what there is, and nothing is kept of them") {
    Scene scene;
    for (uint32_t pid = 100; pid < 5'000; ++pid) {
        scene.exit(pid, pid, 0);
        scene.exit(pid, pid + 100'000, 0); // a thread of somebody unknown
    }
    CHECK(scene.records.exits().size() == 4'900);
    CHECK(scene.lives.known() == 0);
}

TEST_CASE("exit records without exits do not pile up without end") {
    Scene scene;
    for (uint32_t tid = 1; tid < limits::event_usages_maximum + 1'000; ++tid) {
        scene.note(scene.usage(tid, 1));
    }
    CHECK(scene.lives.waiting() == limits::event_usages_maximum);
}
