// SPDX-License-Identifier: MIT
#include <random>

#include "test/docker/watched.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;
using test::fake_id;
using test::Misbehaviour;

namespace {

std::string random_bytes(std::mt19937_64& random) {
    std::string bytes(random() % 600, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    return bytes;
}

// A sound answer with a few bytes changed, cut or doubled.
std::string mutated(std::mt19937_64& random, std::string answer) {
    for (uint64_t changes = 1 + random() % 6; changes > 0 && !answer.empty(); --changes) {
        std::size_t at = random() % answer.size();
        switch (random() % 3) {
        case 0:
            answer[at] = static_cast<char>(random());
            break;
        case 1:
            answer.erase(at, random() % 20);
            break;
        default:
            answer.insert(at, answer.substr(at, random() % 20));
        }
    }
    return answer;
}

std::string sound_answer(std::mt19937_64& random) {
    const std::string id = fake_id(1);
    const std::string bodies[] = {
        "OK", R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})",
        R"([{"Id":")" + id +
            R"(","Names":["/a"],"Image":"b","State":"running","Labels":{"c":"d"}}])",
        R"({"Id":")" + id + R"(","Name":"/a","State":{"Status":"running","ExitCode":0}})",
        R"({"Type":"container","Action":"die","Actor":{"ID":")" + id + "\"}}\n"};
    return test::http_answer(200, bodies[random() % 5]);
}

} // namespace

TEST_CASE("an engine that answers random and mutated bytes is survived and then followed") {
    uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    WARN("seed " << seed);
    std::mt19937_64 random(seed);
    const char* parts[] = {"/_ping", "/version", "/events", "/containers/json", "/json", "/"};
    for (int round = 0; round < 60; ++round) {
        Watched watched;
        watched.fake.put(fake_id(1), {"web", "nginx"});
        for (int i = 0; i < 8; ++i) {
            std::string bytes =
                random() % 2 == 0 ? random_bytes(random) : mutated(random, sound_answer(random));
            auto then = random() % 8 == 0 ? Misbehaviour::Then::hang : Misbehaviour::Then::close;
            watched.fake.misbehave(parts[random() % 6], {bytes, then, false}, 1);
        }
        watched.engine->start();
        watched.run_for(40);
        watched.fake.behave();
        // It may have believed a changed answer: begin again, from the truth.
        watched.fake.drop_connections();
        watched.run_for(20);
        REQUIRE(watched.until([&] { return watched.complete(); }));
        CHECK(watched.fake.writes() == 0);
    }
}
