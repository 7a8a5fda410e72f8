// SPDX-License-Identifier: MIT
#include "collector/cli/history_grid.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "collector/cli/columns.h"

namespace vigia::cli {
namespace {

// A sum over the interval, and what it is called per time.
struct Rate {
    std::string_view sum;
    std::string_view name;
    std::string_view title;
    Unit unit;
};

constexpr Rate rates[] = {
    {"cpu_ns", "cpu_ratio", "CPU%", Unit::cpu_ratio},
    {"cpu_user_ns", "cpu_user_ratio", "USER%", Unit::cpu_ratio},
    {"cpu_system_ns", "cpu_system_ratio", "SYSTEM%", Unit::cpu_ratio},
    {"cpu_iowait_ns", "cpu_iowait_ratio", "IOWAIT%", Unit::cpu_ratio},
    {"cpu_steal_ns", "cpu_steal_ratio", "STEAL%", Unit::cpu_ratio},
    {"run_delay_ns", "run_delay_ratio", "WAIT%", Unit::cpu_ratio},
    {"cpu_pressure_some_ns", "cpu_pressure_some_ratio", "CPU STALL%", Unit::ratio},
    {"memory_pressure_some_ns", "memory_pressure_some_ratio", "MEM STALL%", Unit::ratio},
    {"memory_pressure_full_ns", "memory_pressure_full_ratio", "MEM FULL%", Unit::ratio},
    {"io_pressure_some_ns", "io_pressure_some_ratio", "IO STALL%", Unit::ratio},
    {"io_pressure_full_ns", "io_pressure_full_ratio", "IO FULL%", Unit::ratio},
    {"read_bytes", "read_bytes_per_second", "READ/S", Unit::bytes_per_second},
    {"write_bytes", "write_bytes_per_second", "WRITE/S", Unit::bytes_per_second},
    {"page_in_bytes", "page_in_bytes_per_second", "READ/S", Unit::bytes_per_second},
    {"page_out_bytes", "page_out_bytes_per_second", "WRITE/S", Unit::bytes_per_second},
    {"swap_in_bytes", "swap_in_bytes_per_second", "SWAP IN/S", Unit::bytes_per_second},
    {"swap_out_bytes", "swap_out_bytes_per_second", "SWAP OUT/S", Unit::bytes_per_second},
    {"context_switches", "context_switches_per_second", "SWITCH/S", Unit::per_second},
    {"interrupts", "interrupts_per_second", "INT/S", Unit::per_second},
    {"forks", "forks_per_second", "FORKS/S", Unit::per_second},
    {"page_faults", "page_faults_per_second", "FAULTS/S", Unit::per_second},
    {"page_major_faults", "page_major_faults_per_second", "MAJFLT/S", Unit::per_second},
    {"major_faults", "major_faults_per_second", "MAJFLT/S", Unit::per_second},
};

struct Title {
    std::string_view name;
    std::string_view title;
};

constexpr Title titles[] = {
    {"ts", "TIME"},
    {"load_1min_millitasks", "LOAD 1MIN"},
    {"memory_available_bytes", "AVAILABLE"},
    {"memory_bytes", "MEMORY"},
    {"rss_bytes", "RSS"},
    {"comm", "COMMAND"},
    {"command_line", "ARGUMENTS"},
    {"cpu_ns", "CPU TIME"},
    {"tasks_running", "RUNNING"},
    {"realtime_ns", "TIME"},
};

std::string title_of(std::string_view name) {
    for (const Title& title : titles) {
        if (title.name == name) {
            return std::string(title.title);
        }
    }
    std::string text(name);
    for (char& letter : text) {
        letter = letter == '_'
                     ? ' '
                     : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
}

// Columns that may be cut, and those that go first on a narrow terminal.
void set_layout(Heading& heading) {
    constexpr std::array<std::string_view, 11> cuttable{
        "command_line", "image", "container", "name",   "reason",        "labels",
        "rule",         "comm",  "text",      "cgroup", "trigger_cgroup"};
    const auto found = std::find(cuttable.begin(), cuttable.end(), heading.name);
    if (found != cuttable.end()) {
        heading.minimum_width = 9;
    }
    heading.drop_rank = heading.name == "command_line" ? 9 : heading.name == "image" ? 8 : 0;
}

Heading heading_of(const std::string& column, bool is_text) {
    Heading heading;
    heading.name = column == "id" && is_text ? "container_id" : column;
    heading.title = title_of(heading.name);
    heading.unit = is_text ? Unit::text : unit_of(column);
    set_layout(heading);
    return heading;
}

bool holds_text(const storage::Table& table, std::size_t column) {
    return std::any_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
        return row[column].type == storage::Cell::Type::text;
    });
}

Value value_of(const storage::Cell& cell) {
    switch (cell.type) {
    case storage::Cell::Type::integer:
        return cell.integer;
    case storage::Cell::Type::real:
        return cell.real;
    case storage::Cell::Type::text:
        return cell.text;
    case storage::Cell::Type::null:
        break;
    }
    return {};
}

std::optional<double> number_of(const storage::Cell& cell) {
    if (cell.type == storage::Cell::Type::integer) {
        return static_cast<double>(cell.integer);
    }
    return cell.type == storage::Cell::Type::real ? std::optional(cell.real) : std::nullopt;
}

std::optional<std::size_t> position_of(const storage::Table& table, std::string_view name) {
    const auto found = std::find(table.columns.begin(), table.columns.end(), name);
    return found == table.columns.end() ? std::nullopt
                                        : std::optional<std::size_t>(found - table.columns.begin());
}

void add_rate(Grid& grid, const storage::Table& table, const Rate& rate, std::size_t sum,
              std::size_t interval, std::optional<std::size_t> cpus) {
    Heading& heading = grid.columns.emplace_back();
    heading.name = rate.name;
    heading.title = rate.title;
    heading.unit = rate.unit;
    const bool is_time = rate.unit == Unit::cpu_ratio || rate.unit == Unit::ratio;
    // The host's CPU times are sums over all CPUs; its ratio is of all of them.
    const bool of_all_cpus = cpus && rate.unit == Unit::cpu_ratio;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto amount = number_of(table.rows[row][sum]);
        const auto interval_ns = number_of(table.rows[row][interval]);
        const auto share = of_all_cpus ? number_of(table.rows[row][*cpus]) : std::optional(1.0);
        const bool known = amount && interval_ns && *interval_ns > 0 && share && *share > 0;
        Value& cell = grid.rows[row].emplace_back();
        if (known) {
            cell = *amount / *interval_ns * (is_time ? 1 : 1e9) / *share;
        }
    }
}

} // namespace

