// SPDX-License-Identifier: MIT
#include "collector/cli/value.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <vigia/cgroups.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"
#include "collector/base/units.h"

namespace vigia::cli {
namespace {

std::optional<double> as_number(const Value& value) {
    if (const auto* number = std::get_if<uint64_t>(&value)) {
        return static_cast<double>(*number);
    }
    if (const auto* number = std::get_if<int64_t>(&value)) {
        return static_cast<double>(*number);
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return *number;
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? 1 : 0;
    }
    return std::nullopt;
}

uint64_t clamp_to_unsigned(double number) {
    if (!(number > 0)) {
        return 0;
    }
    return number >= 18446744073709549568.0 ? UINT64_MAX : static_cast<uint64_t>(number);
}

// 1234567 → "1.23 M"; exact below 100,000.
std::string count_text(double number) {
    if (std::abs(number) < 100'000) {
        const bool exact = number == std::floor(number) || std::abs(number) >= 100;
        return fmt::format("{:.{}f}", number, exact ? 0 : 1);
    }
    constexpr std::string_view prefixes = "kMGTPE";
    std::size_t prefix = 0;
    for (number /= 1000; std::abs(number) >= 999.5 && prefix + 1 < prefixes.size(); ++prefix) {
        number /= 1000;
    }
    return fmt::format("{:.3g} {}", number, prefixes[prefix]);
}

std::string percent_text(double ratio) {
    double percent = ratio * 100;
    return fmt::format("{:.{}f}", percent, percent < 1000 ? 1 : 0);
}

std::string bytes_text(double number) {
    return number < 0.5 ? "0" : format_bytes(clamp_to_unsigned(number));
}

std::string number_text(double number, Unit unit) {
    if (!std::isfinite(number)) {
        return "-";
    }
    switch (unit) {
    case Unit::identity:
        return fmt::format("{:.0f}", number);
    case Unit::bytes:
    case Unit::bytes_per_second:
        return bytes_text(number);
    case Unit::duration_ns:
        return format_duration_ns(clamp_to_unsigned(number));
    case Unit::time_ns:
        return number > 0 ? format_time(clamp_to_unsigned(number)) : "-";
    case Unit::time_s:
        return number > 0 ? format_time(clamp_to_unsigned(number * 1e9)) : "-";
    case Unit::cpu_ratio:
    case Unit::ratio:
        return percent_text(number);
    case Unit::text:
    case Unit::count:
    case Unit::per_second:
        return count_text(number);
    }
    return {};
}

} // namespace

Unit unit_of(std::string_view name) {
    if (name == "ts" || name == "time") {
        return Unit::time_s;
    }
    if (name.ends_with("realtime_ns")) {
        return Unit::time_ns;
    }
    if (name.ends_with("bytes_per_second")) {
        return Unit::bytes_per_second;
    }
    if (name.ends_with("_per_second")) {
        return Unit::per_second;
    }
    if (name.ends_with("_bytes")) {
        return Unit::bytes;
    }
    if (name.ends_with("_ns")) {
        return Unit::duration_ns;
    }
    if (name.ends_with("_ratio")) {
        return Unit::ratio;
    }
    if (name == "id" || name == "pid" || name == "uid" || name.ends_with("_id") ||
        name.ends_with("_pid")) {
        return Unit::identity;
    }
    return Unit::count;
}

bool is_number(Unit unit) {
    return unit != Unit::text && unit != Unit::time_ns && unit != Unit::time_s;
}

std::string to_human(const Value& value, Unit unit) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->empty() ? "-" : to_terminal(*text);
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "yes" : "no";
    }
    if (const auto* number = std::get_if<uint64_t>(&value)) {
        if (*number == VIGIA_NO_LIMIT) {
            return "none";
        }
        if (unit == Unit::identity) { // exact: a double would round an inode number
            return std::to_string(*number);
        }
        if (unit == Unit::time_ns && *number != 0) {
            return format_time(*number);
        }
    }
    const auto number = as_number(value);
    return number ? number_text(*number, unit) : "-";
}

bool less(const Value& left, const Value& right) {
    const auto* left_unsigned = std::get_if<uint64_t>(&left);
    const auto* right_unsigned = std::get_if<uint64_t>(&right);
    if (left_unsigned != nullptr && right_unsigned != nullptr) {
        return *left_unsigned < *right_unsigned;
    }
    const auto left_number = as_number(left);
    const auto right_number = as_number(right);
    if (left_number && right_number) {
        return *left_number < *right_number;
    }
    const auto* left_text = std::get_if<std::string>(&left);
    const auto* right_text = std::get_if<std::string>(&right);
    if (left_text != nullptr && right_text != nullptr) {
        return *left_text < *right_text;
    }
    return left.index() < right.index();
}

std::string counted(uint64_t number, std::string_view noun, std::string_view ending) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? std::string_view() : ending);
}

} // namespace vigia::cli
