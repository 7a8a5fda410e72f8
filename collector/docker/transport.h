// SPDX-License-Identifier: MIT
// What http.cpp and event_stream.cpp share: one connection to the engine's socket. Includes Beast;
// nothing else may include this.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "collector/base/limits.h"
#include "collector/base/result.h"

namespace vigia::docker {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Protocol = asio::local::stream_protocol;

// Bounded by its buffer, whatever the other side sends.
struct Transport {
    explicit Transport(asio::io_context& io_context) : stream(io_context) {}

    void expire_after(uint64_t duration_ns) {
        stream.expires_after(std::chrono::nanoseconds(duration_ns));
    }

    beast::basic_stream<Protocol> stream;
    beast::flat_buffer buffer{limits::http_header_bytes + limits::http_read_bytes};
};

// False where the path does not fit a socket address (which Asio would throw about).
inline bool fits_socket_address(const std::string& path) {
    return !path.empty() && path.size() < sizeof(sockaddr_un::sun_path);
}

// "<what>: <reason>", with the kind that belongs to the reason.
Error transport_error(std::string_view what, const boost::system::error_code& code);

} // namespace vigia::docker
