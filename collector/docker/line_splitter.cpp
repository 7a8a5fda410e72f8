// SPDX-License-Identifier: MIT
#include "collector/docker/line_splitter.h"

namespace vigia::docker {
namespace {

bool deliver(std::string_view text, const std::function<bool(std::string_view)>& line) {
    if (!text.empty() && text.back() == '\r') {
        text.remove_suffix(1);
    }
    return text.empty() || line(text);
}

} // namespace

bool LineSplitter::feed(std::string_view bytes, const std::function<bool(std::string_view)>& line) {
    while (!bytes.empty()) {
        std::size_t end = bytes.find('\n');
        std::string_view piece = bytes.substr(0, end);
        if (pending_.size() + piece.size() > maximum_) {
            return false;
        }
        pending_.append(piece);
        if (end == std::string_view::npos) {
            return true;
        }
        std::string complete;
        complete.swap(pending_);
        if (!deliver(complete, line)) {
            return false;
        }
        bytes.remove_prefix(end + 1);
    }
    return true;
}

} // namespace vigia::docker
