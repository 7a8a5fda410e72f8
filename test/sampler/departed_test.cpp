// SPDX-License-Identifier: MIT
// Containers and control groups that came and went between two samples: who they were, and what
// befell them.
#include <algorithm>
#include <cstring>
#include <random>

#include "collector/base/limits.h"
#include "collector/sampler/cgroup_names.h"
#include "collector/sampler/sampler.h"
#include "test/support/catch.h"
#include "test/support/fake_catalog.h"
#include "test/support/fake_events.h"
#include "test/support/fake_source.h"

using namespace vigia;
using namespace vigia::test;
using vigia::sampler::CgroupName;
using vigia::sampler::name_of;
using vigia::sampler::whole_path;

namespace {

// The digits of a real one: all of them differ from '?', and from those around them.
const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string docker_path = "/docker/" + id;
const std::string scope_path = "/system.slice/docker-" + id + ".scope";

vigia_event_cgroup group_event(vigia_event_kind kind, const std::string& path, uint64_t cgroup_id,
                               uint64_t parent_id) {
    vigia_event_cgroup event{};
    event.kind = static_cast<uint16_t>(kind);
    event.valid = VIGIA_EVENT_VALID_PATH | (cgroup_id != 0 ? VIGIA_EVENT_VALID_CGROUP : 0U);
    event.cgroup_id = cgroup_id;
    event.parent_cgroup_id = parent_id;
    event.path_length_bytes = static_cast<uint32_t>(path.size());
    event.depth = static_cast<uint32_t>(std::count(path.begin(), path.end(), '/'));
    const std::size_t size = std::min(path.size(), sizeof(event.path));
    std::memcpy(event.path, path.data() + path.size() - size, size);
    return event;
}

struct Bench {
    Bench() {
        source.add_cgroup(1, "/");
        source.add_cgroup(2, "/system.slice");
        sampler.follow(&events);
    }
    const Sample& take() {
        clock.advance(ns_per_second);
        source.publish(clock.now());
        const auto taken = sampler.take(source, &catalog, 0);
        REQUIRE(taken);
        return **taken;
    }
    template <typename Record>
    void tell(Record record) {
        record.sequence = 1;
        record.time_ns = clock.now().monotonic_ns + ++told;
        vigia_event event{};
        static_assert(sizeof(event) == sizeof(record));
        std::memcpy(&event, &record, sizeof(event));
        events.waiting.push_back(event);
    }
    void create(const std::string& path, uint64_t cgroup_id, uint64_t parent_id) {
        tell(group_event(VIGIA_EVENT_CGROUP_CREATED, path, cgroup_id, parent_id));
    }
    void remove(const std::string& path, uint64_t cgroup_id, uint64_t parent_id) {
        tell(group_event(VIGIA_EVENT_CGROUP_REMOVED, path, cgroup_id, parent_id));
    }
    void exit(uint32_t pid, uint64_t cgroup_id, uint64_t cpu_ns) {
        vigia_event_exit event{};
        event.kind = VIGIA_EVENT_EXIT;
        event.valid =
            VIGIA_EVENT_VALID_CGROUP | VIGIA_EVENT_VALID_START_TIME | VIGIA_EVENT_VALID_RUNTIME;
        event.pid = pid;
        event.start_time_ns = clock.now().boottime_ns;
        event.cgroup_id = cgroup_id;
        event.cpu_runtime_ns = cpu_ns;
        tell(event);
    }
    void kill(uint32_t pid, uint64_t cgroup_id, uint64_t trigger_cgroup_id) {
        vigia_event_oom_kill event{};
        event.kind = VIGIA_EVENT_OOM_KILL;
        event.valid = VIGIA_EVENT_VALID_CGROUP | VIGIA_EVENT_VALID_NAME | VIGIA_EVENT_VALID_RSS |
                      VIGIA_EVENT_VALID_TRIGGER;
        event.pid = pid;
        event.cgroup_id = cgroup_id;
        std::memcpy(event.comm, "hog", 3);
        event.rss_anon_bytes = 5 << 20;
        event.rss_file_bytes = 1 << 20;
        event.trigger_pid = 77;
        event.trigger_cgroup_id = trigger_cgroup_id;
        tell(event);
    }

