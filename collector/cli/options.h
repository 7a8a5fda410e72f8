// SPDX-License-Identifier: MIT
// What a command line asks for, after it was read and checked for form. One struct per command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collector/service/daemon.h"

namespace vigia::cli {

enum class Format : uint8_t { table, json, ndjson, csv };
enum class Color : uint8_t { automatic, always, never };

// The exit codes of the program.
enum ExitCode : int {
    exit_ok = 0,
    exit_failed = 1,
    exit_usage = 2,
    exit_degraded = 3,
    exit_not_found = 4
};

struct OutputOptions {
    Format format = Format::table;
    Color color = Color::automatic;
    bool header = true;
    std::vector<std::string> fields; // empty: the view's default
    std::string sort;                // empty: the view's default
    std::optional<uint64_t> top;     // 0: all
};

// Globs; a row must match all that are given.
struct Filter {
    std::optional<std::string> container; // name glob, or the beginning of an id
    std::optional<std::string> image;
    std::optional<std::string> user; // name glob or uid
    std::optional<std::string> comm;
    std::optional<std::string> state;
    std::vector<uint32_t> pids;
};

// Which part of a recording, in the words of the user, and how fast.
struct ReplayOptions {
    std::optional<std::string> at;
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<uint64_t> speed; // times as fast as it was; 0: as fast as possible

    bool is_given() const { return at || from || to || speed; }
};

struct DaemonCommand : service::DaemonOptions {
    ReplayOptions replay;
};

struct LiveOptions {
    std::string source = "auto";
    ReplayOptions replay;
    uint64_t interval_ns = 0; // 0: the view's default
    bool watch = false;
    bool cpus = false;   // system: a table of the CPUs
    bool mounts = false; // system: a table of the mount points
    bool nodes = false;  // memory: a table of the nodes
    bool zones = false;  // memory: a table of the zones
    bool exited = false; // ps: those that ended within the interval
    OutputOptions output;
    Filter filter;
};

struct SystemCommand {
    LiveOptions live;
};
struct MemoryCommand {
    LiveOptions live;
};
struct ProcessesCommand {
    LiveOptions live;
};
struct EventsCommand {
    LiveOptions live;
    bool follow = false;
    std::vector<uint16_t> kinds;      // enum vigia_event_kind; empty: all
    std::optional<std::string> since; // in the words of the user
};
struct ContainersCommand {
    LiveOptions live;
};

struct ProcessCommand {
    uint32_t pid = 0;
    std::string source = "auto";
    OutputOptions output;
};

struct PublishCommand {
    std::string directory; // empty: the default run directory
    uint64_t interval_ns = 1'000'000'000;
    uint64_t for_ns = 0; // 0: until a signal
    std::vector<std::string> mounts{"/"};
};

struct RecordCommand {
    std::string file;
    std::string source = "auto";
    uint64_t interval_ns = 1'000'000'000;
    uint64_t for_ns = 0;                    // 0: until a signal
    std::optional<uint64_t> size_cap_bytes; // of a directory: has a default
    std::optional<uint64_t> age_ns;         // only of a directory
};

struct RehearseCommand {
    std::string file;
    std::string rules;
    ReplayOptions replay;
    OutputOptions output;
};

struct HistoryCommand {
    std::string what = "system"; // system, containers, processes, decisions, events
    std::string database;        // empty: the default
    std::string since = "1h";
    std::string until = "now";
    std::optional<std::string> container;
    std::optional<uint32_t> pid;
    std::optional<std::string> comm;
    std::string resolution = "auto";
    OutputOptions output;
};

struct WhyCommand {
    std::optional<uint64_t> id; // absent: the latest decisions
    std::string database;
    OutputOptions output;
};

struct DoctorCommand {
    std::string database;
    OutputOptions output;
};

struct VersionCommand {
    OutputOptions output;
};

// The program is to end at once: help was asked for, or the words were wrong.
struct Finished {
    int exit_code = 0;
    std::string to_stdout;
    std::string to_stderr;
};

using Command =
    std::variant<Finished, DaemonCommand, PublishCommand, RecordCommand, RehearseCommand,
                 SystemCommand, MemoryCommand, ProcessesCommand, ProcessCommand, ContainersCommand,
                 EventsCommand, HistoryCommand, WhyCommand, DoctorCommand, VersionCommand>;

} // namespace vigia::cli
