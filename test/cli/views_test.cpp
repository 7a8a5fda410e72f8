// SPDX-License-Identifier: MIT
#include "collector/cli/views.h"

#include <array>
#include <csignal>
#include <cstring>
#include <set>

#include <nlohmann/json.hpp>

#include "collector/cli/filter.h"
#include "collector/cli/panel.h"
#include "collector/cli/panel_text.h"
#include "collector/cli/system_json.h"
#include "collector/cli/width.h"
#include "collector/cli/writers.h"
#include "test/cli/csv_reader.h"
#include "test/cli/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::cli;
using nlohmann::json;

namespace {

std::vector<std::size_t> all_of(std::size_t count) {
    std::vector<std::size_t> indexes(count);
    for (std::size_t i = 0; i < count; ++i) {
        indexes[i] = i;
    }
    return indexes;
}

// Valid UTF-8 without anything that moves a cursor: what to_terminal() promises.
bool is_safe_for_terminal(const std::string& line) {
    return to_human(Value{line}, Unit::text) == (line.empty() ? "-" : line);
}

template <typename Row>
void check_everything(std::span<const Column<Row>> columns, const std::vector<Row>& rows) {
    const Grid grid = make_grid(columns, all_of(columns.size()), rows);
    const json parsed = json::parse(render_json(grid));
    const auto records = vigia::test::read_csv(render_csv(grid, true));
    REQUIRE(parsed.size() == rows.size());
    REQUIRE(records.size() == rows.size() + 1);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        CHECK(parsed[row].size() == columns.size());
        CHECK(records[row + 1].size() == columns.size());
        for (std::size_t column = 0; column < columns.size(); ++column) {
            INFO(columns[column].info.name);
            const json& value = parsed[row][std::string(columns[column].info.name)];
            CHECK(value.is_null() == records[row + 1][column].empty());
        }
    }
    std::istringstream table(render_table(grid, {}));
    std::size_t lines = 0;
    for (std::string line; std::getline(table, line); ++lines) {
        CHECK(is_safe_for_terminal(line));
    }
    CHECK(lines == rows.size() + 1); // a newline in a name makes no line
}

template <typename Row>
void check_registry(std::span<const Column<Row>> columns) {
    std::set<std::string_view> names;
    for (const auto& column : columns) {
        INFO(column.info.name);
        CHECK(names.insert(column.info.name).second);
        CHECK_FALSE(column.info.help.empty());
        CHECK_FALSE(column.info.title.empty());
        CHECK(column.info.name.size() <= 31); // the help's columns stay aligned
        const std::vector<ColumnInfo> infos = infos_of(columns);
        const auto found = find_column(infos, column.info.name);
        REQUIRE(found);
        CHECK(infos[*found].name == column.info.name);
    }
}

// A title is an alias: it must lead to its own column.
template <typename Row>
void check_titles(std::span<const Column<Row>> columns) {
    std::set<std::string_view> titles;
    for (const auto& column : columns) {
        INFO(column.info.title);
        CHECK(titles.insert(column.info.title).second);
    }
}

template <typename Row>
Value get(std::span<const Column<Row>> columns, const Row& row, std::string_view name) {
    return columns[*find_column(infos_of(columns), name)].get(row);
}

} // namespace

TEST_CASE("of containers that are gone only those are shown in which something ended") {
    test::Host host;
    const std::size_t living = host.sample.containers.size();
    std::array<ContainerSample, 2> departed{};
    departed[0].is_gone = departed[1].is_gone = true; // one's events came before its first snapshot
    departed[1].exits.known = true;
    departed[1].exits.count = 1;
    host.sample.departed = departed;
    const auto rows = container_rows(host.sample, {});
    REQUIRE(rows.size() == living + 1);
    CHECK(rows.back().container == &departed[1]);
}

TEST_CASE("every column of every view is well-formed for hostile names") {
    test::Host host;
    UserNames users;
    check_everything(process_columns(), process_rows(host.sample, {}, users));
    check_everything(container_columns(), container_rows(host.sample, {}));
    check_everything(system_columns(), std::vector<SystemRow>{{&host.sample}});
    check_everything(cpu_columns(), std::vector<CpuRow>{{&host.cpus[0], &host.sample}});
    check_everything(mount_columns(), std::vector<MountRow>{{&host.mounts[0], &host.sample},
                                                            {&host.mounts[1], &host.sample}});
}

