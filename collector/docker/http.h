// SPDX-License-Identifier: MIT
// HTTP/1.1 requests over a unix socket: asynchronous, each with one deadline for everything, header
// and body bounded. Beast stays in http.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "collector/base/result.h"

namespace vigia::docker {

enum class HttpMethod : uint8_t { get, post, remove };

struct HttpRequest {
    HttpMethod method = HttpMethod::get;
    std::string target;      // built from constants and a checked id
    std::string body;        // JSON, or empty
    uint64_t timeout_ns = 0; // from the start of writing to the last byte of the answer
};

struct HttpResponse {
    int status = 0;
    std::string body;
    std::string api_version; // the Api-Version header
};

// Errors: unavailable (no socket, time-out, closed), permission, damaged (not HTTP, too large).
using HttpHandler = std::function<void(Result<HttpResponse>)>;

// One thread, the io_context's. Handlers are called exactly once, never from within send().
// GETs reuse at most limits::engine_idle_connections kept connections, and are sent again once on a
// fresh one if a kept one turns out to be dead. Everything that writes gets a fresh connection and
// is sent at most once.
class HttpClient {
public:
    HttpClient(boost::asio::io_context& io_context, std::string socket_path,
               uint64_t connect_timeout_ns);
    // Cancels: handlers still get their error, on the loop's next turn.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // Waits in a bounded queue while limits::engine_requests_in_flight are under way.
    void send(HttpRequest request, HttpHandler handler);
    void close_idle();

private:
    class Pool;
    std::shared_ptr<Pool> pool_;
};

} // namespace vigia::docker
