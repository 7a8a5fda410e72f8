// SPDX-License-Identifier: MIT
// R9: whatever the engine does, the client says so once, lives, and is back by itself.
#include "collector/base/limits.h"
#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;
using test::http_answer;
using test::Misbehaviour;

namespace {

constexpr auto hang = Misbehaviour::Then::hang;
constexpr auto close_it = Misbehaviour::Then::close;
const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string some_event =
    "{\"Type\":\"container\",\"Action\":\"update\",\"Actor\":{\"ID\":\"" + fake_id(1) + "\"}}\n";

struct Case {
    const char* name;
    Misbehaviour misbehaviour;
};

std::vector<Case> cases() {
    return {
        {"says nothing", {"", hang}},
        {"closes at once", {"", close_it}},
        {"is not HTTP", {"SSH-2.0-OpenSSH_9.2\r\n", hang}},
        {"stops within the header", {"HTTP/1.1 200 OK\r\nContent-", hang}},
        {"stops within the body", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{", hang}},
        {"closes within the body", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{", close_it}},
        {"drips",
         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + std::string(400, 'x') + ": y\r\n\r\n[]",
          close_it, true}},
        {"has a header without end", {"HTTP/1.1 200 OK\r\n" + std::string(1 << 20, 'x'), hang}},
        {"announces a body too large",
         {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[", hang}},
        {"announces a body of negative length",
         {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]", hang}},
        {"sends a bad chunk", {chunked + "zz\r\n[]\r\n", hang}},
        {"answers 500", {http_answer(500, "{\"message\":\"broken\"}"), close_it}},
        {"answers 400 about versions without end",
         {http_answer(400, "{\"message\":\"Minimum supported API version is 1.44\"}"), close_it}},
        {"redirects",
         {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", close_it}},
    };
}

// What is wrong for a question with a JSON answer, but not for an endless stream.
std::vector<Case> json_cases() {
    return {
        {"answers with HTML", {http_answer(200, "<html></html>"), close_it}},
        {"answers with the wrong type", {http_answer(200, "7"), close_it}},
        {"answers with null", {http_answer(200, "null"), close_it}},
        {"answers with bad ids", {http_answer(200, "[{\"Id\":\"../x\"}]"), close_it}},
        {"answers with too much",
         {http_answer(200, "[" + std::string(limits::http_body_bytes + 1, ' ') + "]"), close_it}},
        {"answers with depth", {http_answer(200, std::string(200'000, '[')), close_it}},
    };
}

std::vector<Case> stream_cases() {
    std::string endless = chunked + "100000\r\n" + std::string(0x100000, 'x');
    return {
        {"sends a line that is no event", {chunked + "9\r\nnonsense\n\r\n", hang}},
        {"sends a line without end", {endless, hang}},
        {"stops within an event", {chunked + "4\r\n{\"Ty\r\n", hang}},
        {"ends the stream", {chunked + "0\r\n\r\n", close_it}},
        {"closes the stream", {chunked, close_it}},
    };
}

void check_recovery(const char* part, const Case& wrong) {
    INFO(part << " " << wrong.name);
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    watched.fake.misbehave(part, wrong.misbehaviour);
    watched.engine->start();
    REQUIRE(watched.until([&] { return !watched.engine->status().last_error.empty(); }));
    INFO(watched.engine->status().last_error);
    watched.fake.behave();
    REQUIRE(watched.until(
        [&] { return watched.complete() && watched.engine->status().last_error.empty(); }));
    REQUIRE(watched.until_described(1));
    CHECK(watched.find(1)->name == "web");
    CHECK(watched.fake.writes() == 0);
}

} // namespace

TEST_CASE("whatever goes wrong at the greeting, the client recovers by itself") {
    for (const Case& wrong : cases()) {
        check_recovery("/_ping", wrong);
    }
}

TEST_CASE("whatever goes wrong when versions are told, the client recovers by itself") {
    for (const Case& wrong : cases()) {
        check_recovery("/version", wrong);
    }
    for (const Case& wrong : json_cases()) {
        check_recovery("/version", wrong);
    }
}

TEST_CASE("whatever goes wrong with the list, the client recovers by itself") {
    for (const Case& wrong : cases()) {
        check_recovery("/containers/json", wrong);
    }
    for (const Case& wrong : json_cases()) {
        check_recovery("/containers/json", wrong);
    }
}

TEST_CASE("whatever goes wrong with the events, the client recovers by itself") {
    for (const Case& wrong : cases()) {
        check_recovery("/events", wrong);
    }
    for (const Case& wrong : stream_cases()) {
        check_recovery("/events", wrong);
    }
}

TEST_CASE("whatever goes wrong with one inspection, the client recovers and the rest is known") {
    std::string part = fake_id(1) + "/json";
    std::vector<Case> all = cases();
    for (const Case& wrong : json_cases()) {
        all.push_back(wrong);
    }
    for (const Case& wrong : all) {
        INFO(wrong.name);
        Watched watched;
        watched.fake.put(fake_id(1), {"web", "nginx"});
        watched.fake.misbehave(part, wrong.misbehaviour);
        watched.engine->start();
        REQUIRE(watched.until([&] { return !watched.engine->status().last_error.empty(); }));
        REQUIRE(watched.find(1) != nullptr); // from the list
        watched.fake.behave();
        watched.fake.emit("update", fake_id(1));
        REQUIRE(watched.until(
            [&] { return watched.complete() && watched.engine->status().last_error.empty(); }));
        CHECK(watched.until_described(1));
    }
}

TEST_CASE("an engine that is not there is waited for, politely") {
    Watched watched;
    watched.fake.stop();
    watched.engine->start();
    REQUIRE(watched.until([&] { return !watched.engine->status().last_error.empty(); }));
    CHECK(watched.engine->status().connection == Connection::absent);
    watched.fake.put(fake_id(1), {"web", "nginx"});
    watched.fake.start();
    CHECK(watched.until([&] { return watched.complete(); }));
    CHECK(watched.find(1) != nullptr);
}

TEST_CASE("a socket path that cannot be one is an error, not a crash") {
    for (const std::string& path :
         {std::string(), std::string(500, 'x'), std::string("/dev/null")}) {
        boost::asio::io_context io;
        Engine engine(io, quick_config(path));
        engine.start();
        io.run_for(std::chrono::milliseconds(50));
        CHECK_FALSE(engine.status().last_error.empty());
        CHECK_FALSE(engine.catalog().complete());
    }
}

TEST_CASE("a restarted engine is followed again, and what is known stays known meanwhile") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    for (unsigned round = 1; round <= 3; ++round) {
        watched.fake.stop();
        REQUIRE(watched.until([&] { return !watched.complete(); }));
        REQUIRE(watched.find(1) != nullptr);
        CHECK(watched.find(1)->name == "web");
        watched.fake.start();
        REQUIRE(watched.until([&] { return watched.complete(); }));
        CHECK(watched.engine->status().reconnects == round);
    }
}

TEST_CASE("an engine that hangs while it is followed is noticed by its heartbeat") {
    Watched watched;
    watched.fake.put(fake_id(1), {"web", "nginx"});
    REQUIRE(watched.until_complete());
    watched.fake.misbehave("/", {"", hang});
    REQUIRE(watched.until([&] { return !watched.complete(); }));
    CHECK(watched.engine->status().last_error.find("no answer in time") != std::string::npos);
    watched.fake.behave();
    CHECK(watched.until([&] { return watched.complete(); }));
}

TEST_CASE("events from before the loss are asked for again") {
    Watched watched;
    REQUIRE(watched.until_complete());
    watched.fake.drop_connections();
    REQUIRE(watched.until([&] { return watched.engine->status().reconnects == 1; }));
    CHECK(watched.fake.count("/events?since=") == 2);
}

TEST_CASE("the loop is never blocked while the engine is at its worst") {
    Watched watched;
    watched.fake.misbehave("/", {"HTTP/1.1 200 OK\r\nContent-", hang, true});
    watched.engine->start();
    uint64_t turns = 0;
    auto longest = std::chrono::nanoseconds(0);
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < end) {
        auto before = std::chrono::steady_clock::now();
        watched.io.restart();
        watched.io.poll();
        longest =
            std::max(longest, std::chrono::nanoseconds(std::chrono::steady_clock::now() - before));
        ++turns;
    }
    WARN("longest turn " << longest.count() / 1000 << " us in " << turns << " turns");
    CHECK(turns > 100);
}

TEST_CASE("attempts back off instead of hammering") {
    Watched watched;
    watched.fake.misbehave("/_ping", {http_answer(500, "no"), close_it});
    watched.engine->start();
    watched.run_for(400); // 5 + 10 + 20 + 40 + 80 + 160 ms
    CHECK(watched.fake.count("/_ping") >= 3);
    CHECK(watched.fake.count("/_ping") <= 8);
}
