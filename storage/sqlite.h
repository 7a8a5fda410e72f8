// SPDX-License-Identifier: MIT
// SQLite behind values: a connection, a prepared statement, a transaction. Everything here belongs
// to one thread at a time; errors come back as Error with advice (sqlite.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "collector/base/result.h"

namespace vigia::storage {

// A value that is not known: NULL in the database. Never a plausible zero.
constexpr int64_t unknown = INT64_MIN;

// How long a write waits for somebody else's. Nobody else should write.
constexpr int busy_timeout_ms = 1'000;

// The error that `connection` is in, as "<what>: <message>; <advice>". damaged: the content cannot
// be trusted; unavailable: locked; permission: not for us; newer: cannot happen; else failed.
Error sqlite_error(sqlite3* connection, int code, std::string_view what);

class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
    Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Statement& operator=(Statement&& other) noexcept;
    ~Statement() { sqlite3_finalize(handle_); }

    // Parameters count from 1. Text must stay alive until reset(); it has to be valid UTF-8.
    void bind(int parameter, int64_t value);
    void bind(int parameter, std::string_view text);
    void bind_null(int parameter) { sqlite3_bind_null(handle_, parameter); }

    // True: a row is there. After an error the statement is reset.
    Result<bool> step();
    // Steps to the end and resets.
    Status run();
    void reset() { sqlite3_reset(handle_); }

    // Columns count from 0. integer() of NULL is `unknown`.
    int64_t integer(int column) const;
    std::string text(int column) const;
    sqlite3_stmt* handle() const { return handle_; }

private:
    sqlite3_stmt* handle_ = nullptr;
};

class Connection {
public:
    enum class Access : uint8_t { read_write, read_only, immutable };

    Connection() = default;
    Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Connection& operator=(Connection&& other) noexcept;
    ~Connection() { close(); }

    // Does not checkpoint when it is closed, unless checkpoint_on_close() was called.
    static Result<Connection> open(const std::string& path, Access access);
    void checkpoint_on_close();
    // All statements must be gone.
    void close();

    Status execute(const char* sql);
    Status execute(const std::string& sql) { return execute(sql.c_str()); }
    Result<Statement> prepare(const std::string& sql);
    // The first column of the first row; `unknown` if there is none.
    Result<int64_t> integer(const std::string& sql);
    Result<std::string> text(const std::string& sql);
    int64_t changes() const { return sqlite3_changes64(handle_); }
    sqlite3* handle() const { return handle_; }

private:
    sqlite3* handle_ = nullptr;
};

// BEGIN IMMEDIATE ... commit(); rolls back when it goes out of scope before.
class Transaction {
public:
    static Result<Transaction> begin(Connection& connection);
    Transaction(Transaction&& other) noexcept
        : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

private:
    explicit Transaction(Connection* connection) : connection_(connection) {}
    Connection* connection_;
};

} // namespace vigia::storage
