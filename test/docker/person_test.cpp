// SPDX-License-Identifier: MIT
#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;

namespace {
struct Stopping : Watched {
    Stopping() {
        fake.put(fake_id(1), {"one", "image"});
        REQUIRE(until_complete());
        REQUIRE(until_described(1));
    }
    // Exited, and inspected since.
    bool until_exited() {
        return until([this] { return state(1) == ContainerState::exited; }) && until_described(1);
    }
};
} // namespace

TEST_CASE("a container that a person stopped is known as such until it is started again") {
    Stopping stopping;
    stopping.fake.person_stops(fake_id(1), 0);
    REQUIRE(stopping.until_exited());
    CHECK(stopping.find(1)->stopped_by_person);
    stopping.fake.starts(fake_id(1));
    REQUIRE(stopping.until([&] { return stopping.state(1) == ContainerState::running; }));
    CHECK_FALSE(stopping.find(1)->stopped_by_person);
    stopping.fake.dies(fake_id(1), 1);
    REQUIRE(stopping.until_exited());
    CHECK_FALSE(stopping.find(1)->stopped_by_person);
}

TEST_CASE("a container that Vigia stopped is not taken for a person's") {
    Stopping stopping;
    stopping.ask([&](AnswerHandler handler) { stopping.engine->stop(fake_id(1), 1, handler); });
    REQUIRE(stopping.until_exited());
    CHECK_FALSE(stopping.find(1)->stopped_by_person);
}

TEST_CASE("a container that was killed before we came is a person's") {
    Watched watched;
    watched.fake.put(fake_id(1), {"one", "image", {}, "exited", 137});
    watched.fake.put(fake_id(2), {"two", "image", {}, "exited", 137, true});
    watched.fake.put(fake_id(3), {"three", "image", {}, "exited", 1});
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    REQUIRE(watched.until_described(2));
    REQUIRE(watched.until_described(3));
    CHECK(watched.find(1)->stopped_by_person);
    CHECK_FALSE(watched.find(2)->stopped_by_person); // out of memory
    CHECK_FALSE(watched.find(3)->stopped_by_person); // by itself
}

TEST_CASE("an end that an earlier process of ours asked for is not a person's") {
    Watched watched;
    watched.fake.put(fake_id(1), {"one", "image", {}, "exited", 137});
    watched.fake.put(fake_id(2), {"two", "image", {}, "exited", 137});
    watched.engine->claim_end(fake_id(1));
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    REQUIRE(watched.until_described(2));
    CHECK_FALSE(watched.find(1)->stopped_by_person);
    CHECK(watched.find(2)->stopped_by_person);
}

TEST_CASE("a stop while the engine was away is found out when it is back") {
    Stopping stopping;
    stopping.fake.stop();
    REQUIRE(stopping.until([&] { return !stopping.complete(); }));
    CHECK(stopping.find(1) != nullptr);
    stopping.fake.forget_events();
    stopping.fake.put(fake_id(1), {"one", "image", {}, "exited", 143});
    stopping.fake.start();
    REQUIRE(stopping.until([&] { return stopping.complete(); }));
    REQUIRE(stopping.until_exited());
    CHECK(stopping.find(1)->stopped_by_person);
}
