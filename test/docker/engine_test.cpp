// SPDX-License-Identifier: MIT
#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;

TEST_CASE("the engine is listed, described and followed") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx:1", {{"tier", "front"}}, "running", 0, false, 4});
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    const ContainerInfo* info = watched.find(1);
    CHECK(info->name == "web");
    CHECK(info->image == "nginx:1");
    CHECK(*info->label("tier") == "front");
    CHECK(info->state == ContainerState::running);
    CHECK(info->restart_count == 4);
    CHECK(info->runtime == Runtime::docker);
    CHECK(watched.engine->status().connection == Connection::following);
    CHECK(watched.engine->status().server_version == "20.10.24");
    CHECK(watched.engine->status().last_error.empty());
    CHECK(watched.engine->catalog().size() == 1);
}

TEST_CASE("events are opened before the list is asked for, so that nothing is missed") {
    Watched watched;
    REQUIRE(watched.until_complete());
    std::size_t events = 0;
    std::size_t list = 0;
    auto requests = watched.fake.requests();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        events = requests[i].find("/events") != std::string::npos ? i : events;
        list = requests[i].find("/containers/json") != std::string::npos ? i : list;
    }
    CHECK(events > 0);
    CHECK(events < list);
}

TEST_CASE("containers come, change their name and state, and go by events alone") {
    Watched watched;
    REQUIRE(watched.until_complete());
    watched.fake.put(fake_id(2), {"new", "image", {}, "running"});
    watched.fake.emit("create", fake_id(2));
    watched.fake.emit("start", fake_id(2));
    REQUIRE(watched.until_described(2));
    CHECK(watched.state(2) == ContainerState::running);

    watched.fake.put(fake_id(2), {"renamed", "image", {}, "paused"});
    watched.fake.emit("rename", fake_id(2), {{"name", "renamed"}, {"oldName", "/new"}});
    watched.fake.emit("pause", fake_id(2));
    REQUIRE(watched.until([&] { return watched.state(2) == ContainerState::paused; }));
    CHECK(watched.find(2)->name == "renamed");

    watched.fake.erase(fake_id(2));
    watched.fake.emit("destroy", fake_id(2));
    REQUIRE(watched.until([&] { return watched.find(2) == nullptr; }));
    CHECK(watched.fake.count("/containers/json") == 1); // never polled
    CHECK(watched.fake.writes() == 0);
}

TEST_CASE("a container that is gone before it could be inspected leaves nothing behind") {
    Watched watched;
    REQUIRE(watched.until_complete());
    watched.fake.emit("create", fake_id(3)); // inspecting it gives 404
    REQUIRE(watched.until([&] { return watched.fake.count(fake_id(3)) > 0; }));
    watched.run_for(30);
    CHECK(watched.find(3) == nullptr);
    CHECK(watched.engine->status().connection == Connection::following);
}

TEST_CASE("a change is told after it is in the catalog") {
    Watched watched;
    unsigned changes = 0;
    bool seen = false;
    watched.engine->on_change([&] {
        ++changes;
        seen = seen || watched.find(1) != nullptr;
    });
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    CHECK(changes > 0);
    CHECK(seen);
}

TEST_CASE("a hundred containers are all described over at most a few connections") {
    Watched watched;
    for (uint64_t i = 1; i <= 100; ++i) {
        watched.fake.put(fake_id(i), {"c" + std::to_string(i), "image"});
    }
    REQUIRE(watched.until_complete());
    for (uint64_t i = 1; i <= 100; ++i) {
        REQUIRE(watched.until_described(i));
    }
    CHECK(watched.fake.connections() <= 4); // kept alive: two, and the event stream
}

TEST_CASE("stats are never asked for and nothing is written while only watching") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    watched.run_for(300); // some heartbeats
    CHECK(watched.fake.count("/stats") == 0);
    CHECK(watched.fake.writes() == 0);
    CHECK(watched.engine->status().writing_requests == 0);
}

TEST_CASE("Podman's compatible service is an engine like any other") {
    Watched watched;
    watched.fake.set_versions("1.40", "1.24");
    watched.fake.like_podman(true);
    watched.fake.put(fake_id(1), {"pod", "alpine", {}, "running"});
    auto config = quick_config(watched.fake.socket_path());
    config.runtime = Runtime::podman;
    watched.engine = std::make_unique<Engine>(watched.io, config);
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    CHECK(watched.find(1)->runtime == Runtime::podman);
    CHECK(watched.engine->status().api_version == "1.40");
    watched.fake.emit_line("{\"Type\":\"container\",\"Action\":\"died\",\"status\":\"died\","
                           "\"Actor\":{\"ID\":\"" +
                           fake_id(1) + "\",\"Attributes\":{\"containerExitCode\":\"1\"}}}");
    CHECK(watched.until([&] { return watched.state(1) == ContainerState::exited; }));
}

TEST_CASE("hostile names and labels arrive as they are and break nothing") {
    Watched watched;
    watched.fake.put(fake_id(1), {R"(a\"b\n\u001b[31m\u0000)", "\xff\xfe", {{"\xc3\x28", "x\\n"}}});
    watched.fake.put(fake_id(2), {std::string(255, 'n'), std::string(5'000, 'i')});
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    CHECK(watched.find(1)->name == std::string("a\"b\n\x1b[31m\0", 10));
    CHECK(watched.find(2)->image.size() <= 512);
}

TEST_CASE("destroying the engine in the middle of everything answers every handler once") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    watched.fake.misbehave("/stop", {"", test::Misbehaviour::Then::hang, false});
    unsigned answers = 0;
    for (int i = 0; i < 40; ++i) { // more than are sent at once
        watched.engine->stop(fake_id(1), 1, [&](Answer answer) {
            ++answers;
            CHECK(answer.kind == AnswerKind::failed);
        });
    }
    watched.run_for(20);
    watched.engine.reset();
    CHECK(answers == 0);
    CHECK(watched.until([&] { return answers == 40; }));
    watched.run_for(20);
    CHECK(answers == 40);
}

TEST_CASE("the engine can be destroyed at any moment of its start") {
    for (unsigned steps = 0; steps < 40; ++steps) {
        Watched watched;
        watched.fake.put(fake_id(1), {"web", "nginx"});
        watched.engine->start();
        for (unsigned i = 0; i < steps; ++i) {
            watched.io.restart();
            watched.io.run_one_for(std::chrono::milliseconds(20));
        }
        watched.engine.reset();
        watched.run_for(2);
    }
    SUCCEED();
}
