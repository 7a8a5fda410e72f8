// SPDX-License-Identifier: MIT
// A cursor over kernel text. Nothing is allocated, nothing outside [at, end) is read, and a missing
// number is 0: callers check that what they need was there.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace vigia::publish {

class TextScan {
public:
    explicit TextScan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool done() const { return at_ == end_; }
    std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) {
            ++at_;
        }
    }
    // The next decimal number, after blanks. Overflow wraps; a sign is not part of it.
    uint64_t number() {
        skip_blanks();
        uint64_t value = 0;
        while (at_ != end_ && digit(*at_)) {
            value = value * 10 + static_cast<uint64_t>(*at_++ - '0');
        }
        return value;
    }
    int64_t signed_number() {
        skip_blanks();
        const bool negative = at_ != end_ && *at_ == '-';
        at_ += negative;
        const auto value = static_cast<int64_t>(number());
        return negative ? -value : value;
    }
    // Whether a digit (after blanks) comes next.
    bool at_number() {
        skip_blanks();
        return at_ != end_ && digit(*at_);
    }
    void skip_words(unsigned count) {
        while (count-- != 0) {
            word();
        }
    }
    // The next run of bytes without blank or newline; empty at the end of the line.
    std::string_view word() {
        skip_blanks();
        const char* begin = at_;
        while (at_ != end_ && *at_ != ' ' && *at_ != '\t' && *at_ != '\n') {
            ++at_;
        }
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }
    // Steps over `prefix` if it comes next.
    bool take(std::string_view prefix) {
        if (!rest().starts_with(prefix)) {
            return false;
        }
        at_ += prefix.size();
        return true;
    }
    // The rest of the line without its newline; steps behind it.
    std::string_view line() {
        const char* begin = at_;
        const auto* newline =
            static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
        const char* stop = newline != nullptr ? newline : end_;
        at_ = newline != nullptr ? newline + 1 : end_;
        return {begin, static_cast<std::size_t>(stop - begin)};
    }
    void skip_line() { line(); }

private:
    static bool digit(char c) { return c >= '0' && c <= '9'; }

    const char* at_;
    const char* end_;
};

} // namespace vigia::publish
