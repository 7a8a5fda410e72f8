// SPDX-License-Identifier: MIT
// What open() finds: nothing, somebody else's file, a damaged one, a newer one, no permission.
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/files.h"
#include "storage/history.h"
#include "storage/schema.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

// A database with a few minutes of samples, closed.
void make_history(const std::string& path, int64_t ticks = 100, uint32_t processes = 50) {
    auto store = open_store(path);
    SampleMaker maker;
    for (uint32_t i = 1; i <= processes; i++) {
        maker.process(i, 0.01 * i, 1 << 20, "p" + std::to_string(i));
    }
    for (int64_t i = 0; i < ticks; i++) {
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
}

void overwrite(const std::string& path, uint64_t offset, std::size_t size_bytes, char with) {
    int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    std::string bytes(size_bytes, with);
    REQUIRE(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
            static_cast<ssize_t>(size_bytes));
    ::close(file);
}

// Of the databases themselves; their -wal and -shm go with them.
std::vector<std::string> set_aside_names(const Folder& folder, const std::string& reason) {
    auto names = names_with(folder.path(), "history.db." + reason + "-");
    std::erase_if(names, [](const std::string& name) {
        return name.ends_with("-wal") || name.ends_with("-shm");
    });
    return names;
}

// The store was opened on a file that had to be set aside: the old bytes are all there under a
// new name, the new database works, and it is said once.
void check_set_aside(const Folder& folder, const std::string& reason, const std::string& content) {
    std::string path = folder.file("history.db");
    {
        auto store = open_store(path);
        std::string notice = store->stats().notice;
        CHECK(notice.find("set aside as") != std::string::npos);
        CHECK(notice.find(path) != std::string::npos);
        record(*store, some_decision(1));
    }
    auto aside = set_aside_names(folder, reason);
    REQUIRE(aside.size() == 1);
    CHECK(read_text(folder.file(aside[0])) == content);
    auto again = open_store(path);
    CHECK(again->stats().notice.empty());
    CHECK(again->next_decision_id() == 2);
}

} // namespace

TEST_CASE("in an empty home every folder down to the database is made", "[open]") {
    Folder home;
    const std::string path = home.file(".local/state/vigia/history.db");
    record(*open_store(path), some_decision(1));
    CHECK(open_store(path)->next_decision_id() == 2); // and nothing is in the way next time
}

