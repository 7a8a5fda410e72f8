// SPDX-License-Identifier: MIT
#include "policy/cooldowns.h"

#include <algorithm>
#include <utility>

#include "collector/base/limits.h"

namespace vigia::policy {
namespace {

using Key = std::pair<std::string_view, std::string_view>;

bool before(const Cooldown& cooldown, const Key& key) {
    return Key(cooldown.container_id, cooldown.rule) < key;
}

} // namespace

void Cooldowns::add(Cooldown cooldown, int64_t now_ns) {
    sorted_.erase(std::remove_if(sorted_.begin(), sorted_.end(),
                                 [&](const Cooldown& old) { return old.until_ns <= now_ns; }),
                  sorted_.end());
    const Key key(cooldown.container_id, cooldown.rule);
    const auto at = std::lower_bound(sorted_.begin(), sorted_.end(), key, before);
    if (at != sorted_.end() && Key(at->container_id, at->rule) == key) {
        at->until_ns = std::max(at->until_ns, cooldown.until_ns);
        at->would_be_gone = cooldown.would_be_gone;
    } else if (sorted_.size() < limits::cooldowns_maximum) {
        sorted_.insert(at, std::move(cooldown));
    }
}

int64_t Cooldowns::until(std::string_view container_id, std::string_view rule,
                         int64_t now_ns) const {
    const Key key(container_id, rule);
    const auto at = std::lower_bound(sorted_.begin(), sorted_.end(), key, before);
    const bool found = at != sorted_.end() && Key(at->container_id, at->rule) == key;
    return found && at->until_ns > now_ns ? at->until_ns : 0;
}

int64_t Cooldowns::gone_until(std::string_view container_id, int64_t now_ns) const {
    const Key first(container_id, std::string_view());
    int64_t until_ns = 0;
    for (auto at = std::lower_bound(sorted_.begin(), sorted_.end(), first, before);
         at != sorted_.end() && at->container_id == container_id; ++at) {
        if (at->would_be_gone && at->until_ns > now_ns) {
            until_ns = std::max(until_ns, at->until_ns);
        }
    }
    return until_ns;
}

} // namespace vigia::policy
