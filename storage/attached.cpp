// SPDX-License-Identifier: MIT
#include "storage/attached.h"

#include <ctime>
#include <fstream>
#include <utility>

#include <sys/utsname.h>

#include <fmt/format.h>

#include "collector/base/text.h"

namespace vigia::storage {

namespace {

int64_t now_ts() {
    return static_cast<int64_t>(std::time(nullptr));
}

std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id.empty() ? "unknown" : id;
}

// The row of table boot for this boot of this host.
Result<int64_t> find_boot(Connection& connection) {
    Result<Statement> row = connection.prepare(
        "INSERT INTO boot (boot_id, ts, hostname, kernel_release) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (boot_id) DO UPDATE SET kernel_release = excluded.kernel_release "
        "RETURNING boot");
    if (!row) {
        return row.error();
    }
    struct utsname host {};
    ::uname(&host);
    std::string id = boot_id();
    std::string hostname = to_utf8(host.nodename);
    std::string release = to_utf8(host.release);
    row->bind(1, id);
    row->bind(2, now_ts());
    row->bind(3, hostname);
    row->bind(4, release);
    Result<bool> made = row->step();
    if (!made) {
        return made.error();
    }
    int64_t boot = row->integer(0);
    Result<bool> end = row->step();
    return end ? Result<int64_t>(boot) : end.error();
}

Result<int64_t> begin_session(Connection& connection, int64_t boot) {
    Status begun = connection.execute(
        fmt::format("INSERT INTO session (boot, version, ts) VALUES ({}, '{}', {})", boot,
                    VIGIA_VERSION, now_ts()));
    if (!begun) {
        return begun.error();
    }
    return sqlite3_last_insert_rowid(connection.handle());
}

Status prepare_tables(Attached& attached) {
    const std::pair<RawTable*, const Kind*> tables[] = {
        {&attached.system, &system_kind},
        {&attached.containers, &container_kind},
        {&attached.processes, &process_kind},
    };
    for (const auto& [table, kind] : tables) {
        Result<RawTable> prepared = RawTable::prepare(attached.connection, *kind);
        if (!prepared) {
            return prepared.error();
        }
        *table = std::move(*prepared);
    }
    return {};
}

// Inside a transaction.
Status fill(Attached& attached) {
    Connection& connection = attached.connection;
    Result<int64_t> boot = find_boot(connection);
    if (!boot) {
        return boot.error();
    }
    Result<int64_t> session = begin_session(connection, *boot);
    if (!session) {
        return session.error();
    }
    Result<Series> series = Series::prepare(connection, *boot);
    if (!series) {
        return series.error();
    }
    Result<int64_t> newest = connection.integer("SELECT max(ts) FROM system_raw");
    if (!newest) {
        return newest.error();
    }
    attached.session = *session;
    attached.series = std::move(*series);
    attached.newest_ts = *newest;
    return prepare_tables(attached);
}

} // namespace

Result<std::unique_ptr<Attached>> Attached::begin(Connection connection, const std::string& path,
                                                  const Budget& budget) {
    auto attached = std::make_unique<Attached>();
    attached->connection = std::move(connection);
    attached->wal.attach(attached->connection, path);
    if (Status limited = limit_pages(attached->connection, budget); !limited) {
        return limited.error();
    }
    Result<Transaction> transaction = Transaction::begin(attached->connection);
    if (!transaction) {
        return transaction.error();
    }
    Status filled = fill(*attached);
    if (filled) {
        filled = transaction->commit();
    }
    if (!filled) {
        return filled.error();
    }
    return attached;
}

bool Attached::in_place() const {
    int moved = 0;
    int code = sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return code != SQLITE_OK || moved == 0;
}

Status write_event(Connection& connection, int64_t ts, const char* kind, int64_t value,
                   std::string_view text) {
    Result<Statement> row =
        connection.prepare("INSERT INTO event (ts, kind, value, text) VALUES (?1, ?2, ?3, ?4)");
    if (!row) {
        return row.error();
    }
    row->bind(1, ts);
    row->bind(2, std::string_view(kind));
    row->bind(3, value);
    row->bind(4, text);
    return row->run();
}

} // namespace vigia::storage
