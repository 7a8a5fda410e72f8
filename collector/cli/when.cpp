// SPDX-License-Identifier: MIT
#include "collector/cli/when.h"

#include <array>
#include <charconv>
#include <cctype>
#include <ctime>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/text.h"
#include "collector/base/units.h"

namespace vigia::cli {
namespace {

constexpr int64_t day_s = 24 * 3600;

// Reads a text from its beginning on; nothing is taken when a step does not fit.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool take(std::string_view word) {
        const bool fits = rest_.starts_with(word);
        rest_.remove_prefix(fits ? word.size() : 0);
        return fits;
    }

    // Exactly `digits` digits (0: one or more) as a number from `low` to `high`.
    std::optional<int64_t> number(std::size_t digits, int64_t low, int64_t high) {
        std::size_t count = 0;
        while (count < rest_.size() && (digits == 0 || count < digits) &&
               std::isdigit(static_cast<unsigned char>(rest_[count])) != 0) {
            ++count;
        }
        int64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
        const bool wrong_length = count == 0 || (digits != 0 && count != digits);
        if (wrong_length || error != std::errc() || value < low || value > high) {
            return std::nullopt;
        }
        rest_.remove_prefix(count);
        return value;
    }

    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

std::string tidy(std::string_view text) {
    std::string result;
    for (const char letter : text) { // lower case, single blanks, none at the ends
        const auto byte = static_cast<unsigned char>(letter);
        if (std::isspace(byte) == 0) {
            result += static_cast<char>(std::tolower(byte));
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
    }
    if (!result.empty() && result.back() == ' ') {
        result.pop_back();
    }
    return result;
}

std::tm local(int64_t time_s) {
    const std::time_t time = time_s;
    std::tm fields{};
    localtime_r(&time, &fields);
    return fields;
}

// The moment of a day's local time; nothing for a day that no calendar has.
std::optional<int64_t> local_moment(int year, int month, int day, int64_t time_of_day_s) {
    std::tm fields{};
    fields.tm_year = year - 1900;
    fields.tm_mon = month - 1;
    fields.tm_mday = day;
    fields.tm_hour = static_cast<int>(time_of_day_s / 3600);
    fields.tm_min = static_cast<int>(time_of_day_s / 60 % 60);
    fields.tm_sec = static_cast<int>(time_of_day_s % 60);
    fields.tm_isdst = -1;
    const std::time_t moment = std::mktime(&fields);
    const bool same_day = fields.tm_mon == month - 1 && fields.tm_mday == day;
    return moment < 0 || !same_day ? std::nullopt : std::optional<int64_t>(moment);
}

// "10:00" or "10:00:30" in seconds of a day.
std::optional<int64_t> time_of_day(Reader& reader) {
    const auto hour = reader.number(2, 0, 23);
    if (!hour || !reader.take(":")) {
        return std::nullopt;
    }
    const auto minute = reader.number(2, 0, 59);
    const bool has_seconds = minute && reader.take(":");
    const auto second = has_seconds ? reader.number(2, 0, 59) : std::optional<int64_t>(0);
    return minute && second ? std::optional(*hour * 3600 + *minute * 60 + *second) : std::nullopt;
}

// "z" or "+01:00", as seconds east; nothing else may follow.
std::optional<int64_t> zone(Reader& reader) {
    if (reader.take("z")) {
        return 0;
    }
    const int64_t sign = reader.take("+") ? 1 : reader.take("-") ? -1 : 0;
    const auto hours = reader.number(2, 0, 14);
    if (sign == 0 || !hours) {
        return std::nullopt;
    }
    reader.take(":");
    const auto minutes = reader.at_end() ? std::optional<int64_t>(0) : reader.number(2, 0, 59);
    return minutes ? std::optional(sign * (*hours * 3600 + *minutes * 60)) : std::nullopt;
}

// "today", "yesterday", with or without a time of day behind it.
std::optional<int64_t> named_day(std::string_view text, int64_t now_s) {
    Reader reader(text);
    const bool today = reader.take("today");
    if (!today && !reader.take("yesterday")) {
        return std::nullopt;
    }
    std::optional<int64_t> time = 0;
    if (!reader.at_end()) {
        time = reader.take(" ") ? time_of_day(reader) : std::nullopt;
    }
    if (!time || !reader.at_end()) {
        return std::nullopt;
    }
    const std::tm now = local(now_s);
    const auto midnight = local_moment(now.tm_year + 1900, now.tm_mon + 1, now.tm_mday, 0);
    if (today || !midnight) {
        return local_moment(now.tm_year + 1900, now.tm_mon + 1, now.tm_mday, *time);
    }
    const std::tm before = local(*midnight - day_s / 2); // in yesterday, whatever the clocks did
    return local_moment(before.tm_year + 1900, before.tm_mon + 1, before.tm_mday, *time);
}

std::optional<int64_t> last_time_of_day(std::string_view text, int64_t now_s) {
    Reader reader(text);
    const auto time = time_of_day(reader);
    if (!time || !reader.at_end()) {
        return std::nullopt;
    }
    const auto today = named_day("today " + std::string(text), now_s);
    return today && *today > now_s ? named_day("yesterday " + std::string(text), now_s) : today;
}

std::optional<int64_t> calendar_day(std::string_view text) {
    Reader reader(text);
    const auto year = reader.number(4, 1970, 9999);
    const auto month = year && reader.take("-") ? reader.number(2, 1, 12) : std::nullopt;
    const auto day = month && reader.take("-") ? reader.number(2, 1, 31) : std::nullopt;
    if (!day) {
        return std::nullopt;
    }
    const auto moment = [&](int64_t time) {
        return local_moment(static_cast<int>(*year), static_cast<int>(*month),
                            static_cast<int>(*day), time);
    };
    if (reader.at_end()) {
        return moment(0);
    }
    const auto time = reader.take(" ") || reader.take("t") ? time_of_day(reader) : std::nullopt;
    if (!time || reader.at_end()) {
        return time ? moment(*time) : std::nullopt;
    }
    const auto east_s = zone(reader);
    if (!east_s || !reader.at_end() || !moment(0)) {
        return std::nullopt;
    }
    std::tm fields{};
    fields.tm_year = static_cast<int>(*year) - 1900;
    fields.tm_mon = static_cast<int>(*month) - 1;
    fields.tm_mday = static_cast<int>(*day);
    return static_cast<int64_t>(timegm(&fields)) + *time - *east_s;
}

// "2 hours" → "2h"; what is no such word comes back as it is.
std::string abbreviate(const std::string& text) {
    struct Word {
        std::string_view word;
        char unit;
        int factor;
    };
    constexpr std::array<Word, 6> words{{{"second", 's', 1},
                                         {"minute", 'm', 1},
                                         {"min", 'm', 1},
                                         {"hour", 'h', 1},
                                         {"day", 'd', 1},
                                         {"week", 'd', 7}}};
    Reader reader(text);
    const auto count = reader.number(0, 0, 1'000'000'000);
    reader.take(" ");
    for (const Word& word : words) {
        const std::string_view rest = reader.rest();
        if (count && (rest == word.word || rest == std::string(word.word) + "s")) {
            return std::to_string(*count * word.factor) + word.unit;
        }
    }
    return text;
}

std::optional<uint64_t> ago(std::string text, uint64_t now_ns) {
    if (text.ends_with(" ago")) {
        text.resize(text.size() - 4);
    } else if (text.starts_with("-")) {
        text.erase(0, 1);
    }
    const auto duration_ns = parse_duration_ns(abbreviate(text));
    return duration_ns && *duration_ns <= now_ns ? std::optional(now_ns - *duration_ns)
                                                 : std::nullopt;
}

std::optional<int64_t> unix_time(std::string_view text) {
    Reader reader(text);
    const auto time =
        reader.take("@") ? reader.number(0, 0, INT64_MAX / 1'000'000'000) : std::nullopt;
    return reader.at_end() ? time : std::nullopt;
}

} // namespace

Result<uint64_t> parse_when(std::string_view text, uint64_t now_ns) {
    const std::string words = tidy(text);
    if (words == "now") {
        return now_ns;
    }
    if (const auto found = ago(words, now_ns)) {
        return *found;
    }
    const auto now_s = static_cast<int64_t>(now_ns / ns_per_second);
    std::optional<int64_t> found = unix_time(words);
    found = found ? found : named_day(words, now_s);
    found = found ? found : last_time_of_day(words, now_s);
    found = found ? found : calendar_day(words);
    if (found && *found >= 0) {
        return static_cast<uint64_t>(*found) * ns_per_second;
    }
    return Error(ErrorKind::usage,
                 fmt::format("\"{}\" is no time: write \"10m\", \"2 hours ago\", \"yesterday\", "
                             "\"10:00\" or \"2026-11-20 10:00\"",
                             to_terminal(text)));
}

} // namespace vigia::cli
