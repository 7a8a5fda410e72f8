// SPDX-License-Identifier: MIT
// Which container is left alone by which rule, until when. Times as in budget.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::policy {

struct Cooldown {
    std::string container_id; // empty: the rule as a whole
    std::string rule;
    int64_t until_ns = 0;
    bool would_be_gone = false; // dry run: the container counts as ended until then
};

class Cooldowns {
public:
    // Prolongs an earlier one of the same container and rule, never shortens it.
    void add(Cooldown cooldown, int64_t now_ns);
    // 0: not cooling down.
    int64_t until(std::string_view container_id, std::string_view rule, int64_t now_ns) const;
    // Until when dry run pretends that the container is gone; 0: it does not.
    int64_t gone_until(std::string_view container_id, int64_t now_ns) const;

private:
    std::vector<Cooldown> sorted_; // by container, then rule
};

} // namespace vigia::policy
