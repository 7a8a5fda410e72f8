// SPDX-License-Identifier: MIT
#include "collector/docker/answers.h"
#include "test/support/catch.h"

using namespace vigia::docker;

namespace {
AnswerKind kind(Operation operation, int status, const char* message = "") {
    return read_answer(operation, status, "{\"message\":\"" + std::string(message) + "\"}").kind;
}
} // namespace

TEST_CASE("2xx means that the engine did it") {
    CHECK(kind(Operation::stop, 204) == AnswerKind::done);
    CHECK(kind(Operation::update, 200) == AnswerKind::done);
    CHECK(kind(Operation::remove, 204) == AnswerKind::done);
}

TEST_CASE("304 on a stop means already stopped") {
    CHECK(kind(Operation::stop, 304) == AnswerKind::already_so);
}

TEST_CASE("404 is agreement where the container was to go and a refusal where it was to change") {
    CHECK(kind(Operation::stop, 404, "No such container: x") == AnswerKind::already_so);
    CHECK(kind(Operation::kill, 404) == AnswerKind::already_so);
    CHECK(kind(Operation::remove, 404) == AnswerKind::already_so);
    CHECK(kind(Operation::pause, 404) == AnswerKind::refused);
    CHECK(kind(Operation::unpause, 404) == AnswerKind::refused);
    CHECK(kind(Operation::update, 404) == AnswerKind::refused);
}

TEST_CASE("409 is agreement only if the engine's words say so") {
    CHECK(kind(Operation::kill, 409, "Container 1 is not running") == AnswerKind::already_so);
    CHECK(kind(Operation::kill, 500, "Container 1 is not running") == AnswerKind::already_so);
    CHECK(kind(Operation::kill, 409, "can only kill running containers. 1 is in state exited") ==
          AnswerKind::already_so);
    CHECK(kind(Operation::kill, 409, "something else") == AnswerKind::refused);
    CHECK(kind(Operation::remove, 409, "removal of container 1 is already in progress") ==
          AnswerKind::already_so);
    CHECK(kind(Operation::pause, 409, "Container 1 is already paused") == AnswerKind::already_so);
    CHECK(kind(Operation::unpause, 500, "Container 1 is not paused") == AnswerKind::already_so);
    CHECK(kind(Operation::pause, 409, "Container 1 is not running") == AnswerKind::refused);
}

TEST_CASE("a running container that was not removed is a refusal, not agreement") {
    Answer answer = read_answer(Operation::remove, 409,
                                "{\"message\":\"You cannot remove a running container 1. Stop the "
                                "container before attempting removal or force remove\"}");
    CHECK(answer.kind == AnswerKind::refused);
    CHECK(answer.http_status == 409);
    CHECK(answer.text.starts_with("You cannot remove a running container"));
}

TEST_CASE("a server error is a refusal whose text is safe to print") {
    Answer answer = read_answer(Operation::stop, 500, "{\"message\":\"bad \\u001b[31mthing\"}");
    CHECK(answer.kind == AnswerKind::refused);
    CHECK(answer.text.find('\x1b') == std::string::npos);
}
