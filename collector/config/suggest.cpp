// SPDX-License-Identifier: MIT
#include "collector/config/suggest.h"

#include <algorithm>
#include <numeric>

namespace vigia::config {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string suggestion(std::string_view typed, const std::vector<std::string_view>& names) {
    constexpr std::size_t longest_worth_it = 64;
    if (typed.size() > longest_worth_it) {
        return {};
    }
    std::string_view nearest;
    std::size_t best = typed.size() / 2 + 1; // more than half wrong is another word
    for (const std::string_view name : names) {
        // The beginning of a name is as near as one slip.
        const bool begins = typed.size() >= 3 && name.starts_with(typed);
        const std::size_t away = begins ? 1 : distance(typed, name);
        if (away < best) {
            best = away;
            nearest = name;
        }
    }
    return nearest.empty() ? std::string() : "; did you mean " + std::string(nearest) + "?";
}

} // namespace vigia::config
