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
            if (static_cast<unsigned char>(rest_.front()) >= 0x80) {
                return line_;
            }
            if (rest_.front() == '#') {
                skip_to_line_end('\0');
            } else if (take("\"\"\"") || take("'''")) {
                continue; // the inside is scanned like everything else; so is the end
            } else if (const char quote = rest_.front(); quote == '"' || quote == '\'') {
                step();
                skip_to_line_end(quote);
            } else {
                step();
            }
        }
        return {};
    }

private:
    bool take(std::string_view expected) {
        const bool found = rest_.starts_with(expected);
        rest_.remove_prefix(found ? expected.size() : 0);
        return found;
    }
    void step() {
        line_ += rest_.front() == '\n' ? 1 : 0;
        rest_.remove_prefix(1);
    }
    // Up to the quote, if there is one, or to the end of the line.
    void skip_to_line_end(char quote) {
        while (!rest_.empty() && rest_.front() != '\n') {
            const bool escaped = quote == '"' && rest_.front() == '\\' && rest_.size() > 1;
            const bool ends = quote != '\0' && rest_.front() == quote;
            if (escaped && rest_[1] != '\n') {
                step();
            }
            step();
            if (ends) {
                return;
            }
        }
    }
    std::string_view rest_;
    uint32_t line_ = 1;
};

} // namespace

std::optional<uint32_t> line_beyond_ascii(std::string_view text) {
    return Scanner(text).scan();
}

} // namespace vigia::config