Grid history_grid(const storage::Table& table) {
    Grid grid;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        grid.columns.push_back(heading_of(table.columns[column], holds_text(table, column)));
    }
    for (const auto& row : table.rows) {
        auto& cells = grid.rows.emplace_back();
        std::transform(row.begin(), row.end(), std::back_inserter(cells), value_of);
    }
    const auto interval = position_of(table, "interval_ns");
    for (const Rate& rate : rates) {
        const auto sum = position_of(table, rate.sum);
        if (sum && interval) {
            add_rate(grid, table, rate, *sum, *interval, position_of(table, "cpu_count"));
        }
    }
    return grid;
}

Grid decisions_grid(const std::vector<policy::Decision>& decisions) {
    Grid grid;
    grid.columns = {{"id", "ID", Unit::identity},
                    {"realtime_ns", "TIME", Unit::time_ns},
                    {"mode", "MODE", Unit::text, 5},
                    {"rule", "RULE", Unit::text, 4, 8},
                    {"action", "ACTION", Unit::text},
                    {"container", "CONTAINER", Unit::text, 0, 9},
                    {"container_id", "CONTAINER ID", Unit::text},
                    {"image", "IMAGE", Unit::text, 6, 8},
                    {"phase", "OUTCOME", Unit::text},
                    {"reason", "REASON", Unit::text, 3, 12}};
    for (const policy::Decision& decision : decisions) {
        std::string actions;
        for (const policy::ActionKind action : decision.actions) {
            actions += (actions.empty() ? "" : ", ") + std::string(to_string(action));
        }
        grid.rows.push_back({decision.id, decision.realtime_ns,
                             std::string(to_string(decision.mode)), decision.rule, actions,
                             decision.container_name, decision.container_id, decision.image,
                             std::string(to_string(decision.phase)), decision.reason});
    }
    return grid;
}

std::vector<std::string_view> default_fields_of(std::string_view what) {
    if (what == "containers") {
        return {"ts",
                "container",
                "cpu_ratio",
                "memory_bytes",
                "read_bytes_per_second",
                "write_bytes_per_second",
                "processes",
                "oom_kills",
                "image"};
    }
    if (what == "processes") {
        return {"ts",
                "pid",
                "container",
                "cpu_ratio",
                "rss_bytes",
                "read_bytes_per_second",
                "write_bytes_per_second",
                "comm",
                "command_line"};
    }
    if (what == "events") {
        return {"realtime_ns", "kind", "container", "pid", "comm", "rss_bytes", "value", "text"};
    }
    if (what == "decisions") {
        return {"id", "realtime_ns", "mode", "rule", "action", "container", "phase", "reason"};
    }
    return {"ts",
            "cpu_ratio",
            "memory_available_bytes",
            "page_in_bytes_per_second",
            "page_out_bytes_per_second",
            "memory_pressure_some_ratio",
            "tasks_running",
            "processes",
            "containers"};
}

} // namespace vigia::cli
