// SPDX-License-Identifier: MIT
// A value or an error with a chain of context: "open /proc/vigia/info: permission denied; ...".
// Errors cross folder borders as values; exceptions do not. Assertions are for programmer errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vigia {

// What kind of failure it is, for callers that act on it. Maps to the exit codes of the command
// line.
enum class ErrorKind : uint8_t {
    failed,      // anything else
    usage,       // the user's words or configuration are wrong
    not_found,   // the thing does not exist
    permission,  // the thing exists, but not for us
    unavailable, // not now: absent service, time-out, locked
    damaged,     // the thing exists, but its content cannot be trusted
    newer,       // written by a newer version than ours
};

// An error: a kind and a text that says what failed and, where it helps, what to do.
class Error {
public:
    Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

    ErrorKind kind() const noexcept { return kind_; }
    const std::string& message() const noexcept { return message_; }

    // The same error seen from one level up: "<context>: <message>".
    Error within(std::string_view context) const {
        return {kind_, std::string(context) + ": " + message_};
    }

private:
    ErrorKind kind_;
    std::string message_;
};

// "<what>: <strerror(error_number)>" with the kind that belongs to the errno value. Thread-safe.
Error system_error(std::string_view what, int error_number);

// T or Error. Cheap to move; check before use: value() of an error is a programmer error and
// aborts.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return content_.index() == 0; }
    T& value() & { return *expect_value(); }
    const T& value() const& { return *const_cast<Result*>(this)->expect_value(); }
    T&& value() && { return std::move(*expect_value()); }
    T* operator->() { return expect_value(); }
    const T* operator->() const { return const_cast<Result*>(this)->expect_value(); }
    T& operator*() & { return *expect_value(); }
    const T& operator*() const& { return value(); }
    const Error& error() const { return std::get<1>(content_); }

private:
    T* expect_value() {
        T* value = std::get_if<0>(&content_);
        if (value == nullptr) {
            __builtin_trap();
        }
        return value;
    }

    std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return content_.index() == 0; }
    const Error& error() const { return std::get<1>(content_); }

private:
    std::variant<std::monostate, Error> content_;
};

using Status = Result<void>;

} // namespace vigia
