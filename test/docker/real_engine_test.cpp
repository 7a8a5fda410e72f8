// SPDX-License-Identifier: MIT
// The client against a real dockerd of the test's own.
#include "test/support/real_engine.h"

#include "test/docker/loop.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;

namespace {

constexpr unsigned patience_seconds = 60;
const std::string sleeper = " -- /bin/sleep 100000";

// One dockerd for all: starting one takes seconds.
test::RealEngine& real() {
    static test::RealEngine engine;
    return engine;
}

struct Client : Loop {
    Client() : engine(io, {.socket_path = real().socket_path()}) {
        engine.start();
        REQUIRE(until([this] { return engine.catalog().complete(); }, patience_seconds));
    }
    bool eventually(const std::function<bool()>& condition) {
        return until(condition, patience_seconds);
    }
    const ContainerInfo* find(const std::string& id) const { return engine.catalog().find(id); }
    ContainerState state(const std::string& id) const {
        return find(id) == nullptr ? ContainerState::unknown : find(id)->state;
    }
    bool until_state(const std::string& id, ContainerState wanted) {
        return eventually(
            [&, wanted] { return state(id) == wanted && find(id)->started_realtime_ns != 0; });
    }
    Answer stop(const std::string& id) {
        return ask([&](AnswerHandler handler) { engine.stop(id, 1, handler); }, patience_seconds);
    }
    Answer remove(const std::string& id) {
        return ask([&](AnswerHandler handler) { engine.remove(id, handler); }, patience_seconds);
    }

    Engine engine;
};

void remove_by_hand(const std::string& id) {
    CHECK(real().command("api DELETE /containers/" + id + "?force=1") == "204");
}

} // namespace

TEST_CASE("a real engine is listed and its containers described") {
    std::string id = real().command("run listed sample/low tier=front" + sleeper);
    Client client;
    REQUIRE(client.until_state(id, ContainerState::running));
    const ContainerInfo* info = client.find(id);
    CHECK(info->name == "listed");
    CHECK(info->image == "sample/low");
    REQUIRE(info->label("tier") != nullptr);
    CHECK(*info->label("tier") == "front");
    CHECK(info->created_realtime_ns > 0);
    CHECK(info->started_realtime_ns >= info->created_realtime_ns);
    CHECK_FALSE(info->stopped_by_person);
    CHECK(client.engine.status().server_version.size() >= 5);
    WARN("engine " << client.engine.status().server_version << ", API "
                   << client.engine.status().api_version);
    remove_by_hand(id);
    CHECK(client.eventually([&] { return client.find(id) == nullptr; }));
}

TEST_CASE("containers of a real engine come, are renamed, end and go by events") {
    Client client;
    std::string id = real().command("run first-name sample/high -- /bin/sh -c 'sleep 1; exit 3'");
    REQUIRE(client.until_state(id, ContainerState::running));
    REQUIRE(real().command("api POST /containers/" + id + "/rename?name=second-name") == "204");
    CHECK(client.eventually([&] { return client.find(id)->name == "second-name"; }));
    REQUIRE(client.until_state(id, ContainerState::exited));
    CHECK(client.eventually([&] { return client.find(id)->finished_realtime_ns != 0; }));
    CHECK(client.find(id)->exit_code == 3);
    CHECK_FALSE(client.find(id)->stopped_by_person);
    remove_by_hand(id);
    CHECK(client.eventually([&] { return client.find(id) == nullptr; }));
}

TEST_CASE("a real container is stopped, then removed, and doing so again is already so") {
    std::string id = real().command("run victim sample/low" + sleeper);
    Client client;
    REQUIRE(client.until_state(id, ContainerState::running));
    Answer running = client.remove(id);
    CHECK(running.kind == AnswerKind::refused);
    CHECK(running.http_status == 409);
    CHECK(client.stop(id).kind == AnswerKind::done);
    REQUIRE(client.until_state(id, ContainerState::exited));
    CHECK_FALSE(client.find(id)->stopped_by_person);
    Answer again = client.stop(id);
    CHECK(again.kind == AnswerKind::already_so);
    CHECK(again.http_status == 304);
    Answer killed = client.ask([&](AnswerHandler handler) { client.engine.kill(id, handler); });
    CHECK(killed.kind == AnswerKind::already_so);
    CHECK(killed.http_status == 409);
    CHECK(client.remove(id).kind == AnswerKind::done);
    CHECK(client.eventually([&] { return client.find(id) == nullptr; }));
    CHECK(client.remove(id).http_status == 404);
    CHECK(client.stop(id).kind == AnswerKind::already_so);
    CHECK(client.engine.status().writing_requests == 7);
}