    FakeClock clock;
    FakeSource source;
    FakeEvents events;
    FakeCatalog catalog;
    sampler::Sampler sampler{{ns_per_second, false, "/proc"}};
    uint64_t told = 0;
};

std::string restored(const std::string& path, std::string_view parent) {
    return whole_path(group_event(VIGIA_EVENT_CGROUP_CREATED, path, 5, 4), parent);
}

} // namespace

TEST_CASE("a path that an event cut is whole again by its parent or by where engines put things") {
    CHECK(restored("/short", {}) == "/short");
    CHECK(restored(docker_path, "/docker") == docker_path);
    CHECK(restored(docker_path, {}) == docker_path);
    const std::string masked = "??????" + id.substr(6);
    CHECK(restored(scope_path, "/system.slice") == "/system.slice/docker-" + masked + ".scope");
    CHECK(restored(scope_path, {}) == "/system.slice/docker-" + masked + ".scope");
    const std::string pod =
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice";
    CHECK(restored(pod + "/cri-containerd-" + id + ".scope", pod) ==
          pod + "/cri-containerd-" + masked + ".scope");
    CHECK(restored("/libpod_parent/libpod-" + id, {}) == "/libpod_parent/libpod-" + id);
    const std::string inner = scope_path + "/init.scope";
    CHECK(restored(inner, scope_path) == inner);
    CHECK(restored("/" + std::string(100, 'x'), {}) == std::string(37, '?') + std::string(64, 'x'));
    vigia_event_cgroup lies = group_event(VIGIA_EVENT_CGROUP_CREATED, docker_path, 5, 4);
    lies.path_length_bytes = UINT32_MAX;
    CHECK(whole_path(lies, "/docker").size() <= limits::cgroup_path_bytes);
    lies.path_length_bytes = 65; // shorter than its parent's
    CHECK(whole_path(lies, std::string(70, 'p')).size() == 65);
}

TEST_CASE("a path with unknown digits names its container, one with too few of them none") {
    const CgroupName name = name_of(restored(scope_path, {}));
    CHECK(name.runtime == Runtime::docker);
    CHECK(name.id == "??????" + id.substr(6));
    CHECK(name.is_container);
    CHECK(name_of(docker_path).id == id);
    CHECK(name_of(docker_path + "/inner").id == id);
    CHECK_FALSE(name_of(docker_path + "/inner").is_container);
    CHECK(name_of("/docker/" + std::string(20, '?') + id.substr(20)).id.empty());
    CHECK(name_of("/user.slice").runtime == Runtime::unknown);
    CHECK(name_of("").id.empty());
}

TEST_CASE("whatever an event says of a path, a name is made of it") {
    const auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    constexpr std::string_view letters = "/?0af.scope-dockerlibpod";
    for (int i = 0; i < 20'000; ++i) {
        vigia_event_cgroup event{};
        for (char& c : event.path) {
            c = letters[random() % letters.size()];
        }
        if (i % 2 == 0) { // most of an id, and perhaps what scopes end with
            std::memset(event.path + random() % 16, 'a', 40 + random() % 9);
            std::memcpy(event.path + 58, i % 4 == 0 ? ".scope" : "aaaaaa", 6);
        }
        const std::size_t longest = i % 100 == 0 ? SIZE_MAX : 150;
        event.path_length_bytes = static_cast<uint32_t>(random() % longest);
        const std::string parent(random() % 90, i % 3 == 0 ? '/' : 'p');
        const std::string path = whole_path(event, parent);
        CHECK(path.size() <= limits::cgroup_path_bytes);
        const CgroupName name = name_of(path);
        CHECK(name.path == path);
        CHECK((name.runtime != Runtime::unknown) == !name.id.empty());
        CHECK(path.find(name.id) != std::string::npos);
        static_cast<void>(sampler::may_be_container(event));
    }
}

