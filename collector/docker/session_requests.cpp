// SPDX-License-Identifier: MIT
// How a session sends requests: under which version, and what is made of the answers.
#include <utility>

#include <boost/asio/post.hpp>

#include "collector/docker/messages.h"
#include "collector/docker/session.h"

namespace vigia::docker {
namespace {

// A refusal of the version comes before anything is done, so even a write may be sent again.
constexpr unsigned version_changes_maximum = 2;

AnswerHandler later(boost::asio::io_context& io_context, AnswerHandler handler) {
    return [&io_context, handler = std::move(handler)](Answer answer) {
        boost::asio::post(io_context, [handler, answer = std::move(answer)] { handler(answer); });
    };
}

bool ends_container(Operation operation) {
    return operation == Operation::stop || operation == Operation::kill;
}

} // namespace

std::string Session::versioned(ApiVersion version, const std::string& target) const {
    return "/v" + to_string(version) + target;
}

bool Session::adopt(std::optional<ApiVersion> version) {
    if (!version || version_changes_ >= version_changes_maximum) {
        return false;
    }
    ++version_changes_;
    version_ = *version;
    status_.api_version = to_string(*version);
    return true;
}

void Session::get(const std::string& target, bool with_version, Step next) {
    HttpHandler handler = [weak = weak_from_this(), attempt = attempt_, target,
                           next](Result<HttpResponse> result) {
        std::shared_ptr<Session> self = weak.lock();
        if (!self || self->attempt_ != attempt) {
            return;
        }
        if (!result) {
            return self->lose(result.error());
        }
        if (result->status != 200) {
            return self->lose(Error(ErrorKind::unavailable,
                                    "GET " + target + ": HTTP " + std::to_string(result->status) +
                                        ": " + parse_error_message(result->body)));
        }
        ((*self).*next)(std::move(*result));
    };
    if (with_version) {
        request(HttpMethod::get, target, {}, config_.request_timeout_ns, std::move(handler));
    } else {
        client_.send({HttpMethod::get, target, {}, config_.request_timeout_ns}, std::move(handler));
    }
}

void Session::request(HttpMethod method, const std::string& target, const std::string& body,
                      uint64_t timeout_ns, HttpHandler handler) {
    HttpRequest unversioned{method, target, body, timeout_ns};
    ApiVersion tried = *version_;
    send_as(tried, unversioned,
            [weak = weak_from_this(), tried, unversioned,
             handler = std::move(handler)](Result<HttpResponse> result) {
                std::shared_ptr<Session> self = weak.lock();
                std::optional<ApiVersion> asked;
                if (self && result && result->status == 400) {
                    asked = version_asked_for(parse_error_message(result->body), tried);
                }
                if (asked && (self->version_ == asked || self->adopt(asked))) {
                    self->send_as(*asked, unversioned, handler);
                } else {
                    handler(std::move(result));
                }
            });
}

void Session::send_as(ApiVersion version, HttpRequest request, HttpHandler handler) {
    request.target = versioned(version, request.target);
    status_.writing_requests += request.method == HttpMethod::get ? 0 : 1;
    client_.send(std::move(request), std::move(handler));
}

void Session::perform(Operation operation, const std::string& id, const std::string& suffix,
                      const std::string& body, uint64_t extra_timeout_ns, AnswerHandler handler) {
    if (!is_container_id(id)) {
        return later(io_context_, handler)({AnswerKind::failed, 0, "not a container's id"});
    }
    if (!version_) {
        return later(io_context_, handler)({AnswerKind::failed, 0, "the engine is not connected"});
    }
    if (ends_container(operation)) {
        descriptions_.endings().we_ask(id);
    }
    HttpMethod method = operation == Operation::remove ? HttpMethod::remove : HttpMethod::post;
    request(method, "/containers/" + id + suffix, body,
            config_.request_timeout_ns + extra_timeout_ns,
            [weak = weak_from_this(), operation, id, handler](Result<HttpResponse> result) {
                Answer answer = result ? read_answer(operation, result->status, result->body)
                                       : Answer{AnswerKind::failed, 0, result.error().message()};
                bool nothing_done =
                    answer.kind == AnswerKind::already_so || answer.kind == AnswerKind::refused;
                std::shared_ptr<Session> self = weak.lock();
                if (self && nothing_done && ends_container(operation)) {
                    self->descriptions_.endings().we_did_nothing(id);
                }
                handler(std::move(answer));
            });
}

} // namespace vigia::docker
