// SPDX-License-Identifier: MIT
// By how much a counter rose within the last while, in eight equal parts of which the oldest goes
// as a whole: the answer is exact but for events up to an eighth of the window too old.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace vigia::policy {

class Rise {
public:
    // What the counter showed before the first call is history and does not count. A counter that
    // went backwards began anew, at zero.
    uint64_t advance(uint64_t counter, uint64_t elapsed_ns, uint64_t within_ns) {
        const uint64_t risen = !begun_ ? 0 : counter >= last_ ? counter - last_ : counter;
        begun_ = true;
        last_ = counter;
        return add(risen, elapsed_ns, within_ns);
    }
    // The same for what is counted between two calls.
    uint64_t add(uint64_t risen, uint64_t elapsed_ns, uint64_t within_ns) {
        turn(elapsed_ns, within_ns / parts_.size() + 1);
        parts_[newest_] += risen;
        return std::accumulate(parts_.begin(), parts_.end(), uint64_t{0});
    }

private:
    void turn(uint64_t elapsed_ns, uint64_t part_ns) {
        part_age_ns_ += elapsed_ns;
        for (std::size_t turned = 0; part_age_ns_ >= part_ns && turned < parts_.size(); ++turned) {
            part_age_ns_ -= part_ns;
            newest_ = (newest_ + 1) % parts_.size();
            parts_[newest_] = 0;
        }
        part_age_ns_ %= part_ns;
    }
    bool begun_ = false;
    uint64_t last_ = 0;
    uint64_t part_age_ns_ = 0;
    std::size_t newest_ = 0;
    std::array<uint64_t, 8> parts_{};
};

} // namespace vigia::policy