TEST_CASE("what ends in a container that came and went between two samples has its name") {
    Bench bench;
    bench.catalog.gone.push_back(bench.catalog.add(id, "short", "busybox:1"));
    bench.catalog.containers.clear();
    bench.take();
    bench.create(scope_path, 70, 2);
    bench.create(scope_path + "/inner", 71, 70);
    bench.exit(900, 70, ns_per_second / 2);
    bench.exit(901, 71, ns_per_second / 4);
    bench.remove(scope_path, 70, 2);
    const Sample& sample = bench.take();
    CHECK(sample.containers.empty()); // rules have nothing to do with it
    REQUIRE(sample.departed.size() == 1);
    const ContainerSample& container = sample.departed[0];
    CHECK(container.name() == "short");
    CHECK(container.image() == "busybox:1");
    CHECK(container.id == id);
    CHECK(container.is_gone);
    CHECK_FALSE(container.running());
    CHECK(container.exits.count == 2);
    CHECK(container.exits.cpu_ratio == Approx(0.75));
    REQUIRE(sample.exits.size() == 2);
    CHECK(sample.container_at(sample.exits[0].container) == &container);
    CHECK(sample.container_at(sample.exits[1].container) == &container);
    const Sample& next = bench.take();
    CHECK(next.departed.empty());
}

TEST_CASE("without an engine a container that came and went is known by its id") {
    Bench bench;
    bench.take();
    bench.create(docker_path, 70, 0);
    bench.exit(900, 70, 1);
    bench.create(scope_path, 71, 2);
    bench.exit(901, 71, 1);
    bench.create("/system.slice/cron.service", 72, 2);
    bench.exit(902, 72, 1);
    bench.exit(903, 73, 1); // nobody told of its group
    const Sample& sample = bench.take();
    REQUIRE(sample.departed.size() == 2);
    CHECK(sample.departed[0].name() == id.substr(0, 12));
    CHECK(sample.departed[0].runtime == Runtime::docker);
    CHECK(sample.departed[1].name() == "??????6789ab");
    REQUIRE(sample.exits.size() == 4);
    CHECK(sample.exits[2].container == no_container);
    CHECK(sample.exits[3].container == no_container);
}

TEST_CASE("what ends in a container that the last sample had belongs to it still") {
    Bench bench;
    bench.catalog.add(id, "web");
    bench.source.add_cgroup(70, docker_path);
    bench.source.add_process(900, 1, 70);
    const Sample& first = bench.take();
    REQUIRE(first.containers.size() == 1);
    bench.source.cgroups.pop_back();
    bench.exit(950, 70, ns_per_second / 2);
    const Sample& sample = bench.take(); // the engine has it still, as one that exited
    REQUIRE(sample.containers.size() == 1);
    CHECK(sample.departed.empty());
    CHECK(sample.container_at(sample.exits.back().container) == &sample.containers[0]);
    CHECK(sample.containers[0].exits.count == 1);
    bench.catalog.containers.clear();
    bench.exit(951, 70, 1);
    CHECK(bench.take().departed.size() == 1);
}

TEST_CASE("an OOM kill is told with its victim, its container and whose need set it off") {
    Bench bench;
    bench.catalog.add(id, "web");
    bench.source.add_cgroup(70, docker_path);
    bench.take();
    bench.kill(900, 70, 2);
    const Sample& sample = bench.take();
    REQUIRE(sample.incidents.size() == 1);
    const Incident& kill = sample.incidents[0];
    CHECK(kill.kind == IncidentKind::oom_kill);
    CHECK(kill.pid == 900);
    CHECK(std::string_view(kill.comm.data()) == "hog");
    CHECK(kill.rss_bytes == uint64_t{6} << 20);
    CHECK(kill.cgroup == docker_path);
    CHECK(kill.trigger_pid == 77);
    CHECK(kill.trigger_cgroup == "/system.slice");
    REQUIRE(sample.container_at(kill.container) != nullptr);
    CHECK(sample.container_at(kill.container)->name() == "web");
    CHECK(kill.realtime_ns / ns_per_second == sample.at.realtime_ns / ns_per_second - 1);
    CHECK(bench.take().incidents.empty());
}

