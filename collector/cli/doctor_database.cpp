// SPDX-License-Identifier: MIT
// The history: is it there, is it whole, is there room?
#include "collector/cli/doctor.h"

#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "collector/base/units.h"
#include "storage/files.h"
#include "storage/history.h"
#include "storage/schema.h"
#include "storage/sqlite.h"

namespace vigia::cli {
namespace {

constexpr uint64_t room_wanted_bytes = 1ULL << 30;

// The nearest folder of `path` that exists: where the daemon would begin to make the rest.
std::string existing_folder(const std::string& path) {
    std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
    while (access(folder.c_str(), F_OK) != 0 && folder.has_relative_path()) {
        folder = folder.parent_path();
    }
    return folder;
}

Finding check_room(const std::string& path) {
    const std::string folder = existing_folder(path);
    struct statvfs space {};
    if (statvfs(folder.c_str(), &space) != 0) {
        return {"disk", Mark::warn, folder + ": its free space cannot be read", "look at the disk"};
    }
    const uint64_t room_bytes = uint64_t{space.f_bavail} * space.f_frsize;
    const std::string text = fmt::format("{} available in {}", format_bytes(room_bytes), folder);
    if (access(folder.c_str(), W_OK) != 0) {
        return {"disk", Mark::warn, fmt::format("{}, which this user may not write", text),
                "run the daemon as root, or name another place with --database"};
    }
    if (room_bytes < room_wanted_bytes) {
        return {"disk", Mark::warn, text,
                "free some space, or lower storage.size_cap in the configuration"};
    }
    return {"disk", Mark::ok, text, {}};
}

Finding broken(const Error& error) {
    switch (error.kind()) {
    case ErrorKind::permission:
        return {"database", Mark::warn, error.message(), "run as root or as the daemon's user"};
    case ErrorKind::newer:
        return {"database", Mark::fail, error.message(),
                "upgrade Vigia, or name another database with --database"};
    default:
        return {"database", Mark::fail, error.message(),
                "the daemon sets a damaged database aside and begins a new one"};
    }
}

// Opens it as the history does, and asks SQLite whether it is whole.
Finding check_content(const std::string& path) {
    if (const auto history = storage::History::open(path); !history) {
        return broken(history.error());
    }
    auto connection = storage::Connection::open(path, storage::Connection::Access::read_only);
    if (!connection) {
        return broken(connection.error());
    }
    const auto answer = connection->text("PRAGMA quick_check(1)");
    if (!answer) {
        return broken(answer.error());
    }
    if (*answer != "ok") {
        return broken(Error(ErrorKind::damaged, path + ": " + *answer));
    }
    const auto version = connection->integer("PRAGMA user_version");
    const uint64_t size_bytes =
        storage::file_size_bytes(path) + storage::file_size_bytes(path + "-wal");
    return {"database",
            Mark::ok,
            fmt::format("{}, {}, format {}, whole", path, format_bytes(size_bytes),
                        version ? *version : 0),
            {}};
}

Finding check_sqlite() {
    auto connection =
        storage::Connection::open(":memory:", storage::Connection::Access::read_write);
    const auto version = connection ? connection->text("SELECT sqlite_version()")
                                    : Result<std::string>(connection.error());
    if (!version) {
        return {"sqlite", Mark::fail, version.error().message(), "install libsqlite3-0 again"};
    }
    return {"sqlite",
            Mark::ok,
            fmt::format("{}, database format {}", *version, storage::schema_version),
            {}};
}

} // namespace

void check_database(const std::string& path, Findings& findings) {
    const auto header = storage::read_header(path);
    if (header && header->content == storage::Content::absent) {
        findings.push_back({"database", Mark::ok, path + ": none yet; vigia daemon makes it", {}});
    } else {
        findings.push_back(header ? check_content(path) : broken(header.error()));
    }
    findings.push_back(check_room(path));
    findings.push_back(check_sqlite());
}

} // namespace vigia::cli
