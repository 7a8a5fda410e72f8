// SPDX-License-Identifier: MIT
#include "collector/docker/rfc3339.h"

#include <chrono>
#include <optional>

namespace vigia::docker {
namespace {

// Exactly `digits` digits at the start of `text`, which is moved behind them.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    for (char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// ".123456789" → ns; further digits are dropped, none at all is 0.
int64_t take_fraction_ns(std::string_view& text) {
    if (!take(text, '.')) {
        return 0;
    }
    int64_t value = 0;
    int64_t unit = 100'000'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        value += (text.front() - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
    }
    return value;
}

// "Z" or "+01:00" to the end of the text, in minutes east of UTC.
std::optional<int> take_offset_minutes(std::string_view text) {
    if (text == "Z" || text == "z") {
        return 0;
    }
    bool east = take(text, '+');
    if (!east && !take(text, '-')) {
        return std::nullopt;
    }
    std::optional<int> hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) {
        return std::nullopt;
    }
    std::optional<int> minutes = take_digits(text, 2);
    if (!minutes || !text.empty()) {
        return std::nullopt;
    }
    int offset = *hours * 60 + *minutes;
    return east ? offset : -offset;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    std::optional<int> year = take_digits(text, 4);
    if (!year || *year < 1970 || *year > 2200 || !take(text, '-')) {
        return std::nullopt;
    }
    std::optional<int> month = take_digits(text, 2);
    if (!month || !take(text, '-')) {
        return std::nullopt;
    }
    std::optional<int> day = take_digits(text, 2);
    if (!day) {
        return std::nullopt;
    }
    std::chrono::year_month_day date{std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional<std::chrono::sys_days>(date) : std::nullopt;
}

std::optional<int64_t> take_time_of_day_seconds(std::string_view& text) {
    std::optional<int> hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) {
        return std::nullopt;
    }
    std::optional<int> minute = take_digits(text, 2);
    if (!minute || !take(text, ':')) {
        return std::nullopt;
    }
    std::optional<int> second = take_digits(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    return (*hour * 60 + *minute) * 60 + *second;
}

} // namespace

uint64_t parse_rfc3339_ns(std::string_view text) {
    std::optional<std::chrono::sys_days> date = take_date(text);
    if (!date || !(take(text, 'T') || take(text, 't'))) {
        return 0;
    }
    std::optional<int64_t> seconds = take_time_of_day_seconds(text);
    if (!seconds) {
        return 0;
    }
    int64_t fraction_ns = take_fraction_ns(text);
    std::optional<int> offset_minutes = take_offset_minutes(text);
    if (!offset_minutes) {
        return 0;
    }
    int64_t total_seconds =
        int64_t{date->time_since_epoch().count()} * 86'400 + *seconds - *offset_minutes * 60;
    return total_seconds < 0 ? 0
                             : static_cast<uint64_t>(total_seconds * 1'000'000'000 + fraction_ns);
}

} // namespace vigia::docker