TEST_CASE("a kill of which only the count is known is told with what is known") {
    Bench bench;
    bench.take();
    vigia_event_oom_kill event{};
    event.kind = VIGIA_EVENT_OOM_KILL;
    bench.tell(event);
    const Sample& sample = bench.take();
    REQUIRE(sample.incidents.size() == 1);
    CHECK(sample.incidents[0].pid == 0);
    CHECK_FALSE(sample.incidents[0].rss_bytes);
    CHECK(sample.incidents[0].cgroup.empty());
    CHECK(sample.incidents[0].container == no_container);
}

TEST_CASE("a container's life is told by its group and by its engine, in the order of time") {
    Bench bench;
    bench.catalog.add(id, "web");
    bench.take();
    const uint64_t began_ns = bench.clock.now().realtime_ns;
    bench.create(scope_path, 70, 2);
    bench.create(scope_path + "/inner", 71, 70); // part of it
    bench.create("/system.slice/cron.service", 72, 2);
    bench.sampler.note({id, Runtime::docker, true, began_ns + 1'000, {}});
    bench.sampler.note({id, Runtime::docker, false, began_ns + 2'000, 137});
    bench.remove(scope_path, 70, 2);
    bench.remove(docker_path, 0, 0); // another, gone before it had an id
    const Sample& sample = bench.take();
    REQUIRE(sample.incidents.size() == 5);
    CHECK(sample.incidents[0].kind == IncidentKind::container_created);
    CHECK(sample.incidents[0].cgroup == "/system.slice/docker-??????" + id.substr(6) + ".scope");
    CHECK(sample.incidents[1].kind == IncidentKind::container_removed);
    CHECK(sample.incidents[2].cgroup == docker_path);
    CHECK(sample.incidents[3].kind == IncidentKind::container_started);
    CHECK(sample.incidents[4].kind == IncidentKind::container_stopped);
    CHECK(sample.incidents[4].exit_code == 137);
    for (const Incident& incident : sample.incidents) {
        REQUIRE(sample.container_at(incident.container) != nullptr);
        CHECK(sample.container_at(incident.container)->name() == "web");
    }
}

TEST_CASE("a storm of containers is kept to its bound and leaves room for OOM kills") {
    Bench bench;
    bench.take();
    for (std::size_t i = 0; i < limits::incidents_per_sample + 10; ++i) {
        bench.create(docker_path, 1'000 + i, 0);
        bench.create("/system.slice/run-" + std::to_string(i), 5'000 + i, 2);
    }
    bench.kill(900, 1, 1);
    const Sample& sample = bench.take();
    CHECK(sample.incidents.size() == limits::incidents_per_sample + 1);
    CHECK(sample.untold_incidents == 10);
    CHECK(std::count_if(sample.incidents.begin(), sample.incidents.end(), [](const auto& incident) {
              return incident.kind == IncidentKind::oom_kill;
          }) == 1);
    CHECK(bench.take().untold_incidents == 0);
}

TEST_CASE("of more groups than are remembered the oldest names go") {
    Bench bench;
    bench.take();
    bench.create(docker_path, 70, 0);
    for (std::size_t i = 0; i < limits::cgroup_names / 2; ++i) {
        bench.create("/system.slice/a" + std::to_string(i), 1'000 + i, 2);
    }
    bench.take();
    for (std::size_t i = 0; i < limits::cgroup_names / 2; ++i) {
        bench.create("/system.slice/b" + std::to_string(i), 100'000 + i, 2);
    }
    bench.exit(900, 70, 1);
    const Sample& sample = bench.take();
    REQUIRE(sample.exits.size() == 1);
    CHECK(sample.exits[0].container == no_container);
}
