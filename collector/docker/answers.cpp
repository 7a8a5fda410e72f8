// SPDX-License-Identifier: MIT
#include "collector/docker/answers.h"

#include "collector/docker/messages.h"

namespace vigia::docker {
namespace {

bool says(std::string_view text, std::string_view words) {
    return text.find(words) != std::string_view::npos;
}

// The engine refused because the wished state is there already.
bool conflict_is_agreement(Operation operation, std::string_view text) {
    switch (operation) {
    case Operation::stop:
    case Operation::kill:
        return says(text, "is not running") || says(text, "can only kill running containers");
    case Operation::remove:
        return says(text, "removal of container") && says(text, "already in progress");
    case Operation::pause:
        return says(text, "already paused");
    case Operation::unpause:
        return says(text, "is not paused");
    case Operation::update:
        return false;
    }
    return false;
}

bool absence_is_agreement(Operation operation) {
    return operation == Operation::stop || operation == Operation::kill ||
           operation == Operation::remove;
}

AnswerKind kind_of(Operation operation, int status, std::string_view text) {
    if (status >= 200 && status < 300) {
        return AnswerKind::done;
    }
    if (status == 304 || (status == 404 && absence_is_agreement(operation))) {
        return AnswerKind::already_so;
    }
    bool conflict = status == 409 || status == 500;
    return conflict && conflict_is_agreement(operation, text) ? AnswerKind::already_so
                                                              : AnswerKind::refused;
}

} // namespace

std::string_view to_string(AnswerKind kind) {
    switch (kind) {
    case AnswerKind::done:
        return "done";
    case AnswerKind::already_so:
        return "already so";
    case AnswerKind::refused:
        return "refused";
    case AnswerKind::failed:
        return "failed";
    }
    return "failed";
}

std::string_view to_string(Operation operation) {
    switch (operation) {
    case Operation::stop:
        return "stop";
    case Operation::kill:
        return "kill";
    case Operation::remove:
        return "remove";
    case Operation::pause:
        return "pause";
    case Operation::unpause:
        return "unpause";
    case Operation::update:
        return "update";
    }
    return "unknown";
}

Answer read_answer(Operation operation, int http_status, std::string_view body) {
    std::string text = parse_error_message(body);
    AnswerKind kind = kind_of(operation, http_status, text);
    return {kind, http_status, std::move(text)};
}

} // namespace vigia::docker
