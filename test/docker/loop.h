// SPDX-License-Identifier: MIT
// A loop that runs until something is true, with a bound.
#pragma once

#include <chrono>
#include <functional>

#include <boost/asio/io_context.hpp>

#include "collector/docker/engine.h"

namespace vigia::docker {

struct Loop {
    // False if `condition` is not true within the time: generous, as machines are busy.
    bool until(const std::function<bool()>& condition, unsigned seconds = 20) {
        auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                return false;
            }
            io.restart();
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }
    void run_for(unsigned milliseconds) {
        io.restart();
        io.run_for(std::chrono::milliseconds(milliseconds));
    }
    // The answer to one request; a failure if there is none in time, or more than one.
    Answer ask(const std::function<void(AnswerHandler)>& request, unsigned seconds = 20) {
        Answer answer;
        unsigned answers = 0;
        request([&](Answer given) {
            answer = std::move(given);
            ++answers;
        });
        bool later = answers == 0 && until([&] { return answers > 0; }, seconds);
        run_for(5);
        return later && answers == 1 ? answer : Answer{AnswerKind::failed, -1, "no one answer"};
    }

    boost::asio::io_context io;
};

} // namespace vigia::docker
