// SPDX-License-Identifier: MIT
// storage/FORMAT.md says what is: its schema is the one that is created, its queries run.
#include <vector>

#include "storage/columns.h"
#include "storage/schema.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

std::vector<std::string> sql_blocks() {
    const std::string open = "```sql\n";
    std::string text = read_text(FORMAT_PATH);
    std::vector<std::string> blocks;
    for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
        at += open.size();
        blocks.push_back(text.substr(at, text.find("```", at) - at));
    }
    return blocks;
}

void make_example(const std::string& path) {
    auto store = open_store(path);
    SampleMaker maker;
    maker.container(std::string(64, 'a'), "web", "nginx");
    maker.process(1, 0.5, 50 << 20, "nginx").container = 0;
    for (uint32_t pid = 2; pid < 20; pid++) {
        maker.process(pid, 0.01, 1 << 20, "worker");
    }
    for (int64_t i = 0; i < 130; i++) {
        maker.sample().gap = i == 5 ? Gap::suspended : Gap::none;
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        flush(*store);
    }
    Incident kill;
    kill.realtime_ns = static_cast<uint64_t>(start_ts) * second_ns;
    kill.container = 0;
    kill.pid = 2;
    maker.sample().incidents = std::span(&kill, 1);
    REQUIRE(store->submit(maker.at_ts(start_ts + 130)));
    flush(*store);
    record(*store, some_decision(1));
}

} // namespace

TEST_CASE("the schema in FORMAT.md is the one that is created", "[format]") {
    auto blocks = sql_blocks();
    REQUIRE(!blocks.empty());
    CHECK(blocks.back() == schema_sql());
}

TEST_CASE("every example query of FORMAT.md runs and finds something", "[format]") {
    Folder folder;
    make_example(folder.file("history.db"));
    auto connection =
        Connection::open(folder.file("history.db"), Connection::Access::read_only).value();
    auto blocks = sql_blocks();
    REQUIRE(blocks.size() > 5);
    blocks.pop_back();
    for (const std::string& sql : blocks) {
        INFO(sql);
        auto statement = connection.prepare(sql);
        REQUIRE(statement);
        auto row = statement->step();
        REQUIRE(row);
        CHECK(*row);
    }
}

TEST_CASE("every view answers", "[format]") {
    Folder folder;
    std::string path = folder.file("history.db");
    make_example(path);
    auto connection = Connection::open(path, Connection::Access::read_only).value();
    auto views = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").value();
    int count = 0;
    for (; *views.step(); count++) {
        std::string view = views.text(0);
        INFO(view);
        CHECK(sql_integer(path, "SELECT ts FROM " + view) >= start_ts);
    }
    CHECK(count == 8);
    CHECK(sql_integer(path, "SELECT cpu_ratio * 1000 FROM v_system WHERE ts = 1700000050") == 250);
    CHECK(sql_integer(path, "SELECT cpu_ratio * 1000 FROM v_process WHERE pid = 1") == 500);
    CHECK(sql_integer(path, "SELECT cpu_ratio * 1000 FROM v_container_minute") == 500);
}

TEST_CASE("tables have the columns that the code writes, in its order", "[format]") {
    Folder folder;
    std::string path = folder.file("history.db");
    open_store(path);
    for (const Kind* kind : kinds) {
        std::string raw;
        std::string rolled;
        std::size_t number = 0;
        for (const Column& column : kind->columns) {
            raw += "," + std::string(column.name);
            if (number++ == kind->first_columns) { // the rest came with version 2
                rolled += "," + std::string(kind->peak);
            }
            rolled += "," + std::string(column.name);
        }
        if (kind->first_columns == kind->columns.size()) {
            rolled += "," + std::string(kind->peak);
        }
        std::string name(kind->name);
        std::string series = kind->series.empty() ? "" : "," + std::string(kind->series);
        std::string columns = "SELECT group_concat(name) FROM pragma_table_info('" + name;
        CHECK(sql_text(path, columns + "_raw')") == "ts" + series + raw);
        for (const char* width : {"_minute')", "_hour')"}) {
            std::string key = series.empty() ? "ts" : series.substr(1) + ",ts";
            CHECK(sql_text(path, columns + width) == key + ",samples" + rolled);
        }
    }
}
