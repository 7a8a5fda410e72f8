// SPDX-License-Identifier: MIT
// The reading side of the history: a read-only connection that never checkpoints. For the command
// line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "policy/decision.h"

namespace vigia::storage {

enum class Resolution : uint8_t { automatic, raw, minute, hour };

struct TimeRange {
    uint64_t since_realtime_ns = 0;
    uint64_t until_realtime_ns = UINT64_MAX;
};

// One value of a table cell. Text is as stored: make it safe before showing it.
struct Cell {
    enum class Type : uint8_t { null, integer, real, text } type = Type::null;
    int64_t integer = 0;
    double real = 0;
    std::string text;
};

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
    Resolution resolution = Resolution::raw; // what was really used
};

struct HistoryQuery {
    TimeRange range;
    Resolution resolution = Resolution::automatic;
    std::optional<std::string> container; // name or id prefix
    std::optional<uint32_t> pid;
    std::optional<std::string> comm;
    uint64_t limit = 1000;
};

class History {
public:
    // Errors: not_found (with the path), newer, damaged (not a Vigia database), permission.
    static Result<std::unique_ptr<History>> open(const std::string& path);
    ~History();

    Result<Table> system(const HistoryQuery& query);
    Result<Table> containers(const HistoryQuery& query);
    Result<Table> processes(const HistoryQuery& query);
    // Gaps and losses, and what befell containers and processes. pid and comm are the victim's.
    Result<Table> events(const HistoryQuery& query);
    Result<std::vector<policy::Decision>> decisions(const TimeRange& range, uint64_t limit);
    Result<policy::Decision> decision(uint64_t id); // error: not_found

private:
    struct State;
    explicit History(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vigia::storage
