// SPDX-License-Identifier: MIT
// At most so many decisions within any window. Times are CLOCK_MONOTONIC and signed: a decision of
// an earlier boot lies before zero. Monotonic time stands still while the host sleeps, which errs
// on the side of fewer decisions.
//
// The newest budget_maximum times are kept however old they are: a reload may make the window
// longer, and no budget is larger.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "collector/base/limits.h"

namespace vigia::policy {

class Budget {
public:
    bool allows(int64_t now_ns, uint32_t decisions, uint64_t window_ns) const {
        const auto recent = std::count_if(
            spent_.begin(), spent_.begin() + static_cast<std::ptrdiff_t>(size_),
            [&](int64_t then_ns) { return static_cast<uint64_t>(now_ns - then_ns) < window_ns; });
        return static_cast<uint64_t>(recent) < decisions;
    }
    // Oldest first.
    void spend(int64_t now_ns) {
        spent_[next_] = now_ns;
        next_ = (next_ + 1) % spent_.size();
        size_ = std::max(size_, next_ == 0 ? spent_.size() : next_);
    }

private:
    std::array<int64_t, limits::budget_maximum> spent_{};
    std::size_t next_ = 0;
    std::size_t size_ = 0;
};

} // namespace vigia::policy