TEST_CASE("every column has a name, a title and a help of its own") {
    check_registry(process_columns());
    check_registry(container_columns());
    check_registry(system_columns());
    check_registry(cpu_columns());
    check_registry(mount_columns());
    check_registry(exit_columns());
    check_registry(event_columns());
    check_titles(process_columns());
    check_titles(container_columns());
    check_titles(system_columns());
    check_titles(cpu_columns());
    check_titles(mount_columns());
    check_titles(exit_columns());
    check_titles(event_columns());
}

TEST_CASE("what ended and what happened is shown safely, and as null where it was not told") {
    test::Host host;
    UserNames users;
    ExitSample known;
    known.record.pid = 7;
    known.record.valid = VIGIA_EVENT_VALID_STATUS | VIGIA_EVENT_VALID_RUNTIME;
    known.record.exit_signal = SIGSEGV;
    known.record.flags = VIGIA_EVENT_EXIT_CORE_DUMPED;
    known.record.cpu_runtime_ns = 5;
    known.container = 1; // the one with the hostile name
    std::memcpy(known.comm.data(), test::hostile_comm, sizeof(test::hostile_comm));
    const std::vector<ExitSample> exits{known, ExitSample{}};
    host.sample.exits = exits;
    const auto rows = exit_rows(host.sample, {}, users);
    REQUIRE(rows.size() == 2);
    check_everything(exit_columns(), rows);
    CHECK(get(exit_columns(), rows[0], "end") == Value{std::string("SIGSEGV, core")});
    CHECK(get(exit_columns(), rows[0], "cpu_runtime_ns") == Value{uint64_t{5}});
    for (const char* name : {"end", "cpu_runtime_ns", "comm", "user", "container", "age_ns"}) {
        INFO(name);
        CHECK(get(exit_columns(), rows[1], name) == Value{});
    }
    Filter filter;
    filter.pids = {7};
    CHECK(exit_rows(host.sample, filter, users).size() == 1);

    vigia_event_exec exec{};
    exec.kind = VIGIA_EVENT_EXEC;
    exec.valid = VIGIA_EVENT_VALID_NAME;
    exec.file_name_length_bytes = 400;
    std::memset(exec.file_name, '\x1b', sizeof(exec.file_name)); // no NUL anywhere
    EventRow event{{}, host.sample.at, test::hostile_name, "id", test::hostile_comm};
    std::memcpy(&event.event, &exec, sizeof(exec));
    EventRow unknown{{}, host.sample.at, {}, {}, {}};
    unknown.event.kind = 999;
    check_everything(event_columns(), std::vector<EventRow>{event, unknown});
    CHECK(get(event_columns(), event, "file_name") == Value{std::string(72, '\x1b')});
    CHECK(get(event_columns(), unknown, "kind") == Value{std::string("unknown")});
    CHECK(get(event_columns(), unknown, "exit_code") == Value{});
}

TEST_CASE("units in names and units in columns agree") {
    for (const auto& column : process_columns()) {
        INFO(column.info.name);
        const Unit by_name = unit_of(column.info.name);
        const bool special = column.info.unit == Unit::text ||
                             column.info.unit == Unit::cpu_ratio ||
                             column.info.unit == Unit::identity;
        CHECK((special || by_name == column.info.unit));
    }
}

TEST_CASE("a field without its valid bit is nothing, one with it is its value") {
    test::Host host;
    UserNames users;
    const ProcessRow known{&host.processes[1], &host.sample, &users};
    const ProcessRow unknown{&host.processes[2], &host.sample, &users};
    CHECK(get(process_columns(), known, "rss_bytes") == Value{uint64_t{512} << 20});
    CHECK(get(process_columns(), known, "cpu_ratio") == Value{1.25});
    for (const char* name : {"rss_bytes", "cpu_ratio", "cpu_runtime_ns", "uid", "user",
                             "read_bytes", "cgroup_id", "namespace_pid", "oom_score_adjustment",
                             "swap_bytes", "run_delay_ns", "voluntary_switches", "minor_faults"}) {
        INFO(name);
        CHECK(get(process_columns(), unknown, name) == Value{});
    }
}

