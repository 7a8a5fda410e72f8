// SPDX-License-Identifier: MIT
// GET /events, followed on a connection of its own for as long as it lasts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "collector/base/result.h"

namespace vigia::docker {

// One thread, the io_context's. No handler is called from within a member function, nor after the
// destructor or after `closed`; a handler may destroy the stream.
class EventStream {
public:
    struct Handlers {
        std::function<void()> opened; // the engine said 200; events follow
        std::function<void(std::string_view line)> line;
        // Once, whatever the reason: refused, closed, not HTTP, a line longer than
        // limits::engine_event_bytes or begun and not ended within the request time-out.
        // `http_status` is 0 unless the engine refused with one; then the text is its body.
        std::function<void(Error error, int http_status)> closed;
    };

    EventStream(boost::asio::io_context& io_context, const std::string& socket_path,
                uint64_t connect_timeout_ns, uint64_t request_timeout_ns, const std::string& target,
                Handlers handlers);
    ~EventStream();
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

private:
    class Reader;
    std::shared_ptr<Reader> reader_;
};

} // namespace vigia::docker
