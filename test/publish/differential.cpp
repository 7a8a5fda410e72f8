// SPDX-License-Identifier: MIT
#include "test/publish/differential.h"

#include <algorithm>

namespace vigia::test {

void Differential::compare(const std::string& subject, const std::string& field, Kind kind,
                           int64_t value, int64_t before, int64_t after, int64_t tolerance) {
    ++compared_;
    Outcome& outcome = outcomes_[{subject, field}];
    outcome.kind = kind;
    // not added to a bound, which may be the largest number there is
    if (value + tolerance >= std::min(before, after) &&
        value - tolerance <= std::max(before, after)) {
        ++outcome.good;
        return;
    }
    if (kind == Kind::gauge && before != after) {
        return; // it moved while we looked, perhaps out and back: proves nothing
    }
    ++outcome.bad;
    outcome.last = std::to_string(value) + " published, " + std::to_string(before) + " before, " +
                   std::to_string(after) + " after";
}

std::string Differential::findings(int rounds) const {
    std::string text;
    for (const auto& [key, outcome] : outcomes_) {
        const bool held = outcome.kind == Kind::counter ? outcome.bad == 0
                                                        : outcome.good > 0 || outcome.bad < rounds;
        if (!held) {
            text += key.first + " " + key.second + ": " + outcome.last + "\n";
        }
    }
    return text;
}

} // namespace vigia::test
