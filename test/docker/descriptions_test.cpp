// SPDX-License-Identifier: MIT
#include "collector/docker/descriptions.h"

#include <csignal>

#include "collector/base/limits.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;

namespace {

ContainerInfo container(const std::string& id, ContainerState state, int exit_code = 0) {
    ContainerInfo info;
    info.id = id;
    info.state = state;
    info.exit_code = exit_code;
    return info;
}

Event event(EventAction action, const std::string& id) {
    Event made;
    made.action = action;
    made.id = id;
    return made;
}

// Everything that is to be inspected is, and is as `state` says.
void inspect_all(Descriptions& descriptions, ContainerState state, int exit_code = 0) {
    while (auto id = descriptions.next_inspection()) {
        descriptions.inspected(*id, container(*id, state, exit_code));
    }
}

Descriptions with_running(const std::string& id) {
    Descriptions descriptions(Runtime::docker);
    descriptions.begin_list(1);
    descriptions.list({container(id, ContainerState::running)});
    inspect_all(descriptions, ContainerState::running);
    return descriptions;
}

} // namespace

TEST_CASE("the catalog is complete from the list on and not before, and no longer when lost") {
    Descriptions descriptions(Runtime::podman);
    CHECK_FALSE(descriptions.catalog().complete());
    descriptions.begin_list(1);
    CHECK_FALSE(descriptions.catalog().complete());
    descriptions.list({container("a", ContainerState::running)});
    CHECK(descriptions.catalog().complete());
    CHECK(descriptions.catalog().find("a")->runtime == Runtime::podman);
    descriptions.lost();
    CHECK_FALSE(descriptions.catalog().complete());
    CHECK(descriptions.catalog().find("a") != nullptr);
}

TEST_CASE("a container destroyed while the list was on its way does not rise again") {
    Descriptions descriptions(Runtime::docker);
    descriptions.begin_list(1);
    REQUIRE(descriptions.event(event(EventAction::destroy, "a")));
    descriptions.list({container("a", ContainerState::running)});
    CHECK(descriptions.catalog().find("a") == nullptr);
    CHECK_FALSE(descriptions.next_inspection());
}

TEST_CASE("an inspection that was on its way when the container was destroyed is dropped") {
    Descriptions descriptions = with_running("a");
    REQUIRE(descriptions.event(event(EventAction::pause, "a")));
    auto id = descriptions.next_inspection();
    REQUIRE(id);
    REQUIRE(descriptions.event(event(EventAction::destroy, "a")));
    descriptions.inspected(*id, container("a", ContainerState::running));
    CHECK(descriptions.catalog().find("a") == nullptr);
}

TEST_CASE("an inspection older than an event does not undo it") {
    Descriptions descriptions = with_running("a");
    REQUIRE(descriptions.event(event(EventAction::update, "a")));
    auto id = descriptions.next_inspection();
    REQUIRE(id);
    REQUIRE(descriptions.event(event(EventAction::die, "a")));
    descriptions.inspected(*id, container("a", ContainerState::running));
    CHECK(descriptions.catalog().find("a")->state == ContainerState::exited);
    inspect_all(descriptions, ContainerState::exited, 1);
    CHECK(descriptions.catalog().find("a")->exit_code == 1);
}

TEST_CASE("one container is inspected once however many events it has, and never twice at once") {
    Descriptions descriptions = with_running("a");
    for (int i = 0; i < 100; ++i) {
        REQUIRE(descriptions.event(event(EventAction::update, "a")));
    }
    CHECK(descriptions.next_inspection() == "a");
    REQUIRE(descriptions.event(event(EventAction::update, "a")));
    CHECK_FALSE(descriptions.next_inspection());
    descriptions.inspected("a", container("a", ContainerState::running));
    CHECK(descriptions.next_inspection() == "a");
}

TEST_CASE("too many events before the list make the attempt begin again, not the memory grow") {
    Descriptions descriptions(Runtime::docker);
    descriptions.begin_list(1);
    for (std::size_t i = 0; i < limits::engine_events_waiting; ++i) {
        REQUIRE(descriptions.event(event(EventAction::update, "a")));
    }
    CHECK_FALSE(descriptions.event(event(EventAction::update, "a")));
    descriptions.begin_list(1);
    CHECK(descriptions.event(event(EventAction::update, "a")));
}

TEST_CASE("a container that ended while nobody listened and says 143 is a person's") {
    Descriptions descriptions = with_running("a");
    descriptions.lost();
    descriptions.begin_list(1);
    descriptions.list({container("a", ContainerState::exited)});
    CHECK(descriptions.catalog().find("a")->stopped_by_person); // careful until inspected
    inspect_all(descriptions, ContainerState::exited, 143);
    CHECK(descriptions.catalog().find("a")->stopped_by_person);
}

