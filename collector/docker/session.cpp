// SPDX-License-Identifier: MIT
#include "collector/docker/session.h"

#include <algorithm>
#include <utility>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/docker/messages.h"

namespace vigia::docker {
namespace {

uint64_t or_default(uint64_t configured, uint64_t otherwise) {
    return configured == 0 ? otherwise : configured;
}

EngineConfig with_defaults(EngineConfig config) {
    config.connect_timeout_ns =
        or_default(config.connect_timeout_ns, limits::engine_connect_timeout_ns);
    config.request_timeout_ns =
        or_default(config.request_timeout_ns, limits::engine_request_timeout_ns);
    config.reconnect_first_ns =
        or_default(config.reconnect_first_ns, limits::engine_reconnect_first_ns);
    config.heartbeat_ns = or_default(config.heartbeat_ns, limits::engine_heartbeat_ns);
    return config;
}

Error unexpected_status(const std::string& target, const HttpResponse& response) {
    return {ErrorKind::unavailable, "GET " + target + ": HTTP " + std::to_string(response.status) +
                                        ": " + parse_error_message(response.body)};
}

// `filters` of GET /events, percent-encoded. Kinds that do not change a description (exec, health,
// attach ...) stay in the engine. Podman's own names are in the list too; either engine ignores
// the other's.
constexpr std::string_view event_filters =
    "%7B%22type%22:%5B%22container%22%5D,%22event%22:%5B%22create%22,%22start%22,%22restart%22,"
    "%22kill%22,%22stop%22,%22die%22,%22died%22,%22oom%22,%22pause%22,%22unpause%22,%22rename%22,"
    "%22update%22,%22destroy%22,%22remove%22%5D%7D";
// Before 1.22 there is no filter by type.
constexpr ApiVersion event_types_since{1, 22};

// Seconds before the last sign of life from which events are asked for again: they are in whole
// seconds, and may have been on their way.
constexpr uint64_t since_margin_seconds = 2;

} // namespace

Session::Session(boost::asio::io_context& io_context, EngineConfig config)
    : io_context_(io_context), config_(with_defaults(std::move(config))),
      client_(io_context, config_.socket_path, config_.connect_timeout_ns),
      descriptions_(config_.runtime), retry_timer_(io_context), heartbeat_timer_(io_context),
      retry_delay_ns_(config_.reconnect_first_ns) {}

template <typename Action>
auto Session::within_attempt(Action action) {
    return [weak = weak_from_this(), attempt = attempt_, action](auto&&... arguments) {
        std::shared_ptr<Session> self = weak.lock();
        if (self && self->attempt_ == attempt) {
            action(*self, std::forward<decltype(arguments)>(arguments)...);
        }
    };
}

void Session::start() {
    if (attempt_ == 0) {
        connect();
    }
}

void Session::shut_down() {
    ++attempt_;
    on_change_ = nullptr;
    retry_timer_.cancel();
    heartbeat_timer_.cancel();
    events_.reset();
}

void Session::changed() {
    if (on_change_) {
        on_change_();
    }
}

void Session::connect() {
    ++attempt_;
    version_changes_ = 0;
    inspections_ = 0;
    if (status_.connection == Connection::absent) {
        status_.connection = Connection::connecting;
    }
    get("/_ping", false, &Session::on_ping);
}

void Session::on_ping(HttpResponse response) {
    version_ = parse_api_version(response.api_version);
    get("/version", false, &Session::on_version);
}

void Session::on_version(HttpResponse response) {
    Result<VersionAnswer> answer = parse_version(response.body);
    if (!answer) {
        return lose(answer.error());
    }
    std::optional<ApiVersion> newest = parse_api_version(answer->api_version);
    newest = newest ? newest : version_;
    if (!newest) {
        return lose(Error(ErrorKind::damaged, "version: the engine does not say which API it has"));
    }
    Result<ApiVersion> agreed = negotiate(*newest, parse_api_version(answer->minimum_api_version));
    if (!agreed) {
        return lose(agreed.error());
    }
    status_.server_version = answer->server_version;
    version_ = *agreed;
    status_.api_version = to_string(*agreed);
    follow_events();
}

void Session::follow_events() {
    constexpr uint64_t margin_ns = since_margin_seconds * ns_per_second;
    uint64_t now_ns = SystemClock().now().realtime_ns;
    uint64_t alive_ns = alive_realtime_ns_ == 0 ? now_ns : std::min(alive_realtime_ns_, now_ns);
    uint64_t since_ns = alive_ns - std::min(alive_ns, margin_ns);
    std::string target = "/events?since=" + std::to_string(since_ns / ns_per_second);
    if (*version_ >= event_types_since) {
        target.append("&filters=").append(event_filters);
    }
    // The engine may forget what was before its own start: what is known begins now.
    descriptions_.begin_list(now_ns);
    events_ = std::make_unique<EventStream>(
        io_context_, config_.socket_path, config_.connect_timeout_ns, config_.request_timeout_ns,
        versioned(*version_, target),
        EventStream::Handlers{
            within_attempt([](Session& self) { self.on_events_opened(); }),
            within_attempt([](Session& self, std::string_view line) { self.on_event(line); }),
            within_attempt([](Session& self, const Error& error, int http_status) {
                self.on_events_closed(error, http_status);
            })});
}

void Session::on_events_opened() {
    get("/containers/json?all=1", true, &Session::on_list);
}

void Session::on_event(std::string_view line) {
    Result<Event> event = parse_event(line);
    if (!event) {
        return lose(event.error());
    }
    ++status_.events;
    alive_realtime_ns_ = SystemClock().now().realtime_ns;
    if (!descriptions_.event(std::move(*event))) {
        return lose(Error(ErrorKind::unavailable, "events: too many before the list was there"));
    }
    if (catalog().complete()) {
        inspect_more();
        changed();
    }
}

void Session::on_events_closed(const Error& error, int http_status) {
    std::optional<ApiVersion> asked =
        http_status == 400 ? version_asked_for(error.message(), *version_) : std::nullopt;
    if (adopt(asked)) {
        return follow_events();
    }
    std::string text = http_status == 0 ? error.message()
                                        : "events: HTTP " + std::to_string(http_status) + ": " +
                                              parse_error_message(error.message());
    lose(Error(error.kind(), text));
}

void Session::on_list(HttpResponse response) {
    Result<std::vector<ContainerInfo>> containers = parse_container_list(response.body);
    if (!containers) {
        return lose(containers.error());
    }
    descriptions_.list(std::move(*containers));
    alive_realtime_ns_ = SystemClock().now().realtime_ns;
    followed_since_ = std::chrono::steady_clock::now();
    status_.reconnects += std::exchange(followed_before_, true) ? 1 : 0;
    status_.connection = Connection::following;
    status_.last_error.clear();
    schedule_heartbeat();
    inspect_more();
    changed();
}

void Session::inspect_more() {
    while (inspections_ < limits::engine_inspections_in_flight) {
        std::optional<std::string> id = descriptions_.next_inspection();
        if (!id) {
            return;
        }
        ++inspections_;
        request(HttpMethod::get, "/containers/" + *id + "/json", {}, config_.request_timeout_ns,
                within_attempt([id = *id](Session& self, Result<HttpResponse> result) {
                    self.on_inspection(id, std::move(result));
                }));
    }
}

void Session::on_inspection(const std::string& id, Result<HttpResponse> result) {
    --inspections_;
    if (!result) {
        return lose(result.error());
    }
    Result<ContainerInfo> info = result->status == 200
                                     ? parse_container(result->body)
                                     : unexpected_status("/containers/" + id + "/json", *result);
    if (result->status == 404) {
        descriptions_.gone(id);
    } else if (!info) {
        inspection_useless(id, info.error().message());
    } else if (info->id != id) {
        inspection_useless(id, "container: the answer is about another one");
    } else {
        descriptions_.inspected(id, std::move(*info));
        status_.last_error.clear();
    }
    inspect_more();
    changed();
}

// One container that cannot be described does not make the others unknown.
void Session::inspection_useless(const std::string& id, const std::string& error) {
    descriptions_.inspection_failed(id);
    status_.last_error = error;
}

void Session::schedule_heartbeat() {
    heartbeat_timer_.expires_after(std::chrono::nanoseconds(config_.heartbeat_ns));
    heartbeat_timer_.async_wait(
        within_attempt([](Session& self, const boost::system::error_code& cancelled) {
            if (!cancelled) {
                self.get("/_ping", false, &Session::on_heartbeat);
            }
        }));
}

void Session::on_heartbeat(HttpResponse) {
    alive_realtime_ns_ = SystemClock().now().realtime_ns;
    schedule_heartbeat();
}

void Session::lose(const Error& error) {
    ++attempt_; // whatever is still on its way belongs to the past
    events_.reset();
    heartbeat_timer_.cancel();
    client_.close_idle();
    descriptions_.lost();
    bool absent = error.kind() == ErrorKind::not_found;
    if (status_.connection == Connection::following &&
        std::chrono::steady_clock::now() - followed_since_ >
            std::chrono::nanoseconds(limits::engine_steady_ns)) {
        retry_delay_ns_ = config_.reconnect_first_ns;
    }
    status_.connection = absent ? Connection::absent : Connection::broken;
    status_.last_error = error.message();
    retry_later();
    changed();
}

void Session::retry_later() {
    retry_timer_.expires_after(std::chrono::nanoseconds(retry_delay_ns_));
    retry_delay_ns_ = std::min(retry_delay_ns_ * 2, std::max(limits::engine_reconnect_longest_ns,
                                                             config_.reconnect_first_ns));
    retry_timer_.async_wait(
        within_attempt([](Session& self, const boost::system::error_code& cancelled) {
            if (!cancelled) {
                self.connect();
            }
        }));
}

} // namespace vigia::docker
