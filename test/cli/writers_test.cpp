// SPDX-License-Identifier: MIT
#include "collector/cli/writers.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "test/cli/csv_reader.h"
#include "test/cli/fixture.h"
#include "test/support/catch.h"

using namespace vigia::cli;
using nlohmann::json;
using vigia::test::hostile_name;

namespace {

Grid all_kinds() {
    Grid grid;
    grid.columns = {{"text", "TEXT", Unit::text}, {"unsigned", "U", Unit::count},
                    {"signed", "S", Unit::count}, {"real", "R", Unit::ratio},
                    {"flag", "F", Unit::text},    {"nothing", "N", Unit::bytes},
                    {"nan", "NAN", Unit::ratio},  {"odd \"name\",\n", "O", Unit::count}};
    grid.rows = {{hostile_name, UINT64_MAX, int64_t{-7}, 0.1, true, Value{}, std::nan(""), 1.0},
                 {std::string(), uint64_t{0}, INT64_MIN, 1e-300, false, Value{}, INFINITY, -0.0}};
    return grid;
}

} // namespace

TEST_CASE("JSON is well-formed and exact for every kind of value and hostile text") {
    const json parsed = json::parse(render_json(all_kinds()));
    REQUIRE(parsed.size() == 2);
    CHECK(parsed[0]["unsigned"].get<uint64_t>() == UINT64_MAX);
    CHECK(parsed[0]["signed"].get<int64_t>() == -7);
    CHECK(parsed[0]["real"].get<double>() == 0.1);
    CHECK(parsed[0]["flag"].get<bool>());
    CHECK(parsed[0]["nothing"].is_null());
    CHECK(parsed[0]["nan"].is_null());
    CHECK(parsed[0].contains("odd \"name\",\n"));
    CHECK(parsed[0]["text"].get<std::string>().find('\x1b') != std::string::npos); // kept, escaped
    CHECK(parsed[1]["signed"].get<int64_t>() == INT64_MIN);
    CHECK(parsed[1]["real"].get<double>() == 1e-300);
    CHECK(parsed[1]["text"].get<std::string>().empty());
}

TEST_CASE("JSON holds no raw control character") {
    for (const char letter : render_json(all_kinds())) {
        CHECK((letter == '\n' || static_cast<unsigned char>(letter) >= 0x20));
    }
}

TEST_CASE("each line of NDJSON is an object by itself") {
    std::istringstream lines(render_ndjson(all_kinds()));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        CHECK(json::parse(line).is_object());
    }
    CHECK(count == 2);
}

TEST_CASE("no rows are an empty array, no lines, and the header alone") {
    Grid grid = all_kinds();
    grid.rows.clear();
    CHECK(json::parse(render_json(grid)).empty());
    CHECK(render_ndjson(grid).empty());
    CHECK(vigia::test::read_csv(render_csv(grid, true)).size() == 1);
    CHECK(render_csv(grid, false).empty());
}

TEST_CASE("CSV comes back as it was written") {
    const auto records = vigia::test::read_csv(render_csv(all_kinds(), true));
    REQUIRE(records.size() == 3);
    for (const auto& record : records) {
        CHECK(record.size() == all_kinds().columns.size());
    }
    CHECK(records[0][7] == "odd \"name\",\n");
    CHECK(records[1][0] == json::parse(render_json(all_kinds()))[0]["text"].get<std::string>());
    CHECK(records[1][1] == "18446744073709551615");
    CHECK(records[1][3] == "0.1");
    CHECK(records[1][4] == "true");
    CHECK(records[1][5].empty());
    CHECK(records[1][6].empty());
}

TEST_CASE("nested JSON has its commas in the right places") {
    JsonWriter writer;
    writer.begin_object().member("a", uint64_t{1}).key("b").begin_array();
    writer.value(true).begin_object().end_object().begin_array().end_array().value(Value{});
    writer.end_array().key("c").begin_object().end_object().member("d", std::string("x"));
    CHECK(writer.end_object().text() == R"({"a":1,"b":[true,{},[],null],"c":{},"d":"x"})");
}