TEST_CASE("a real container is paused, unpaused and killed") {
    std::string id = real().command("run paused sample/low" + sleeper);
    Client client;
    REQUIRE(client.until_state(id, ContainerState::running));
    auto pause = [&] {
        return client.ask([&](AnswerHandler handler) { client.engine.pause(id, handler); });
    };
    auto unpause = [&] {
        return client.ask([&](AnswerHandler handler) { client.engine.unpause(id, handler); });
    };
    CHECK(pause().kind == AnswerKind::done);
    CHECK(client.until_state(id, ContainerState::paused));
    CHECK(pause().kind == AnswerKind::already_so);
    CHECK(unpause().kind == AnswerKind::done);
    CHECK(unpause().kind == AnswerKind::already_so);
    Answer killed = client.ask([&](AnswerHandler handler) { client.engine.kill(id, handler); });
    CHECK(killed.kind == AnswerKind::done);
    REQUIRE(client.until_state(id, ContainerState::exited));
    CHECK(client.find(id)->exit_code == 137);
    CHECK_FALSE(client.find(id)->stopped_by_person);
    remove_by_hand(id);
}

TEST_CASE("a real container's memory, CPU and process limits are updated") {
    std::string id = real().command("run limited sample/low" + sleeper);
    Client client;
    REQUIRE(client.until_state(id, ContainerState::running));
    Answer answer = client.ask([&](AnswerHandler handler) {
        client.engine.update(id, {64 << 20, 0.5, 100}, handler);
    });
    INFO(answer.text);
    CHECK(answer.kind == AnswerKind::done);
    remove_by_hand(id);
}

TEST_CASE("what a person stops on a real engine is known as stopped by a person") {
    std::string id = real().command("run mine sample/low" + sleeper);
    Client client;
    REQUIRE(client.until_state(id, ContainerState::running));
    REQUIRE(real().command("api POST /containers/" + id + "/stop?t=1") == "204");
    REQUIRE(client.until_state(id, ContainerState::exited));
    CHECK(client.eventually([&] { return client.find(id)->stopped_by_person; }));
    REQUIRE(real().command("api POST /containers/" + id + "/start") == "204");
    REQUIRE(client.until_state(id, ContainerState::running));
    CHECK_FALSE(client.find(id)->stopped_by_person);
    remove_by_hand(id);
}

TEST_CASE("a frozen engine is waited for and a restarted one followed again") {
    std::string id = real().command("run survivor sample/low" + sleeper);
    EngineConfig config{.socket_path = real().socket_path()};
    config.request_timeout_ns = 2'000'000'000;
    config.heartbeat_ns = 500'000'000;
    Loop loop;
    Engine engine(loop.io, config);
    engine.start();
    auto complete = [&] { return engine.catalog().complete(); };
    REQUIRE(loop.until(complete, patience_seconds));

    real().command("freeze");
    CHECK(loop.until([&] { return !complete(); }, patience_seconds));
    CHECK(engine.catalog().find(id) != nullptr);
    real().command("thaw");
    REQUIRE(loop.until(complete, patience_seconds));

    real().command("restart"); // its containers end with it
    CHECK(loop.until([&] { return !complete(); }, patience_seconds));
    REQUIRE(loop.until(complete, patience_seconds));
    REQUIRE(engine.catalog().find(id) != nullptr);
    CHECK(engine.catalog().find(id)->name == "survivor");
    CHECK(engine.status().reconnects >= 2);
    CHECK(engine.status().writing_requests == 0);
    remove_by_hand(id);
}
