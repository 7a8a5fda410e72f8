// SPDX-License-Identifier: MIT
#include "collector/docker/event_stream.h"

#include <array>
#include <limits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "collector/docker/line_splitter.h"
#include "collector/docker/transport.h"

namespace vigia::docker {

namespace http = beast::http;
using Code = boost::system::error_code;

class EventStream::Reader : public std::enable_shared_from_this<Reader> {
public:
    Reader(asio::io_context& io_context, uint64_t request_timeout_ns, const std::string& target,
           Handlers handlers)
        : transport_(io_context), timeout_ns_(request_timeout_ns), handlers_(std::move(handlers)),
          request_(http::verb::get, target, 11) {
        request_.set(http::field::host, "docker");
        request_.set(http::field::user_agent, "vigia/" VIGIA_VERSION);
        parser_.header_limit(limits::http_header_bytes);
        // Endless by nature; nothing of it is kept. (Beast 1.74 takes "no limit" for a limit of 0.)
        parser_.body_limit(std::numeric_limits<uint64_t>::max());
    }

    void connect(const std::string& path, uint64_t timeout_ns) {
        if (!fits_socket_address(path)) {
            asio::post(transport_.stream.get_executor(), [self = shared_from_this()] {
                self->close(Error(ErrorKind::unavailable, "not a path of a socket"), 0);
            });
            return;
        }
        transport_.expire_after(timeout_ns);
        transport_.stream.async_connect(Protocol::endpoint(path),
                                        [self = shared_from_this()](Code code) {
                                            self->or_close(code, [&] { self->write(); });
                                        });
    }

    void abandon() {
        abandoned_ = true;
        transport_.stream.close();
    }

private:
    template <typename Next>
    void or_close(Code code, Next next) {
        if (code) {
            close(transport_error("events", code), 0);
        } else if (!abandoned_) {
            next();
        }
    }

    void write() {
        transport_.expire_after(timeout_ns_);
        http::async_write(transport_.stream, request_,
                          [self = shared_from_this()](Code code, std::size_t) {
                              self->or_close(code, [&] { self->read_header(); });
                          });
    }

    void read_header() {
        http::async_read_header(transport_.stream, transport_.buffer, parser_,
                                [self = shared_from_this()](Code code, std::size_t) {
                                    self->or_close(code, [&] { self->on_header(); });
                                });
    }

    void on_header() {
        if (parser_.get().result() == http::status::ok) {
            handlers_.opened();
        }
        if (!abandoned_) {
            read_body();
        }
    }

    // While nothing is half said the engine may be silent for as long as it likes.
    void read_body() {
        bool refused = parser_.get().result() != http::status::ok;
        if (!splitter_.partial() && !refused) {
            transport_.stream.expires_never();
            deadline_set_ = false;
        } else if (!deadline_set_) {
            transport_.expire_after(timeout_ns_);
            deadline_set_ = true;
        }
        parser_.get().body().data = chunk_.data();
        parser_.get().body().size = chunk_.size();
        http::async_read_some(
            transport_.stream, transport_.buffer, parser_,
            [self = shared_from_this()](Code code, std::size_t) { self->on_body(code); });
    }

    void on_body(Code code) {
        std::size_t filled = chunk_.size() - parser_.get().body().size;
        bool readable = !code || code == http::error::need_buffer;
        if (abandoned_ || (filled > 0 && !take({chunk_.data(), filled}))) {
            return;
        }
        if (!readable) {
            close(transport_error("events", code), 0);
        } else if (parser_.is_done()) {
            ended();
        } else {
            read_body();
        }
    }

    // False: closed or abandoned meanwhile.
    bool take(std::string_view bytes) {
        if (parser_.get().result() != http::status::ok) {
            refusal_.append(bytes.substr(0, limits::http_header_bytes - refusal_.size()));
            return true;
        }
        bool sound = splitter_.feed(bytes, [this](std::string_view line) {
            handlers_.line(line);
            return !abandoned_;
        });
        if (!sound && !abandoned_) {
            close(Error(ErrorKind::damaged, "events: a line that does not end"), 0);
        }
        return sound;
    }

    void ended() {
        bool refused = parser_.get().result() != http::status::ok;
        std::string text = refused ? refusal_ : "events: the engine ended the stream";
        close(Error(ErrorKind::unavailable, text),
              refused ? static_cast<int>(parser_.get().result_int()) : 0);
    }

    void close(Error error, int http_status) {
        if (!std::exchange(abandoned_, true)) {
            transport_.stream.close();
            handlers_.closed(std::move(error), http_status);
        }
    }

    Transport transport_;
    uint64_t timeout_ns_;
    Handlers handlers_;
    http::request<http::empty_body> request_;
    http::response_parser<http::buffer_body> parser_;
    std::array<char, limits::http_read_bytes> chunk_{};
    LineSplitter splitter_{limits::engine_event_bytes};
    std::string refusal_;
    bool deadline_set_ = true; // from connecting on
    bool abandoned_ = false;
};

EventStream::EventStream(asio::io_context& io_context, const std::string& socket_path,
                         uint64_t connect_timeout_ns, uint64_t request_timeout_ns,
                         const std::string& target, Handlers handlers)
    : reader_(
          std::make_shared<Reader>(io_context, request_timeout_ns, target, std::move(handlers))) {
    reader_->connect(socket_path, connect_timeout_ns);
}

EventStream::~EventStream() {
    reader_->abandon();
}

} // namespace vigia::docker
