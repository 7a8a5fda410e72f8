// SPDX-License-Identifier: MIT
#include "collector/docker/http.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "collector/docker/transport.h"

namespace vigia::docker {
namespace {

namespace http = beast::http;
using Code = boost::system::error_code;

http::verb verb_of(HttpMethod method) {
    switch (method) {
    case HttpMethod::get:
        return http::verb::get;
    case HttpMethod::post:
        return http::verb::post;
    case HttpMethod::remove:
        return http::verb::delete_;
    }
    return http::verb::get;
}

http::request<http::string_body> message_of(const HttpRequest& request) {
    http::request<http::string_body> message{verb_of(request.method), request.target, 11};
    message.set(http::field::host, "docker");
    message.set(http::field::user_agent, "vigia/" VIGIA_VERSION);
    if (!request.body.empty()) {
        message.set(http::field::content_type, "application/json");
    }
    message.body() = request.body;
    message.keep_alive(request.method == HttpMethod::get);
    message.prepare_payload();
    return message;
}

// One request and its answer. Keeps itself alive while an operation is pending.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    // Told how it ended; `kept` is a connection good for another request, or null.
    using Ended = std::function<void(Exchange*, std::shared_ptr<Transport> kept)>;

    Exchange(asio::io_context& io_context, HttpRequest request, HttpHandler handler, Ended ended)
        : io_context_(io_context), request_(std::move(request)), message_(message_of(request_)),
          handler_(std::move(handler)), ended_(std::move(ended)) {}

    void start(const std::string& path, uint64_t connect_timeout_ns,
               std::shared_ptr<Transport> kept) {
        path_ = path;
        connect_timeout_ns_ = connect_timeout_ns;
        transport_ = std::move(kept);
        reused_ = transport_ != nullptr;
        reused_ ? write() : connect();
    }
    void cancel() {
        cancelled_ = true;
        transport_->stream.close();
    }

private:
    void connect() {
        reused_ = false;
        transport_ = std::make_shared<Transport>(io_context_);
        transport_->expire_after(connect_timeout_ns_);
        transport_->stream.async_connect(
            Protocol::endpoint(path_), [self = shared_from_this()](Code code) {
                code ? self->fail("connect to " + self->path_, code) : self->write();
            });
    }

    void write() {
        transport_->expire_after(request_.timeout_ns);
        http::async_write(transport_->stream, message_,
                          [self = shared_from_this()](Code code, std::size_t) {
                              code ? self->retry_or_fail(code) : self->read();
                          });
    }

    void read() {
        parser_.emplace();
        parser_->header_limit(limits::http_header_bytes);
        parser_->body_limit(limits::http_body_bytes);
        http::async_read_header(transport_->stream, transport_->buffer, *parser_,
                                [self = shared_from_this()](Code code, std::size_t) {
                                    code ? self->retry_or_fail(code) : self->read_body();
                                });
    }

    // Beast reserves what Content-Length announces before it looks at the limit.
    void read_body() {
        if (parser_->content_length().value_or(0) > limits::http_body_bytes) {
            return fail(request_.target, http::error::body_limit);
        }
        http::async_read(transport_->stream, transport_->buffer, *parser_,
                         [self = shared_from_this()](Code code, std::size_t) {
                             code ? self->retry_or_fail(code) : self->succeed();
                         });
    }

    // A kept connection may have died of old age; only a GET may be sent twice.
    void retry_or_fail(Code code) {
        bool nothing_came = !parser_ || !parser_->got_some();
        bool stale = reused_ && nothing_came && !cancelled_ && code != beast::error::timeout &&
                     request_.method == HttpMethod::get;
        stale ? connect() : fail(request_.target, code);
    }

    void succeed() {
        HttpResponse response;
        auto& message = parser_->get();
        response.status = static_cast<int>(message.result_int());
        auto version = message.find("Api-Version");
        if (version != message.end()) {
            response.api_version = std::string(version->value());
        }
        response.body = std::move(message.body());
        bool keep = request_.method == HttpMethod::get && parser_->keep_alive() &&
                    transport_->buffer.size() == 0 && !cancelled_;
        transport_->stream.expires_never();
        finish(std::move(response), keep ? std::move(transport_) : nullptr);
    }

