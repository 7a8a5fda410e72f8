// SPDX-License-Identifier: MIT
// Bytes of the event stream into lines, however the network cut them, with a bound on what is kept.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vigia::docker {

class LineSplitter {
public:
    explicit LineSplitter(std::size_t line_bytes_maximum) : maximum_(line_bytes_maximum) {}

    // Calls `line` for each complete, non-empty line (without "\n" or "\r\n"), until it returns
    // false. False: a line is longer than the maximum, or `line` said stop; the splitter is then of
    // no further use. The view is valid during the call only.
    bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& line);

    // True while a line has begun and not ended.
    bool partial() const { return !pending_.empty(); }

private:
    std::size_t maximum_;
    std::string pending_;
};

} // namespace vigia::docker