TEST_CASE("rates of a new process are unknown although its counters are not") {
    test::Host host;
    UserNames users;
    host.processes[1].rates.known = false;
    const ProcessRow row{&host.processes[1], &host.sample, &users};
    CHECK(get(process_columns(), row, "cpu_ratio") == Value{});
    CHECK(get(process_columns(), row, "read_bytes_per_second") == Value{});
    CHECK(get(process_columns(), row, "cpu_runtime_ns") == Value{uint64_t{0}});
}

TEST_CASE("a process names its container, and the engine's name goes before the id") {
    test::Host host;
    UserNames users;
    const ProcessRow in_container{&host.processes[1], &host.sample, &users};
    const ProcessRow on_host{&host.processes[0], &host.sample, &users};
    CHECK(get(process_columns(), in_container, "container") == Value{std::string("web")});
    CHECK(get(process_columns(), in_container, "container_id") == Value{host.plain_id});
    CHECK(get(process_columns(), on_host, "container") == Value{});
    host.containers[0].info = nullptr;
    CHECK(get(process_columns(), in_container, "container") == Value{std::string(12, 'a')});
    host.processes[1].container = 99; // beyond the list: nobody's
    CHECK(get(process_columns(), in_container, "container") == Value{});
}

TEST_CASE("a container without a cgroup has no measurements") {
    test::Host host;
    host.containers[0].has_cgroup = false;
    const ContainerRow row{&host.containers[0], &host.sample};
    for (const char* name : {"cpu_ratio", "memory_bytes", "memory_limit_bytes",
                             "memory_limit_ratio", "cgroup_id", "oom_kills"}) {
        INFO(name);
        CHECK(get(container_columns(), row, name) == Value{});
    }
    CHECK(get(container_columns(), row, "restart_count") == Value{uint64_t{3}});
}

TEST_CASE("memory against a limit, and no share without one") {
    test::Host host;
    const ContainerRow row{&host.containers[0], &host.sample};
    CHECK(get(container_columns(), row, "memory_limit_ratio") == Value{600.0 / 1024.0});
    host.containers[0].record.memory_limit_bytes = VIGIA_NO_LIMIT;
    CHECK(get(container_columns(), row, "memory_limit_ratio") == Value{});
}

TEST_CASE("times since boot become ages and wall-clock times, never wrapped ones") {
    test::Host host;
    UserNames users;
    const ProcessRow row{&host.processes[1], &host.sample, &users};
    CHECK(get(process_columns(), row, "age_ns") == Value{10 * ns_per_second});
    CHECK(get(process_columns(), row, "start_realtime_ns") ==
          Value{host.sample.at.realtime_ns - 10 * ns_per_second});
    host.processes[1].record.start_time_ns = 7'000 * ns_per_second; // after the sample began
    CHECK(get(process_columns(), row, "age_ns") == Value{});
    CHECK(get(process_columns(), row, "start_realtime_ns") == Value{});
}

TEST_CASE("filters are globs, ids by their beginning, and all must hold") {
    test::Host host;
    UserNames users;
    const auto pids = [&](const Filter& filter) {
        std::vector<uint32_t> found;
        for (const ProcessRow& row : process_rows(host.sample, filter, users)) {
            found.push_back(row.process->record.pid);
        }
        return found;
    };
    Filter filter;
    filter.comm = "ngi*";
    CHECK(pids(filter) == std::vector<uint32_t>{4242});
    filter.user = "4000000001";
    CHECK(pids(filter).empty());
    CHECK(is_narrow(filter));
    Filter by_id;
    by_id.container = "aaaaaa";
    CHECK(pids(by_id) == std::vector<uint32_t>{4242});
    Filter by_pid;
    by_pid.pids = {1, 77};
    CHECK(pids(by_pid) == std::vector<uint32_t>{1});
    Filter by_state;
    by_state.state = "running";
    CHECK(pids(by_state) == std::vector<uint32_t>{4242});
    CHECK_FALSE(is_narrow({}));
}