TEST_CASE("folders made in somebody's home are that user's alone", "[open]") {
    Folder home;
    const mode_t mask = ::umask(022);
    const uid_t user = ::geteuid(); // root becomes nobody; others have no privilege already
    REQUIRE(::chmod(home.path().c_str(), 0777) == 0);
    REQUIRE((user != 0 || ::seteuid(65'534) == 0));
    const Status made = make_folder_of(home.file(".local/state/vigia/history.db"));
    REQUIRE((user != 0 || ::seteuid(user) == 0));
    ::umask(mask);
    CHECK(made);
    const auto mode = [&](const std::string& name) {
        struct stat status {};
        REQUIRE(::stat(home.file(name).c_str(), &status) == 0);
        return status.st_mode & 07777;
    };
    CHECK(mode(".local") == 0700);
    CHECK(mode(".local/state") == 0700);
    CHECK(mode(".local/state/vigia") == 0750);
}

TEST_CASE("a folder that cannot be made is named", "[open]") {
    Folder home;
    write_text(home.file("state"), "a file");
    auto store = Store::open(config_at(home.file("state/vigia/history.db")));
    REQUIRE_FALSE(store);
    INFO(store.error().message());
    CHECK(store.error().message().find("make folder " + home.file("state/vigia")) == 0);
}

TEST_CASE("a file that is no database is set aside whole", "[open]") {
    Folder folder;
    std::string content = "Dear diary,\n" + std::string(5'000, 'x');
    write_text(folder.file("history.db"), content);
    check_set_aside(folder, "foreign", content);
}

TEST_CASE("another application's database is set aside whole", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    sql_execute(path,
                "PRAGMA application_id=7; CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    check_set_aside(folder, "foreign", read_text(path));
}

TEST_CASE("a database without an application's mark but with tables is set aside", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    sql_execute(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    check_set_aside(folder, "foreign", read_text(path));
}

TEST_CASE("an empty file becomes a database", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    write_text(path, "");
    auto store = open_store(path);
    CHECK(store->stats().notice.empty());
    CHECK(names_with(folder.path(), "history.db.foreign").empty());
}

TEST_CASE("a damaged database is set aside whole, wherever it is damaged", "[open]") {
    for (uint64_t page : {0, 1, 5}) {
        Folder folder;
        std::string path = folder.file("history.db");
        make_history(path, 70);
        REQUIRE(std::filesystem::file_size(path) > 10 * 4'096);
        overwrite(path, page == 0 ? 100 : page * 4'096, 900, '\xa5');
        INFO("page " << page);
        check_set_aside(folder, "damaged", read_text(path));
    }
}

TEST_CASE("a truncated database is set aside whole", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    make_history(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2 / 4'096 * 4'096);
    check_set_aside(folder, "damaged", read_text(path));
}

TEST_CASE("two databases set aside within a second keep both", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    for (int i = 0; i < 3; i++) {
        write_text(path, "not a database " + std::to_string(i));
        open_store(path);
    }
    CHECK(set_aside_names(folder, "foreign").size() == 3);
}

TEST_CASE("a newer database is refused and left untouched", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    make_history(path, 3, 1);
    sql_execute(path, "PRAGMA journal_mode=DELETE; PRAGMA user_version=99");
    std::string content = read_text(path);
    auto store = Store::open(config_at(path));
    REQUIRE(!store);
    CHECK(store.error().kind() == ErrorKind::newer);
    CHECK(store.error().message().find("format 99") != std::string::npos);
    CHECK(read_text(path) == content);
    CHECK(!exists(path + "-wal"));
    auto history = History::open(path);
    REQUIRE(!history);
    CHECK(history.error().kind() == ErrorKind::newer);
}

TEST_CASE("a newer database whose mark is still in its log is refused as well", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    make_history(path, 3, 1);
    {
        auto connection = Connection::open(path, Connection::Access::read_write);
        REQUIRE(connection);
        REQUIRE(connection->execute("PRAGMA user_version=99"));
    }
    REQUIRE(exists(path + "-wal"));
    std::string log = read_text(path + "-wal");
    auto store = Store::open(config_at(path));
    REQUIRE(!store);
    CHECK(store.error().kind() == ErrorKind::newer);
    CHECK(read_text(path + "-wal") == log);
}

TEST_CASE("a folder, a pipe and an empty name are refused", "[open]") {
    Folder folder;
    std::filesystem::create_directory(folder.file("folder"));
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    for (const std::string& path : {folder.file("folder"), folder.file("pipe"), std::string()}) {
        auto store = Store::open(config_at(path));
        REQUIRE(!store);
        CHECK(store.error().kind() == ErrorKind::usage);
    }
}

TEST_CASE("the files are for owner and group only", "[open]") {
    Folder folder;
    std::string path = folder.file("state/history.db");
    auto store = open_store(path);
    record(*store, some_decision(1));
    for (const std::string& name : {path, path + "-wal", path + "-shm", path + ".lock"}) {
        struct stat status;
        REQUIRE(::stat(name.c_str(), &status) == 0);
        CHECK((status.st_mode & 0027) == 0);
    }
}

TEST_CASE("a version-1 database made by hand opens and keeps its rows", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    sql_execute(path, "PRAGMA auto_vacuum=INCREMENTAL;" + std::string(schema_sql(1)) +
                          "PRAGMA application_id=" + std::to_string(application_id) +
                          "; PRAGMA user_version=1;"
                          "INSERT INTO system_raw (ts, interval_ns, cpu_ns, cpu_count) VALUES "
                          "(1700000000, 1000000000, 5, 4);"
                          "INSERT INTO meta VALUES ('highest_decision_id', '41');");
    HistoryQuery query;
    query.range = {0, UINT64_MAX};
    query.resolution = Resolution::raw;
    {
        auto reader = History::open(path); // before any daemon has migrated it
        REQUIRE(reader);
        const auto table = (*reader)->system(query);
        REQUIRE(table);
        CHECK(table->rows.size() == 1);
    }
    auto store = open_store(path);
    CHECK(store->stats().notice.empty());
    CHECK(store->next_decision_id() == 42);
    CHECK(sql_integer(path, "SELECT exits IS NULL FROM system_raw") == 1);
    CHECK(sql_integer(path, "SELECT cpu_ns FROM system_raw WHERE ts = 1700000000") == 5);
    CHECK(sql_integer(path, "PRAGMA user_version") == schema_version);
    CHECK(sql_text(path, "PRAGMA journal_mode") == "wal");
}

TEST_CASE("a new database has what the format promises of the file", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    CHECK(sql_integer(path, "PRAGMA application_id") == application_id);
    CHECK(sql_integer(path, "PRAGMA user_version") == schema_version);
    CHECK(sql_integer(path, "PRAGMA auto_vacuum") == 2);
    CHECK(sql_integer(path, "SELECT count(*) FROM session WHERE ended_ts IS NULL") == 1);
    CHECK(sql_integer(path, "SELECT count(*) FROM boot WHERE boot_id != ''") == 1);
    store.reset();
    CHECK(sql_integer(path, "SELECT count(*) FROM session WHERE ended_ts IS NULL") == 0);
}

TEST_CASE("damage that shows while running is set aside, and writing goes on", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    make_history(path, 300, 400);
    auto config = config_at(path);
    config.raw_age_ns = 60 * second_ns; // so that old pages are looked at again
    config.age_settle_ns = 0;
    auto store = open_store(config);
    record(*store, some_decision(5));
    // All but the first page, behind the back of the open connection.
    overwrite(path, 4'096, std::filesystem::file_size(path) - 4'096, '\x5a');
    SampleMaker maker;
    maker.process(1, 0.5, 1 << 20);
    for (int64_t i = 300; i < 440; i++) {
        store->submit(maker.at_ts(start_ts + i));
        (void)store->flush(long_enough_ns);
    }
    CHECK(store->stats().notice.find("set aside as") != std::string::npos);
    CHECK(store->stats().writable);
    CHECK(set_aside_names(folder, "damaged").size() == 1);
    CHECK(sql_text(path, "PRAGMA quick_check") == "ok");
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") > 0);
    record(*store, some_decision(6));
    CHECK(store->next_decision_id() == 7);
}

TEST_CASE("a database that somebody removes or moves while it is used is begun anew", "[open]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto store = open_store(path);
    SampleMaker maker;
    REQUIRE(store->submit(maker.at_ts(start_ts)));
    flush(*store);
    std::filesystem::remove(path);
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
    for (int64_t i = 1; i < 4; i++) {
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        (void)store->flush(long_enough_ns);
    }
    CHECK(exists(path));
    CHECK(store->stats().notice.find("moved or removed") != std::string::npos);
    CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") >= 1);
}
