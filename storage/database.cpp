// SPDX-License-Identifier: MIT
#include "storage/database.h"

#include <fmt/format.h>

#include "storage/schema.h"

namespace vigia::storage {

namespace {

Error newer_error(const std::string& path, int64_t version) {
    return {ErrorKind::newer,
            fmt::format("{}: written by a newer Vigia (format {}, this one knows {}); upgrade "
                        "Vigia or choose another file with --database",
                        path, version, schema_version)};
}

Result<Database> begin_new(const std::string& path, const std::string& reason,
                           const std::string& why) {
    Result<std::string> name = set_aside(path, reason);
    if (!name) {
        return name.error();
    }
    Result<Database> fresh = open_database(path);
    if (fresh) {
        fresh->notice =
            fmt::format("{}: {}; set aside as {}, a new database was begun", path, why, *name);
    }
    return fresh;
}

// Everything that is not remembered in the file itself.
Status configure(Connection& connection) {
    sqlite3_busy_timeout(connection.handle(), busy_timeout_ms);
    return connection.execute("PRAGMA locking_mode=NORMAL;"
                              "PRAGMA synchronous=NORMAL;"
                              "PRAGMA wal_autocheckpoint=0;"
                              "PRAGMA cell_size_check=ON;"
                              "PRAGMA foreign_keys=OFF;"
                              "PRAGMA temp_store=MEMORY;");
}

Status use_wal(Connection& connection) {
    Result<std::string> mode = connection.text("PRAGMA journal_mode=WAL");
    if (!mode) {
        return mode.error();
    }
    if (*mode != "wal") {
        return Error(ErrorKind::failed, "this filesystem cannot hold a write-ahead log (mode " +
                                            *mode + "); choose a local disk");
    }
    return {};
}

Status check(Connection& connection) {
    Result<std::string> answer = connection.text("PRAGMA quick_check(1)");
    if (!answer) {
        return answer.error();
    }
    return *answer == "ok" ? Status() : Error(ErrorKind::damaged, *answer);
}

struct Identity {
    int64_t application;
    int64_t version;
    int64_t tables;
    bool is_fresh() const { return application == 0 && version == 0 && tables == 0; }
};

Result<Identity> identify(Connection& connection) {
    Result<int64_t> application = connection.integer("PRAGMA application_id");
    if (!application) {
        return application.error();
    }
    Result<int64_t> version = connection.integer("PRAGMA user_version");
    if (!version) {
        return version.error();
    }
    Result<int64_t> tables = connection.integer("SELECT count(*) FROM sqlite_schema");
    if (!tables) {
        return tables.error();
    }
    return Identity{*application, *version, *tables};
}

// Opens what the header did not already rule out. damaged and usage ask for setting it aside.
Result<Database> try_open(const std::string& path) {
    Result<Connection> connection = Connection::open(path, Connection::Access::read_write);
    if (!connection) {
        return connection.error();
    }
    Status ready = configure(*connection);
    if (!ready) {
        return ready.error();
    }
    Result<Identity> identity = identify(*connection);
    if (!identity) {
        return identity.error();
    }
    if (!identity->is_fresh() && identity->application != application_id) {
        return Error(ErrorKind::usage, "database of another application");
    }
    if (identity->version > schema_version) {
        return newer_error(path, identity->version);
    }
    // auto_vacuum has to come before WAL mode writes the first page.
    if (identity->version < schema_version) {
        if (Status migrated = migrate(*connection, identity->version); !migrated) {
            return migrated.error();
        }
    }
    if (Status wal = use_wal(*connection); !wal) {
        return wal.error();
    }
    if (Status sound = check(*connection); !sound) {
        return sound.error();
    }
    return Database{std::move(*connection), {}};
}

} // namespace

Result<Database> open_database(const std::string& path) {
    Result<Header> header = read_header(path);
    if (!header) {
        return header.error();
    }
    if (header->content == Content::foreign) {
        return begin_new(path, "foreign", "not a SQLite database");
    }
    if (header->content == Content::database) {
        if (header->application_id != application_id && header->application_id != 0) {
            return begin_new(path, "foreign", "database of another application");
        }
        if (header->application_id == application_id && header->user_version > schema_version) {
            return newer_error(path, header->user_version);
        }
    }
    if (Status made = make_file(path); !made) {
        return made.error();
    }
    Result<Database> database = try_open(path);
    if (!database && database.error().kind() == ErrorKind::damaged) {
        return begin_new(path, "damaged", "damaged database (" + database.error().message() + ")");
    }
    if (!database && database.error().kind() == ErrorKind::usage) {
        return begin_new(path, "foreign", database.error().message());
    }
    return database;
}

Result<Database> replace_damaged(const std::string& path, const std::string& why) {
    return begin_new(path, "damaged", "damaged database (" + why + ")");
}

} // namespace vigia::storage