TEST_CASE("rows are sorted with unknown ones last in both directions, and cut after that") {
    test::Host host;
    UserNames users;
    const auto columns = process_columns();
    const auto sorted = [&](const char* order, std::size_t top) {
        auto rows = process_rows(host.sample, {}, users);
        const auto sort = find_sort(infos_of(columns), order);
        REQUIRE(sort);
        sort_rows(columns, Selection{{}, sort->column, sort->descending}, top, rows);
        std::vector<uint32_t> pids;
        for (const auto& row : rows) {
            pids.push_back(row.process->record.pid);
        }
        return pids;
    };
    CHECK(sorted("cpu", 0) == std::vector<uint32_t>{4242, 1, 4'294'967'295});
    CHECK(sorted("cpu_ratio:asc", 0) == std::vector<uint32_t>{1, 4242, 4'294'967'295});
    CHECK(sorted("pid", 2) == std::vector<uint32_t>{1, 4242});
    CHECK(sorted("PID:desc", 1) == std::vector<uint32_t>{4'294'967'295});
}

TEST_CASE("an unknown field gets the nearest name") {
    const auto infos = infos_of(process_columns());
    const auto message = [&](const char* name) {
        return find_column(infos, name).error().message();
    };
    CHECK(message("rss_byte").find("did you mean \"rss_bytes\"") != std::string::npos);
    CHECK(message("rsss").find("did you mean \"rss\"") != std::string::npos);
    CHECK(message("contianer").find("did you mean \"container\"") != std::string::npos);
    CHECK(message("runtime").find("cpu_runtime_ns") != std::string::npos);
    CHECK(message("zzzzzzzzzzzzzzz").find("did you mean") == std::string::npos);
    CHECK(message("\x1b[31m").find('\x1b') == std::string::npos);
    CHECK(find_column(infos, "zzz").error().kind() == ErrorKind::usage);
    CHECK_FALSE(find_sort(infos, "pid:up"));
    CHECK_FALSE(find_sort(infos, ""));
}

TEST_CASE("people get the default fields, programs all of them, and both what they ask for") {
    const auto infos = infos_of(process_columns());
    CHECK(find_fields(infos, {}, false)->size() == infos.size());
    CHECK(find_fields(infos, {}, true)->size() < infos.size());
    CHECK(*find_fields(infos, {"cpu", "PID"}, false) ==
          std::vector<std::size_t>{*find_column(infos, "cpu_ratio"), 0});
    CHECK_FALSE(find_fields(infos, {"pid", "nope"}, true));
}

TEST_CASE("the default tables fit 80 columns with hostile names in them") {
    test::Host host;
    UserNames users;
    const auto fields = find_fields(infos_of(process_columns()), {}, true);
    const auto containers = find_fields(infos_of(container_columns()), {}, true);
    const std::string tables =
        render_table(make_grid(process_columns(), *fields, process_rows(host.sample, {}, users)),
                     {80, 0, false, true}) +
        render_table(make_grid(container_columns(), *containers, container_rows(host.sample, {})),
                     {80, 0, false, true});
    std::istringstream lines(tables);
    for (std::string line; std::getline(lines, line);) {
        CHECK(display_width(line) <= 80);
    }
}

TEST_CASE("the host as JSON holds its CPUs and mount points") {
    test::Host host;
    const json parsed = json::parse(system_json(host.sample));
    CHECK(parsed["hostname"] == "tower");
    CHECK(parsed["memory_used_bytes"].get<uint64_t>() == uint64_t{12} << 30);
    CHECK(parsed["cpus"].size() == 2);
    CHECK(parsed["mounts"][0]["path"] == "/");
    CHECK(parsed["mounts"][1]["total_bytes"].is_null());
}

TEST_CASE("the panel shows the host at any width, known or not") {
    test::Host host;
    for (const std::size_t width : {20U, 40U, 80U, 140U}) {
        std::istringstream lines(render_panel(host.sample, {width, 0, false, true}));
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            CHECK(display_width(line) <= width);
            CHECK(is_safe_for_terminal(line));
        }
    }
    const std::string panel = render_panel(host.sample, {80, 0, false, true});
    CHECK(panel.find("tower, Linux 6.1.0") != std::string::npos);
    CHECK(panel.find("12.0 GiB of 16.0 GiB") != std::string::npos);
    CHECK(panel.find("memory 25.0 %") != std::string::npos);
    host.sample.system.record.valid = 0;
    const std::string blind = render_panel(host.sample, {80, 0, false, true});
    CHECK(blind.find("this kernel reports no pressure") != std::string::npos);
    CHECK(blind.find("nan") == std::string::npos);
}

TEST_CASE("a bar is as long as it should be for any ratio") {
    CHECK(bar(0.5, 4) == "██░░");
    for (const double ratio : {-1.0, 0.0, 0.3, 1.0, 7.0, std::nan("")}) {
        CHECK(display_width(bar(ratio, 10)) == 10);
    }
}
