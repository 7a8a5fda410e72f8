// SPDX-License-Identifier: MIT
#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;
using test::Misbehaviour;

namespace {
struct Acting : Watched {
    Acting() {
        fake.put(fake_id(1), {"one", "image"});
        REQUIRE(until_complete());
    }
    Answer stop(uint64_t id = 1) {
        return ask([&](AnswerHandler handler) { engine->stop(fake_id(id), 3, handler); });
    }
    Answer kill() {
        return ask([&](AnswerHandler handler) { engine->kill(fake_id(1), handler); });
    }
    Answer remove(uint64_t id = 1) {
        return ask([&](AnswerHandler handler) { engine->remove(fake_id(id), handler); });
    }
};
} // namespace

TEST_CASE("stop, then remove: asked for once each, with the grace and without force") {
    Acting acting;
    CHECK(acting.stop().kind == AnswerKind::done);
    CHECK(acting.fake.count("POST /v1.41/containers/" + fake_id(1) + "/stop?t=3") == 1);
    CHECK(acting.remove().kind == AnswerKind::done);
    CHECK(acting.fake.count("DELETE /v1.41/containers/" + fake_id(1) + "?v=0&force=0") == 1);
    CHECK(acting.until([&] { return acting.find(1) == nullptr; }));
    CHECK(acting.engine->status().writing_requests == 2);
    CHECK(acting.fake.writes() == 2);
}

TEST_CASE("what is stopped, killed or gone already is already so") {
    Acting acting;
    CHECK(acting.kill().kind == AnswerKind::done);
    CHECK(acting.kill().kind == AnswerKind::already_so);
    Answer again = acting.stop();
    CHECK(again.kind == AnswerKind::already_so);
    CHECK(again.http_status == 304);
    CHECK(acting.stop(99).kind == AnswerKind::already_so);
    CHECK(acting.remove(99).http_status == 404);
}

TEST_CASE("a running container is never removed") {
    Acting acting;
    Answer answer = acting.remove();
    CHECK(answer.kind == AnswerKind::refused);
    CHECK(answer.http_status == 409);
    CHECK(answer.text.find("cannot remove a running container") != std::string::npos);
}

TEST_CASE("pausing and unpausing twice is already so") {
    Acting acting;
    auto pause = [&] {
        return acting.ask([&](AnswerHandler h) { acting.engine->pause(fake_id(1), h); }).kind;
    };
    auto unpause = [&] {
        return acting.ask([&](AnswerHandler h) { acting.engine->unpause(fake_id(1), h); }).kind;
    };
    CHECK(pause() == AnswerKind::done);
    CHECK(acting.until([&] { return acting.state(1) == ContainerState::paused; }));
    CHECK(pause() == AnswerKind::already_so);
    CHECK(unpause() == AnswerKind::done);
    CHECK(unpause() == AnswerKind::already_so);
}

TEST_CASE("an update moves memory and memory+swap together and leaves what is 0") {
    Acting acting;
    Limits limits;
    limits.memory_bytes = 64 << 20;
    Answer answer = acting.ask(
        [&](AnswerHandler handler) { acting.engine->update(fake_id(1), limits, handler); });
    CHECK(answer.kind == AnswerKind::done);
    CHECK(acting.fake.last_body() == R"({"Memory":67108864,"MemorySwap":67108864})");
    limits = {0, 1.5, 100};
    acting.ask([&](AnswerHandler handler) { acting.engine->update(fake_id(1), limits, handler); });
    CHECK(acting.fake.last_body() == R"({"NanoCpus":1500000000,"PidsLimit":100})");
}

TEST_CASE("nothing is ever sent for an id that is not one") {
    Acting acting;
    for (std::string id : {std::string(), std::string("one"), std::string("../images/x"),
                           fake_id(1) + "?force=1", std::string(64, 'Z')}) {
        Answer answer =
            acting.ask([&](AnswerHandler handler) { acting.engine->remove(id, handler); });
        CHECK(answer.kind == AnswerKind::failed);
        CHECK(answer.http_status == 0);
    }
    CHECK(acting.fake.writes() == 0);
    CHECK(acting.engine->status().writing_requests == 0);
}

TEST_CASE("an action before the first connection fails and does not wait for one") {
    Watched watched;
    watched.fake.stop();
    watched.engine->start();
    Answer answer =
        watched.ask([&](AnswerHandler handler) { watched.engine->stop(fake_id(1), 1, handler); });
    CHECK(answer.kind == AnswerKind::failed);
    CHECK(watched.engine->status().writing_requests == 0);
}

TEST_CASE("a write that gets no answer fails in time and is not sent again") {
    Acting acting;
    acting.fake.misbehave("/kill", {"", Misbehaviour::Then::hang, false});
    Answer hung = acting.kill();
    CHECK(hung.kind == AnswerKind::failed);
    CHECK(hung.text.find("no answer in time") != std::string::npos);
    CHECK(acting.fake.count("/kill") == 1);
    acting.fake.behave();
    acting.fake.misbehave("/kill", {"", Misbehaviour::Then::close, false});
    CHECK(acting.kill().kind == AnswerKind::failed);
    CHECK(acting.fake.count("/kill") == 2);
}

TEST_CASE("a write answered with nonsense fails") {
    for (const char* bytes :
         {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/9.9 204 No\r\n\r\n", "\r\n\r\n\r\n"}) {
        Acting acting;
        acting.fake.misbehave("/kill", {bytes, Misbehaviour::Then::close, false});
        CHECK(acting.kill().kind == AnswerKind::failed);
    }
}

TEST_CASE("a server error is refused with the engine's own words") {
    Acting acting;
    acting.fake.misbehave("/kill", {test::http_answer(500, "{\"message\":\"no space left\"}"),
                                    Misbehaviour::Then::close, false});
    Answer answer = acting.kill();
    CHECK(answer.kind == AnswerKind::refused);
    CHECK(answer.http_status == 500);
    CHECK(answer.text == "no space left");
}

TEST_CASE("slow stops do not hold back other requests") {
    Acting acting;
    acting.fake.put(fake_id(2), {"two", "image"});
    acting.fake.misbehave("/stop", {"", Misbehaviour::Then::hang, false});
    for (int i = 0; i < 10; ++i) {
        acting.engine->stop(fake_id(1), 10, [](const Answer&) {});
    }
    acting.fake.emit("create", fake_id(2));
    CHECK(acting.until_described(2));
    CHECK(acting.kill().kind == AnswerKind::done);
}
