// SPDX-License-Identifier: MIT
// What an HTTP status means for what was asked: "already so" is not a failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::docker {

enum class AnswerKind : uint8_t {
    done,
    already_so, // 304; 404 where the container was to go; 409 where it was to stop
    refused,    // any other 4xx or 5xx
    failed,     // connection, time-out, or an answer that is not HTTP
};
std::string_view to_string(AnswerKind kind);

struct Answer {
    AnswerKind kind = AnswerKind::failed;
    int http_status = 0; // 0: none
    std::string text;    // the engine's message, made safe, or our own
};

enum class Operation : uint8_t { stop, kill, remove, pause, unpause, update };
std::string_view to_string(Operation operation);

// The table (engines before 1.30 and Podman word it differently, and some say 500 for 409):
//   any 2xx                                              done
//   304                                                  already so
//   404 on stop, kill, remove                            already so: the container is gone
//   409 or 500 on kill "is not running"                  already so
//   409 on remove "removal ... already in progress"      already so
//   409 or 500 on pause "already paused"                 already so
//   409 or 500 on unpause "is not paused"                already so
//   everything else, above all 409 on remove of a running container: refused
Answer read_answer(Operation operation, int http_status, std::string_view body);

} // namespace vigia::docker
