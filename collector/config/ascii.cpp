// SPDX-License-Identifier: MIT
#include "collector/config/ascii.h"

namespace vigia::config {
namespace {

class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        take(byte_order_mark);
    }

    std::optional<uint32_t> scan() {
        while (!rest_.empty()) {
            const char next = rest_.front();
            const bool is_quote = next == '"' || next == '\'';
            if (is_beyond_ascii(next)) {
                return line_;
            }
            if (next == '#') {
                skip_to_line_end('\0');
            } else if (is_quote && opens_text()) {
                if (!skip_text(next)) {
                    return line_;
                }
            } else {
                step();
            }
        }
        return {};
    }

private:
    static bool is_beyond_ascii(char byte) { return static_cast<unsigned char>(byte) >= 0x80; }
    // Behind anything else a quote is part of a malformed value, in which toml++ looks for white
    // space.
    bool opens_text() const {
        return std::string_view("\n=[,{.").find(before_) != std::string_view::npos;
    }
    bool take(std::string_view expected) {
        const bool found = rest_.starts_with(expected);
        rest_.remove_prefix(found ? expected.size() : 0);
        return found;
    }
    void step() {
        const char passed = rest_.front();
        line_ += passed == '\n' ? 1 : 0;
        before_ = passed == ' ' || passed == '\t' || passed == '\r' ? before_ : passed;
        rest_.remove_prefix(1);
    }
    // A backslash takes what follows with it, but for the end of the line.
    void step_in_text(char quote) {
        const bool escapes = quote == '"' && rest_.front() == '\\' && rest_.size() > 1;
        if (escapes && rest_[1] != '\n' && !is_beyond_ascii(rest_[1])) {
            step();
        }
        step();
    }
    // False: a text of several lines holds what is beyond ASCII; it stands there.
    bool skip_text(char quote) {
        const std::string_view delimiter = quote == '"' ? "\"\"\"" : "'''";
        if (!take(delimiter)) {
            step();
            skip_to_line_end(quote);
            return true;
        }
        while (!rest_.empty() && !take(delimiter)) {
            if (is_beyond_ascii(rest_.front())) {
                return false;
            }
            step_in_text(quote);
        }
        before_ = quote;
        return true;
    }
    // Up to the quote, if there is one, or to the end of the line.
    void skip_to_line_end(char quote) {
        while (!rest_.empty() && rest_.front() != '\n') {
            const bool ends = quote != '\0' && rest_.front() == quote;
            step_in_text(quote);
            if (ends) {
                return;
            }
        }
    }
    std::string_view rest_;
    uint32_t line_ = 1;
    char before_ = '\n'; // the last that was no blank
};

} // namespace

std::optional<uint32_t> line_beyond_ascii(std::string_view text) {
    return Scanner(text).scan();
}

} // namespace vigia::config
