// SPDX-License-Identifier: MIT
#include "storage/sqlite.h"

#include <fmt/format.h>

namespace vigia::storage {

namespace {

ErrorKind kind_of(int code) {
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorKind::damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorKind::unavailable;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return ErrorKind::permission;
    default:
        return ErrorKind::failed;
    }
}

std::string_view advice_for(int code) {
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; free space on its filesystem or lower the size cap";
    case SQLITE_BUSY:
        return "; another program is writing to it";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "; check who may write the file and its folder";
    case SQLITE_IOERR:
        return "; check the disk and the kernel's log";
    default:
        return "";
    }
}

} // namespace

Error sqlite_error(sqlite3* connection, int code, std::string_view what) {
    const char* message = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    return {kind_of(code),
            fmt::format("{}: {} (SQLite {}){}", what, message, code, advice_for(code))};
}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

void Statement::bind(int parameter, int64_t value) {
    if (value == unknown) {
        sqlite3_bind_null(handle_, parameter);
    } else {
        sqlite3_bind_int64(handle_, parameter, value);
    }
}

void Statement::bind(int parameter, std::string_view text) {
    sqlite3_bind_text64(handle_, parameter, text.data() != nullptr ? text.data() : "", text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::step() {
    int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    sqlite3* connection = sqlite3_db_handle(handle_);
    Error error = sqlite_error(connection, sqlite3_extended_errcode(connection), "SQL");
    sqlite3_reset(handle_);
    return error;
}

Status Statement::run() {
    for (;;) {
        Result<bool> row = step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            sqlite3_reset(handle_);
            return {};
        }
    }
}

int64_t Statement::integer(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL
               ? unknown
               : sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
    const void* bytes = sqlite3_column_text(handle_, column);
    int size_bytes = sqlite3_column_bytes(handle_, column);
    return bytes == nullptr
               ? std::string()
               : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size_bytes));
}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

namespace {

// "file:" needs ?, # and % of the path escaped.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (char byte : path) {
        uri += byte == '?' || byte == '#' || byte == '%'
                   ? fmt::format("%{:02x}", static_cast<unsigned char>(byte))
                   : std::string(1, byte);
    }
    return uri + "?immutable=1";
}

} // namespace

Result<Connection> Connection::open(const std::string& path, Access access) {
    Connection connection;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                              : SQLITE_OPEN_READONLY);
    std::string name = path;
    if (access == Access::immutable) {
        name = immutable_uri(path);
        flags |= SQLITE_OPEN_URI;
    }
    int code = sqlite3_open_v2(name.c_str(), &connection.handle_, flags, nullptr);
    if (code != SQLITE_OK) {
        return sqlite_error(connection.handle_, code, "open " + path);
    }
    sqlite3_db_config(connection.handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(connection.handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection.handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    return connection;
}

void Connection::checkpoint_on_close() {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Connection::close() {
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Status Connection::execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return sqlite_error(handle_, sqlite3_extended_errcode(handle_), "SQL");
    }
    return {};
}

Result<Statement> Connection::prepare(const std::string& sql) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK) {
        return sqlite_error(handle_, sqlite3_extended_errcode(handle_), "SQL");
    }
    return Statement(handle);
}

Result<int64_t> Connection::integer(const std::string& sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return statement.error();
    }
    Result<bool> row = statement->step();
    if (!row) {
        return row.error();
    }
    return *row ? statement->integer(0) : unknown;
}

Result<std::string> Connection::text(const std::string& sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return statement.error();
    }
    Result<bool> row = statement->step();
    if (!row) {
        return row.error();
    }
    return *row ? statement->text(0) : std::string();
}

Result<Transaction> Transaction::begin(Connection& connection) {
    Status begun = connection.execute("BEGIN IMMEDIATE");
    if (!begun) {
        return begun.error();
    }
    return Transaction(&connection);
}

Status Transaction::commit() {
    Status committed = connection_->execute("COMMIT");
    if (committed) {
        connection_ = nullptr;
    }
    return committed;
}

Transaction::~Transaction() {
    // SQLite itself has rolled back already after some errors (disk full, out of memory).
    if (connection_ != nullptr && sqlite3_get_autocommit(connection_->handle()) == 0) {
        sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

} // namespace vigia::storage
