// SPDX-License-Identifier: MIT
// An RFC 4180 reader that is strict: what it cannot read is no CSV. Written for the tests alone.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::test {

inline std::string read_csv_field(std::string_view& rest) {
    std::string field;
    if (rest.empty() || rest.front() != '"') {
        const std::size_t end = rest.find_first_of(",\n\"\r");
        if (end == std::string_view::npos || rest[end] == '"' || rest[end] == '\r') {
            throw std::runtime_error("a bare field with a quote, or without an end");
        }
        field = rest.substr(0, end);
        rest.remove_prefix(end);
        return field;
    }
    rest.remove_prefix(1);
    for (;;) {
        const std::size_t quote = rest.find('"');
        if (quote == std::string_view::npos) {
            throw std::runtime_error("a quoted field without an end");
        }
        field += rest.substr(0, quote);
        rest.remove_prefix(quote + 1);
        if (rest.empty() || rest.front() != '"') {
            return field;
        }
        field += '"';
        rest.remove_prefix(1);
    }
}

inline std::vector<std::vector<std::string>> read_csv(std::string_view rest) {
    std::vector<std::vector<std::string>> records;
    while (!rest.empty()) {
        auto& record = records.emplace_back();
        for (char separator = ','; separator == ',';) {
            record.push_back(read_csv_field(rest));
            if (rest.empty() || (rest.front() != ',' && rest.front() != '\n')) {
                throw std::runtime_error("text after a field");
            }
            separator = rest.front();
            rest.remove_prefix(1);
        }
    }
    return records;
}

} // namespace vigia::test