TEST_CASE("a container that ended while nobody listened and says 1 ended by itself") {
    Descriptions descriptions = with_running("a");
    descriptions.lost();
    descriptions.begin_list(1);
    descriptions.list({container("a", ContainerState::exited)});
    inspect_all(descriptions, ContainerState::exited, 1);
    CHECK_FALSE(descriptions.catalog().find("a")->stopped_by_person);
}

TEST_CASE("a stop that Vigia asked for stays Vigia's when the engine restarts in the middle") {
    Descriptions descriptions = with_running("a");
    descriptions.endings().we_ask("a");
    descriptions.lost();
    descriptions.begin_list(1);
    descriptions.list({container("a", ContainerState::exited)});
    inspect_all(descriptions, ContainerState::exited, 137);
    CHECK_FALSE(descriptions.catalog().find("a")->stopped_by_person);
}

TEST_CASE("a container restarted while nobody listened starts with a clean slate") {
    Descriptions descriptions(Runtime::docker);
    ContainerInfo first = container("a", ContainerState::running);
    first.started_realtime_ns = 100;
    descriptions.begin_list(1);
    descriptions.list({first});
    descriptions.inspected(*descriptions.next_inspection(), first);
    descriptions.endings().we_ask("a");
    descriptions.lost();
    ContainerInfo second = first;
    second.started_realtime_ns = 200;
    descriptions.begin_list(1);
    descriptions.list({second});
    descriptions.inspected(*descriptions.next_inspection(), second);
    Event stopped = event(EventAction::kill, "a");
    stopped.signal = SIGTERM;
    REQUIRE(descriptions.event(stopped));
    REQUIRE(descriptions.event(event(EventAction::die, "a")));
    CHECK(descriptions.catalog().find("a")->stopped_by_person);
}

TEST_CASE("events about containers that are in no list are harmless") {
    Descriptions descriptions = with_running("a");
    for (auto action : {EventAction::start, EventAction::die, EventAction::stop, EventAction::kill,
                        EventAction::oom, EventAction::rename, EventAction::destroy}) {
        REQUIRE(descriptions.event(event(action, "unknown")));
    }
    CHECK(descriptions.catalog().size() == 1);
}

TEST_CASE("a container that is gone before it is described has the name of its events") {
    Descriptions descriptions(Runtime::podman);
    descriptions.begin_list(1);
    descriptions.list({});
    Event create = event(EventAction::create, "abc");
    create.name = "short";
    create.image = "busybox:1";
    REQUIRE(descriptions.event(create));
    REQUIRE(descriptions.event(event(EventAction::destroy, "abc")));
    CHECK(descriptions.catalog().find("abc") == nullptr);
    const ContainerInfo* gone = descriptions.catalog().find_gone("bc");
    REQUIRE(gone != nullptr);
    CHECK(gone->name == "short");
    CHECK(gone->image == "busybox:1");
    CHECK(gone->runtime == Runtime::podman);
    CHECK(descriptions.catalog().find_gone("x") == nullptr);
}

TEST_CASE("what was described and is destroyed is remembered as it was") {
    Descriptions descriptions = with_running("abc");
    Event rename = event(EventAction::rename, "abc");
    rename.name = "other";
    REQUIRE(descriptions.event(rename));
    REQUIRE(descriptions.event(event(EventAction::destroy, "abc")));
    REQUIRE(descriptions.catalog().find_gone("abc") != nullptr);
    CHECK(descriptions.catalog().find_gone("abc")->name == "other");
}

TEST_CASE("starts and ends are told once, also after a new conversation repeats them") {
    Descriptions descriptions = with_running("a");
    std::vector<ContainerTurn> turns;
    descriptions.on_turn([&](const ContainerTurn& turn) { turns.push_back(turn); });
    Event start = event(EventAction::start, "a");
    start.realtime_ns = 5'000;
    Event die = event(EventAction::die, "a");
    die.realtime_ns = 6'000;
    die.exit_code = 137;
    REQUIRE(descriptions.event(start));
    REQUIRE(descriptions.event(event(EventAction::kill, "a")));
    REQUIRE(descriptions.event(die));
    REQUIRE(turns.size() == 2);
    CHECK(turns[0].started);
    CHECK(turns[0].id == "a");
    CHECK(turns[0].realtime_ns == 5'000);
    CHECK_FALSE(turns[1].started);
    CHECK(turns[1].exit_code == 137);
    descriptions.lost();
    descriptions.begin_list(4'000);
    REQUIRE(descriptions.event(start));
    REQUIRE(descriptions.event(die));
    start.realtime_ns = 7'000;
    REQUIRE(descriptions.event(start));
    descriptions.list({container("a", ContainerState::running)});
    REQUIRE(turns.size() == 3);
    CHECK(turns[2].realtime_ns == 7'000);
}
