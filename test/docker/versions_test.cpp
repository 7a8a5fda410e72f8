// SPDX-License-Identifier: MIT
#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;

TEST_CASE("engines of every age are followed under a version that they serve") {
    struct Row {
        const char* newest;
        const char* minimum;
        const char* agreed;
    };
    const Row rows[] = {
        {"1.12", "1.12", "1.12"}, {"1.21", "1.12", "1.21"}, {"1.30", "", "1.30"},
        {"1.40", "1.24", "1.40"}, {"1.41", "1.12", "1.41"}, {"1.47", "1.24", "1.47"},
        {"1.52", "1.44", "1.47"}, {"1.56", "1.40", "1.47"}, {"1.60", "1.50", "1.50"}};
    for (const Row& row : rows) {
        INFO(row.newest);
        Watched watched;
        watched.fake.set_versions(row.newest, row.minimum);
        watched.fake.put(fake_id(1), {"web", "nginx"});
        REQUIRE(watched.until_complete());
        CHECK(watched.engine->status().api_version == row.agreed);
        CHECK(watched.engine->status().reconnects == 0);
        Answer answer = watched.ask(
            [&](AnswerHandler handler) { watched.engine->stop(fake_id(1), 1, handler); });
        CHECK(answer.kind == AnswerKind::done);
    }
}

TEST_CASE("an engine that is too old is said to be, and tried again later") {
    Watched watched;
    watched.fake.set_versions("1.11", "1.10");
    watched.engine->start();
    REQUIRE(watched.until([&] { return !watched.engine->status().last_error.empty(); }));
    CHECK(watched.engine->status().last_error.find("1.11") != std::string::npos);
    CHECK(watched.engine->status().connection == Connection::broken);
    watched.fake.set_versions("1.41", "1.12");
    CHECK(watched.until([&] { return watched.complete(); }));
}

TEST_CASE("an engine that refuses the version it advertised is asked again under its own") {
    for (auto [newest, minimum] : {std::pair("1.39", "1.12"), std::pair("1.47", "1.44")}) {
        INFO(newest);
        Watched watched;
        watched.fake.accept_versions(newest, minimum); // while /version still says 1.41
        bool complete = watched.until_complete();
        INFO(watched.engine->status().last_error);
        REQUIRE(complete);
        CHECK(watched.engine->status().last_error.empty());
    }
}

TEST_CASE("a write refused for its version is sent again under the right one") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    watched.fake.accept_versions("1.47", "1.44");
    Answer answer =
        watched.ask([&](AnswerHandler handler) { watched.engine->kill(fake_id(1), handler); });
    CHECK(answer.kind == AnswerKind::done);
    CHECK(watched.fake.count("POST /v1.44/") == 1);
    CHECK(watched.engine->status().writing_requests == 2);
    CHECK(watched.engine->status().api_version == "1.44");
}

TEST_CASE(
    "an engine that changes its mind about versions for ever is given up, not asked for ever") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    REQUIRE(watched.until_described(1));
    std::string refusal = "{\"message\":\"Maximum supported API version is 1.30\"}";
    watched.fake.misbehave("/kill", {test::http_answer(400, refusal), {}, false});
    Answer answer =
        watched.ask([&](AnswerHandler handler) { watched.engine->kill(fake_id(1), handler); });
    CHECK(answer.kind == AnswerKind::refused);
    CHECK(watched.fake.count("/kill") <= 3);
}
