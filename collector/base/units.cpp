// SPDX-License-Identifier: MIT
#include "collector/base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "collector/base/text.h"

namespace vigia {
namespace {

struct Unit {
    std::string_view name;
    double factor;
};

constexpr std::array<Unit, 9> size_units{{{"B", 1},
                                          {"KiB", 1024.0},
                                          {"MiB", 1024.0 * 1024},
                                          {"GiB", 1024.0 * 1024 * 1024},
                                          {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                          {"kB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"TB", 1e12}}};

constexpr std::array<Unit, 8> duration_units{{{"ns", 1},
                                              {"us", 1e3},
                                              {"µs", 1e3},
                                              {"ms", 1e6},
                                              {"s", 1e9},
                                              {"m", 60e9},
                                              {"h", 3600e9},
                                              {"d", 86400e9}}};

// 2^63: everything below fits signed 64-bit columns and survives the conversion from double.
constexpr double largest = 9.2e18;

Error bad(std::string_view text, std::string_view what) {
    return {ErrorKind::usage, fmt::format("\"{}\" is not {}", to_terminal(text), what)};
}

// Splits a leading decimal number off `text`. False if there is none: no sign, exponent, inf or
// nan.
bool take_number(std::string_view& text, double& number) {
    std::size_t length = text.find_first_not_of("0123456789.");
    length = length == std::string_view::npos ? text.size() : length;
    if (length == 0 || text.front() == '.' || text[length - 1] == '.') {
        return false;
    }
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + length) {
        return false;
    }
    text.remove_prefix(length);
    return true;
}

// Splits a leading run of letters (any byte that is not part of a number) off `text`.
std::string_view take_unit(std::string_view& text) {
    std::size_t length = text.find_first_of("0123456789. ");
    length = length == std::string_view::npos ? text.size() : length;
    const std::string_view unit = text.substr(0, length);
    text.remove_prefix(length);
    return unit;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) {
            return &unit;
        }
    }
    return nullptr;
}

constexpr std::string_view size_expected = "a size with a unit, such as \"512MiB\" or \"2GB\"";
constexpr std::string_view share_expected = "a share in percent, such as \"80%\"";
constexpr std::string_view duration_expected =
    "a duration with a unit, such as \"30s\", \"500ms\" or \"1h30m\"";

std::string three_digits(double value) {
    const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f}", value, decimals);
}

} // namespace

Result<uint64_t> parse_size_bytes(std::string_view text) {
    std::string_view rest = text;
    double number = 0;
    if (!take_number(rest, number)) {
        return bad(text, size_expected);
    }
    if (rest.starts_with(' ')) {
        rest.remove_prefix(1);
    }
    const Unit* unit = find_unit(size_units, rest);
    if (unit == nullptr) {
        return bad(text, size_expected);
    }
    const double bytes = number * unit->factor;
    if (bytes != std::floor(bytes)) {
        return bad(text, "a whole number of bytes");
    }
    if (bytes > largest) {
        return bad(text, "a size that this program can hold (below 8 EiB)");
    }
    return static_cast<uint64_t>(bytes);
}

Result<double> parse_share_ratio(std::string_view text) {
    std::string_view rest = text;
    double number = 0;
    if (!take_number(rest, number) || (rest != "%" && rest != " %")) {
        return bad(text, share_expected);
    }
    return number / 100;
}

Result<uint64_t> parse_duration_ns(std::string_view text) {
    std::string_view rest = text;
    double total_ns = 0;
    double previous_factor = largest;
    do {
        double number = 0;
        if (!take_number(rest, number)) {
            return bad(text, duration_expected);
        }
        const Unit* unit = find_unit(duration_units, take_unit(rest));
        // Units fall from left to right: "1h30m", never "30m1h".
        if (unit == nullptr || unit->factor >= previous_factor) {
            return bad(text, duration_expected);
        }
        previous_factor = unit->factor;
        total_ns += number * unit->factor;
    } while (!rest.empty());
    if (total_ns > largest) {
        return bad(text, "a duration that this program can hold (below 292 years)");
    }
    return static_cast<uint64_t>(total_ns);
}

std::string format_bytes(uint64_t bytes) {
    constexpr std::array<std::string_view, 6> names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        return fmt::format("{} B", bytes);
    }
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < names.size()) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{} {}", three_digits(value), names[unit]);
}

std::string format_ratio(double ratio) {
    return fmt::format("{:.1f} %", ratio * 100);
}

std::string format_duration_ns(uint64_t duration_ns) {
    const auto value = static_cast<double>(duration_ns);
    if (duration_ns < 1'000) {
        return fmt::format("{} ns", duration_ns);
    }
    if (value < 999.5e3) {
        return three_digits(value / 1e3) + " µs";
    }
    if (value < 999.5e6) {
        return three_digits(value / 1e6) + " ms";
    }
    if (value < 59.95e9) {
        return three_digits(value / 1e9) + " s";
    }
    const uint64_t seconds = (duration_ns + 500'000'000) / 1'000'000'000;
    const uint64_t days = seconds / 86400;
    const uint64_t hours = seconds / 3600 % 24;
    const uint64_t minutes = seconds / 60 % 60;
    if (days > 0) {
        return fmt::format("{}d{:02}h", days, hours);
    }
    if (hours > 0) {
        return fmt::format("{}h{:02}m", hours, minutes);
    }
    return fmt::format("{}m{:02}s", minutes, seconds % 60);
}

std::string format_time(uint64_t realtime_ns, bool with_zone) {
    const auto seconds = static_cast<time_t>(realtime_ns / 1'000'000'000);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), with_zone ? "%F %T%z" : "%F %T", &local);
    return {text.data(), size};
}

} // namespace vigia
