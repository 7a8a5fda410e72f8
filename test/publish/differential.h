// SPDX-License-Identifier: MIT
// Compares published values with a plain reading before and one after the refresh.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace vigia::test {

// How a value may move while we look. Counters and constants have to lie between the two readings
// every time. A gauge may swing out and back between them: outside the two readings it counts only
// where they agree, and one good round of all is enough.
enum class Kind { counter, gauge };

// Collects the outcome of several rounds.
class Differential {
public:
    // `value` has to be within `tolerance` of the span from `before` to `after`. `subject` says
    // whose value it is.
    void compare(const std::string& subject, const std::string& field, Kind kind, int64_t value,
                 int64_t before, int64_t after, int64_t tolerance);

    // Everything that did not hold, one line each; empty if all did. A gauge is held against us
    // only if it stood still and was wrong in all of `rounds` rounds.
    std::string findings(int rounds) const;
    std::size_t compared() const { return compared_; }

private:
    struct Outcome {
        int good = 0;
        int bad = 0;
        Kind kind = Kind::counter;
        std::string last; // the last bad one, in words
    };
    std::map<std::pair<std::string, std::string>, Outcome> outcomes_;
    std::size_t compared_ = 0;
};

} // namespace vigia::test
