// SPDX-License-Identifier: MIT
// The conversation with one engine: connect, agree on a version, follow events, list, inspect; when
// anything fails, wait (twice as long each time, without jitter) and begin again. engine.h is the
// public face.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "collector/docker/api_version.h"
#include "collector/docker/descriptions.h"
#include "collector/docker/engine.h"
#include "collector/docker/event_stream.h"
#include "collector/docker/http.h"

namespace vigia::docker {

// The order of an attempt:
//   GET /_ping, GET /version        is it an engine, and which versions does it speak
//   GET /events?since=...           opened first, so that nothing is missed
//   GET /containers/json?all=1      when that is in, the catalog is complete
//   GET /containers/{id}/json       what a list does not tell, and whatever an event touched
//   GET /_ping                      every heartbeat: a hung engine ends the attempt
// Callbacks of an earlier attempt are ignored by its number.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(boost::asio::io_context& io_context, EngineConfig config);

    void start();
    // Cancels everything; nothing of it is called afterwards but the handlers of requests.
    void shut_down();
    void on_change(std::function<void()> handler) { on_change_ = std::move(handler); }

    void on_turn(std::function<void(const ContainerTurn&)> handler) {
        descriptions_.on_turn(std::move(handler));
    }

    // See Engine::claim_end.
    void claim_end(const std::string& id) { descriptions_.endings().we_ask(id); }

    const Catalog& catalog() const { return descriptions_.catalog(); }
    const EngineStatus& status() const { return status_; }

    // POST or DELETE /containers/{id}<suffix>. `extra_timeout_ns` on top of the request time-out.
    void perform(Operation operation, const std::string& id, const std::string& suffix,
                 const std::string& body, uint64_t extra_timeout_ns, AnswerHandler handler);

private:
    using Step = void (Session::*)(HttpResponse);

    void connect();
    void on_ping(HttpResponse response);
    void on_version(HttpResponse response);
    void follow_events();
    void on_events_opened();
    void on_event(std::string_view line);
    void on_events_closed(const Error& error, int http_status);
    void on_list(HttpResponse response);
    void inspect_more();
    void on_inspection(const std::string& id, Result<HttpResponse> result);
    void inspection_useless(const std::string& id, const std::string& error);
    void schedule_heartbeat();
    void on_heartbeat(HttpResponse response);
    void lose(const Error& error);
    void retry_later();
    void changed();

    // GET `target` (with the version in front if wanted); anything but 200 loses the attempt.
    void get(const std::string& target, bool with_version, Step next);
    // Any request under the agreed version; asked for another one, it agrees and asks once more.
    void request(HttpMethod method, const std::string& target, const std::string& body,
                 uint64_t timeout_ns, HttpHandler handler);
    void send_as(ApiVersion version, HttpRequest request, HttpHandler handler);
    bool adopt(std::optional<ApiVersion> version);
    std::string versioned(ApiVersion version, const std::string& target) const;
    // Runs `action` if the attempt that it was made in still lasts.
    template <typename Action>
    auto within_attempt(Action action);

    boost::asio::io_context& io_context_;
    EngineConfig config_; // with the defaults filled in
    HttpClient client_;
    Descriptions descriptions_;
    EngineStatus status_;
    std::function<void()> on_change_;
    boost::asio::steady_timer retry_timer_;
    boost::asio::steady_timer heartbeat_timer_;
    std::unique_ptr<EventStream> events_;
    std::optional<ApiVersion> version_;
    uint64_t attempt_ = 0;
    uint64_t retry_delay_ns_ = 0;
    uint64_t alive_realtime_ns_ = 0; // the engine last said something; 0: never yet
    std::chrono::steady_clock::time_point followed_since_;
    unsigned version_changes_ = 0; // in this attempt
    std::size_t inspections_ = 0;  // in flight
    bool followed_before_ = false;
};

} // namespace vigia::docker