    void fail(const std::string& what, Code code) { finish(transport_error(what, code), nullptr); }

    void finish(Result<HttpResponse> result, std::shared_ptr<Transport> kept) {
        HttpHandler handler = std::exchange(handler_, nullptr);
        ended_(this, std::move(kept));
        handler(std::move(result));
    }

    asio::io_context& io_context_;
    HttpRequest request_;
    http::request<http::string_body> message_;
    HttpHandler handler_;
    Ended ended_;
    std::string path_;
    uint64_t connect_timeout_ns_ = 0;
    std::shared_ptr<Transport> transport_;
    std::optional<http::response_parser<http::string_body>> parser_;
    bool reused_ = false;
    bool cancelled_ = false;
};

} // namespace

class HttpClient::Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(asio::io_context& io_context, std::string path, uint64_t connect_timeout_ns)
        : io_context_(io_context), path_(std::move(path)), connect_timeout_ns_(connect_timeout_ns) {
    }

    void send(HttpRequest request, HttpHandler handler) {
        if (!fits_socket_address(path_)) {
            reject(std::move(handler), path_ + ": not a path of a socket");
        } else if (active_.size() < limits::engine_requests_in_flight) {
            launch(std::move(request), std::move(handler));
        } else if (waiting_.size() < limits::engine_requests_waiting) {
            waiting_.emplace_back(std::move(request), std::move(handler));
        } else {
            reject(std::move(handler), "too many requests are waiting for the engine");
        }
    }

    void close_idle() { idle_.clear(); }

    void close() {
        closed_ = true;
        close_idle();
        for (auto& [request, handler] : std::exchange(waiting_, {})) {
            reject(std::move(handler), "cancelled");
        }
        // From here on only their pending operations own the exchanges, and they own us: no circle
        // is left if the loop never turns again.
        for (const auto& exchange : std::exchange(active_, {})) {
            exchange->cancel();
        }
    }

private:
    void launch(HttpRequest request, HttpHandler handler) {
        std::shared_ptr<Transport> kept;
        if (request.method == HttpMethod::get && !idle_.empty()) {
            kept = std::move(idle_.back());
            idle_.pop_back();
        }
        auto exchange = std::make_shared<Exchange>(
            io_context_, std::move(request), std::move(handler),
            [self = shared_from_this()](Exchange* ended, std::shared_ptr<Transport> returned) {
                self->ended(ended, std::move(returned));
            });
        active_.push_back(exchange);
        exchange->start(path_, connect_timeout_ns_, std::move(kept));
    }

    void ended(Exchange* exchange, std::shared_ptr<Transport> kept) {
        std::erase_if(active_, [=](const auto& active) { return active.get() == exchange; });
        if (kept && !closed_ && idle_.size() < limits::engine_idle_connections) {
            idle_.push_back(std::move(kept));
        }
        if (!waiting_.empty()) {
            auto [request, handler] = std::move(waiting_.front());
            waiting_.pop_front();
            launch(std::move(request), std::move(handler));
        }
    }

    void reject(HttpHandler handler, std::string text) {
        asio::post(io_context_, [handler = std::move(handler), text = std::move(text)] {
            handler(Error(ErrorKind::unavailable, text));
        });
    }

    asio::io_context& io_context_;
    std::string path_;
    uint64_t connect_timeout_ns_;
    bool closed_ = false;
    std::vector<std::shared_ptr<Exchange>> active_;
    std::vector<std::shared_ptr<Transport>> idle_;
    std::deque<std::pair<HttpRequest, HttpHandler>> waiting_;
};

HttpClient::HttpClient(asio::io_context& io_context, std::string socket_path,
                       uint64_t connect_timeout_ns)
    : pool_(std::make_shared<Pool>(io_context, std::move(socket_path), connect_timeout_ns)) {}

HttpClient::~HttpClient() {
    pool_->close();
}

void HttpClient::send(HttpRequest request, HttpHandler handler) {
    pool_->send(std::move(request), std::move(handler));
}

void HttpClient::close_idle() {
    pool_->close_idle();
}

} // namespace vigia::docker
