// SPDX-License-Identifier: MIT
#include "collector/cli/history_grid.h"

#include <nlohmann/json.hpp>

#include "collector/cli/grids.h"
#include "collector/cli/story.h"
#include "collector/cli/width.h"
#include "collector/cli/writers.h"
#include "test/cli/csv_reader.h"
#include "test/cli/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::cli;
using nlohmann::json;

namespace {

storage::Cell cell(int64_t number) {
    return {storage::Cell::Type::integer, number, 0, {}};
}

storage::Cell cell(const std::string& text) {
    return {storage::Cell::Type::text, 0, 0, text};
}

storage::Table system_table() {
    storage::Table table;
    table.columns = {"ts",        "interval_ns",   "cpu_ns",
                     "cpu_count", "page_in_bytes", "memory_total_bytes"};
    table.rows = {{cell(1'763'632'800), {}, {}, cell(2), {}, cell(1024)},
                  {cell(1'763'632'801), cell(2'000'000'000), cell(2'000'000'000), cell(2),
                   cell(4096), cell(1024)}};
    return table;
}

policy::Decision decision() {
    policy::Decision told;
    told.id = 7;
    told.realtime_ns = 1'763'632'800 * ns_per_second;
    told.rule = "low-at-most-3";
    told.reason = "7 containers of class low, at most 3 are allowed";
    told.container_id = std::string(64, 'c');
    told.container_name = test::hostile_name;
    told.image = "busybox";
    told.ranker = "largest_memory";
    told.score_unit = "bytes";
    told.readings = {{"count_above", "class low", 7, 3, "containers", 0, 0}};
    told.ranking = {{told.container_id, test::hostile_name, "busybox", 536'870'912, "chosen", true},
                    {std::string(64, 'd'), "low-2", "busybox", 1024, "runner-up", false},
                    {std::string(64, 'e'), "grafana", "grafana", 0, "protected: its name", false}};
    told.candidates_total = 13;
    told.actions = {policy::ActionKind::stop, policy::ActionKind::remove};
    told.phase = policy::Phase::verified;
    told.steps = {// as the daemon writes them: an engine that agrees says nothing but 204
                  {told.realtime_ns, policy::ActionKind::stop, policy::Phase::decided, "", 0},
                  {told.realtime_ns, policy::ActionKind::stop, policy::Phase::requested, "", 0},
                  {told.realtime_ns + 1'200'000'000, policy::ActionKind::stop,
                   policy::Phase::answered, "", 204},
                  {told.realtime_ns + 1'100'000'000, policy::ActionKind::stop,
                   policy::Phase::verified, "no longer running\x1b[2J", 0}};
    return told;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("sums of the history get their rates, the host's CPU over all of its CPUs") {
    const json rows = json::parse(render_json(history_grid(system_table())));
    CHECK(rows[1]["cpu_ratio"].get<double>() == 0.5);
    CHECK(rows[1]["page_in_bytes_per_second"].get<double>() == 2048);
    CHECK(rows[1]["memory_total_bytes"].get<uint64_t>() == 1024);
    CHECK(rows[1]["cpu_ns"].get<uint64_t>() == 2'000'000'000);
}

TEST_CASE("a row without an interval has no rates, and a table without one gets none") {
    const json rows = json::parse(render_json(history_grid(system_table())));
    CHECK(rows[0]["cpu_ratio"].is_null());
    CHECK(rows[0]["page_in_bytes_per_second"].is_null());
    storage::Table bare;
    bare.columns = {"ts", "cpu_ns"};
    CHECK(history_grid(bare).columns.size() == 2);
}

TEST_CASE("a text id is the container's, and hostile text stays well-formed") {
    storage::Table table;
    table.columns = {"ts", "container", "id"};
    table.rows = {{cell(1), cell(test::hostile_name), cell(std::string(64, 'a'))}};
    const json rows = json::parse(render_json(history_grid(table)));
    CHECK(rows[0]["container_id"] == std::string(64, 'a'));
    CHECK_FALSE(rows[0]["container"].get<std::string>().empty());
}

TEST_CASE("a grid is arranged as the options say") {
    OutputOptions output;
    output.format = Format::csv;
    output.fields = {"ts", "cpu"};
    output.sort = "cpu_ratio";
    output.top = 1;
    Grid grid = history_grid(system_table());
    REQUIRE(arrange(grid, output, {}));
    const auto records = test::read_csv(render_csv(grid, true));
    REQUIRE(records.size() == 2);
    CHECK(records[0] == std::vector<std::string>{"ts", "cpu_ratio"});
    CHECK(records[1] == std::vector<std::string>{"1763632801", "0.5"});
}

TEST_CASE("fields that a grid lacks are refused, default ones are not missed") {
    OutputOptions output;
    output.fields = {"cpu_rato"};
    Grid grid = history_grid(system_table());
    const Status refused = arrange(grid, output, {});
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().message(), "cpu_ratio"));
    output.fields.clear();
    output.sort = "nothing";
    CHECK_FALSE(arrange(grid, output, {}));
    output.sort.clear();
    REQUIRE(arrange(grid, output, {"cpu_ratio", "absent", "ts"}));
    CHECK(grid.columns.size() == 2);
    CHECK(grid.columns[0].name == "cpu_ratio"); // in the order of the defaults
}

TEST_CASE("a decision's story has its rule, inputs, ranking, actions, answers and times") {
    const std::string story = tell(decision(), {100, 0, false, true});
    for (const char* part :
         {"Decision 7: stop, then remove", "low-at-most-3", "at most 3 are allowed", "count_above",
          "7 containers", "largest_memory, 13 looked at", "512 MiB", "chosen", "runner-up",
          "protected: its name", "and 10 more", "HTTP 204", "1.20 s", "verified"}) {
        INFO(part);
        CHECK(contains(story, part));
    }
    std::istringstream lines(story);
    for (std::string line; std::getline(lines, line);) {
        CHECK((line.empty() || to_human(Value{line}, Unit::text) == line)); // safe for a terminal
    }
}

TEST_CASE("each step of a story shows the engine's answer, and time never runs backwards") {
    policy::Decision told = decision();
    told.steps.push_back({told.realtime_ns + 2'000'000'000, policy::ActionKind::remove,
                          policy::Phase::failed, "removal refused", 409});
    told.steps.push_back({told.realtime_ns + 3'000'000'000, policy::ActionKind::remove,
                          policy::Phase::failed, "DELETE: HTTP 500: broken", 500});
    const std::string story = tell(told, {100, 0, false, true});
    const auto line_with = [&story](const std::string& part) {
        const std::size_t at = story.rfind(part);
        REQUIRE(at != std::string::npos);
        const std::size_t begin = story.rfind('\n', at) + 1;
        return story.substr(begin, story.find('\n', at) - begin);
    };
    CHECK(contains(line_with(" answered "), "1.20 s"));
    CHECK(contains(line_with(" answered "), "HTTP 204"));
    CHECK(contains(line_with("no longer running"), "1.20 s")); // seen by the sample before
    CHECK(contains(story, "HTTP 409: removal refused"));
    CHECK_FALSE(contains(story, "HTTP 500: DELETE"));
    CHECK_FALSE(contains(story, "1.10 s"));
}

TEST_CASE("a decision as JSON has everything the story has") {
    const json told = json::parse(decision_json(decision()));
    CHECK(told["id"] == 7);
    CHECK(told["actions"] == json::array({"stop", "remove"}));
    CHECK(told["readings"][0]["threshold"] == 3);
    CHECK(told["ranking"].size() == 3);
    CHECK(told["ranking"][0]["chosen"] == true);
    CHECK(told["steps"][1]["http_status"].is_null());
    CHECK(told["steps"][2]["http_status"] == 204);
    CHECK(told["phase"] == "verified");
}

TEST_CASE("a story tells what else happened around then, and only what is known of it") {
    storage::Table table;
    table.columns = {"realtime_ns", "kind", "container", "pid", "comm", "value", "text"};
    const int64_t at_ns = 1'763'632'800'000'000'000;
    table.rows = {{cell(at_ns), cell("oom_kill"), cell("web"), cell(900), cell(test::hostile_comm),
                   cell(0), cell("killed for lack of memory")},
                  {cell(at_ns + 1), cell("suspended"), {}, {}, {}, cell(7), cell("slept")}};
    const Grid around = history_grid(table);
    const std::string story = tell(decision(), {160, 0, false, true}, &around);
    for (const char* part : {"around then", "oom_kill", "web", "900", "lack of memory", "slept"}) {
        INFO(part);
        CHECK(contains(story, part));
    }
    CHECK_FALSE(contains(story, "RSS"));
    const json told = json::parse(decision_json(decision(), &around));
    REQUIRE(told["events_around"].size() == 2);
    CHECK(told["events_around"][0]["pid"] == 900);
    CHECK(told["events_around"][1]["container"].is_null());
    const Grid quiet = history_grid({});
    CHECK_FALSE(contains(tell(decision(), {100, 0, false, true}, &quiet), "around then"));
    CHECK(json::parse(decision_json(decision(), &quiet))["events_around"].empty());
}

TEST_CASE("a list of decisions is a line each, however hostile the names") {
    const std::string table = render_table(decisions_grid({decision(), decision()}), {80});
    CHECK(std::count(table.begin(), table.end(), '\n') == 3);
    CHECK(test::read_csv(render_csv(decisions_grid({decision()}), true)).size() == 2);
}

TEST_CASE("an empty decision can be told") {
    CHECK(contains(tell(policy::Decision{}, {}), "Decision 0: nothing"));
    CHECK(json::parse(decision_json(policy::Decision{})).is_object());
}

TEST_CASE("quantities carry their unit") {
    CHECK(quantity(536'870'912, "bytes") == "512 MiB");
    CHECK(quantity(0.8, "ratio") == "80.0 %");
    CHECK(quantity(1024, "bytes_per_second") == "1.00 KiB/s");
    CHECK(quantity(3, "containers") == "3 containers");
    CHECK(quantity(3, "") == "3");
}
