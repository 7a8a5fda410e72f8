// SPDX-License-Identifier: MIT
#include "storage/history.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "storage/decisions.h"
#include "storage/files.h"
#include "storage/history_sql.h"
#include "storage/schema.h"

namespace vigia::storage {

struct History::State {
    std::string path;
    Connection connection;
};

namespace {

Status configure(Connection& connection) {
    return connection.execute("PRAGMA query_only=ON; PRAGMA busy_timeout=1000;"
                              "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY");
}

Result<int64_t> version_of(Connection& connection) {
    if (Status ready = configure(connection); !ready) {
        return ready.error();
    }
    Result<int64_t> application = connection.integer("PRAGMA application_id");
    if (!application) {
        return application.error();
    }
    if (*application != application_id) {
        return Error(ErrorKind::damaged, "not a Vigia database");
    }
    return connection.integer("PRAGMA user_version");
}

Result<Connection> open_as(const std::string& path, Connection::Access access) {
    Result<Connection> connection = Connection::open(path, access);
    if (!connection) {
        return connection;
    }
    Result<int64_t> version = version_of(*connection);
    if (!version) {
        return version.error().kind() == ErrorKind::damaged
                   ? Error(ErrorKind::damaged, path + ": not a Vigia database, or damaged")
                   : version.error().within("read " + path);
    }
    if (*version > schema_version) {
        return Error(ErrorKind::newer,
                     fmt::format("{}: written by a newer Vigia (format {}, this one knows {}); "
                                 "upgrade Vigia",
                                 path, *version, schema_version));
    }
    return connection;
}

// A database in WAL mode cannot be read where its -shm cannot be made. If it was closed properly
// nothing is missing from the file itself, and it can be read as what it is: unchanging.
Result<Connection> open_in_place(const std::string& path) {
    Result<Connection> connection = open_as(path, Connection::Access::read_only);
    if (connection || connection.error().kind() != ErrorKind::permission ||
        ::access(path.c_str(), R_OK) != 0) {
        return connection;
    }
    if (file_size_bytes(path + "-wal") == 0) {
        return open_as(path, Connection::Access::immutable);
    }
    return Error(ErrorKind::permission,
                 fmt::format("read {}: its write-ahead log needs a writable {}-shm beside it; run "
                             "as a user who may write that folder, or copy the database and its "
                             "-wal elsewhere",
                             path, path));
}

} // namespace

History::History(std::unique_ptr<State> state) : state_(std::move(state)) {}
History::~History() = default;

Result<std::unique_ptr<History>> History::open(const std::string& path) {
    Result<Header> header = read_header(path);
    if (!header) {
        return header.error();
    }
    if (header->content == Content::absent) {
        return Error(ErrorKind::not_found,
                     path + ": no such database; has the daemon run? (--database names another)");
    }
    if (header->content == Content::foreign) {
        return Error(ErrorKind::damaged, path + ": not a Vigia database");
    }
    Result<Connection> connection = open_in_place(path);
    if (!connection) {
        return connection.error();
    }
    auto state = std::make_unique<State>();
    state->path = path;
    state->connection = std::move(*connection);
    return std::unique_ptr<History>(new History(std::move(state)));
}

Result<Table> History::system(const HistoryQuery& query) {
    return run_query(state_->connection, system_kind, query);
}

Result<Table> History::containers(const HistoryQuery& query) {
    return run_query(state_->connection, container_kind, query);
}

Result<Table> History::processes(const HistoryQuery& query) {
    return run_query(state_->connection, process_kind, query);
}

Result<Table> History::events(const HistoryQuery& query) {
    return run_event_query(state_->connection, query);
}

Result<std::vector<policy::Decision>> History::decisions(const TimeRange& range, uint64_t limit) {
    auto bound = [](uint64_t value) {
        return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
    };
    Result<std::vector<policy::Decision>> newest = read_decisions(
        state_->connection,
        fmt::format("realtime_ns >= ?1 AND realtime_ns <= ?2 ORDER BY id DESC LIMIT {}",
                    bound(limit)),
        bound(range.since_realtime_ns), bound(range.until_realtime_ns));
    if (newest) {
        std::reverse(newest->begin(), newest->end());
    }
    return newest;
}

Result<policy::Decision> History::decision(uint64_t id) {
    auto key = static_cast<int64_t>(std::min<uint64_t>(id, INT64_MAX));
    Result<std::vector<policy::Decision>> found =
        read_decisions(state_->connection, "id = ?1 AND ?2 = 0", key, 0);
    if (!found) {
        return found.error();
    }
    if (found->empty()) {
        return Error(ErrorKind::not_found, fmt::format("{}: no decision {}", state_->path, id));
    }
    return std::move(found->front());
}

} // namespace vigia::storage
