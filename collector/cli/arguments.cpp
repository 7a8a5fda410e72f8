// SPDX-License-Identifier: MIT
#include "collector/cli/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/cli/columns.h"
#include "collector/cli/event_text.h"
#include "collector/cli/help_text.h"

namespace vigia::cli {
namespace {

template <typename Value>
struct Word {
    std::string_view word;
    Value value;
};

constexpr std::array<Word<Format>, 4> formats{{{"table", Format::table},
                                               {"json", Format::json},
                                               {"ndjson", Format::ndjson},
                                               {"csv", Format::csv}}};
constexpr std::array<Word<Color>, 3> colors{
    {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}};

// An option whose value is one of a few words.
template <typename Value, std::size_t count>
CLI::Option* add_choice(CLI::App& app, const std::string& name,
                        const std::array<Word<Value>, count>& words, Value& target,
                        const std::string& help) {
    std::string list;
    for (const auto& word : words) {
        list += (list.empty() ? "" : "|") + std::string(word.word);
    }
    const auto read = [&words, &target, name, list](const std::string& given) {
        const auto found = std::find_if(words.begin(), words.end(),
                                        [&given](const auto& word) { return word.word == given; });
        if (found == words.end()) {
            throw CLI::ValidationError(name, fmt::format("\"{}\" is none of {}", given, list));
        }
        target = found->value;
    };
    return app.add_option_function<std::string>(name, read, help + ": " + list)->type_name("WORD");
}

// A whole number; signs, blanks and what does not fit are refused.
template <typename Number>
Number read_number(const std::string& name, const std::string& given) {
    Number number = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (error != std::errc() || end != given.data() + given.size()) {
        throw CLI::ValidationError(name, fmt::format("\"{}\" is no number from 0 to {}", given,
                                                     std::numeric_limits<Number>::max()));
    }
    return number;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts(1);
    for (const char letter : list) {
        if (letter == ',') {
            parts.emplace_back();
        } else {
            parts.back() += letter;
        }
    }
    return parts;
}

// A path that may be left out, but not be empty: an empty variable of a script is no wish.
template <typename Path> // std::string, or an optional one
void add_database(CLI::App& app, Path& target) {
    const auto read = [&target](const std::string& given) {
        if (given.empty()) {
            throw CLI::ValidationError("--database", "an empty path names no file");
        }
        target = given;
    };
    app.add_option_function<std::string>("--database", read, "history database")->type_name("FILE");
}

// A state that is none, unless it is a glob that takes one of them, would match nothing for ever.
void add_state(CLI::App& app, std::optional<std::string>& target,
               const std::vector<std::string_view>& states, const std::string& help) {
    const auto read = [&target, states](const std::string& given) {
        const bool known = std::any_of(states.begin(), states.end(), [&](std::string_view state) {
            return matches_glob(given, state);
        });
        if (!known) {
            throw CLI::ValidationError(
                "--state", fmt::format("\"{}\" is none of {}", given, fmt::join(states, ", ")));
        }
        target = given;
    };
    app.add_option_function<std::string>("--state", read, help)->type_name("STATE");
}

template <typename Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<Number>& target,
                        const std::string& help) {
    const auto read = [&target, name](const std::string& given) {
        target = read_number<Number>(name, given);
    };
    return app.add_option_function<std::string>(name, read, help);
}

uint64_t read_duration_ns(const std::string& name, const std::string& given) {
    const auto duration_ns = parse_duration_ns(given);
    if (!duration_ns) {
        throw CLI::ValidationError(name, duration_ns.error().message());
    }
    return *duration_ns;
}

uint64_t read_size_bytes(const std::string& name, const std::string& given) {
    const auto size_bytes = parse_size_bytes(given);
    if (!size_bytes || *size_bytes == 0) {
        throw CLI::ValidationError(name, size_bytes ? "0 bytes hold nothing"
                                                    : size_bytes.error().message());
    }
    return *size_bytes;
}

uint64_t read_interval_ns(const std::string& name, const std::string& given) {
    const uint64_t interval_ns = read_duration_ns(name, given);
    if (interval_ns < limits::interval_minimum_ns || interval_ns > limits::interval_maximum_ns) {
        throw CLI::ValidationError(name,
                                   fmt::format("{} is out of range: from {} to {}", given,
                                               format_duration_ns(limits::interval_minimum_ns),
                                               format_duration_ns(limits::interval_maximum_ns)));
    }
    return interval_ns;
}

void add_output(CLI::App& app, OutputOptions& output) {
    add_choice(app, "-o,--output", formats, output.format, "format of the data");
    add_choice(app, "--color", colors, output.color, "colours");
    app.add_flag_callback(
        "--no-header", [&output] { output.header = false; }, "no headings in tables and CSV");
}

void add_fields(CLI::App& app, OutputOptions& output) {
    app.add_option_function<std::string>(
           "--fields",
           [&output](const std::string& given) {
               const auto fields = split(given);
               output.fields.insert(output.fields.end(), fields.begin(), fields.end());
           },
           "fields to show, in this order")
        ->type_name("A,B,...");
}

void add_columns(CLI::App& app, OutputOptions& output) {
    add_fields(app, output);
    app.add_option("--sort", output.sort, "order by this field; :asc or :desc may follow")
        ->type_name("FIELD");
    add_number(app, "--top", output.top, "only the first N rows; 0: all")->type_name("N");
}

constexpr const char* source_help = "auto, kernel, publisher, a directory, or replay:FILE";

// Words about time are read when the recording is there: "10m ago" counts from its end.
void add_replay(CLI::App& app, ReplayOptions& replay) {
    app.add_option("--from", replay.from, "of a recording: from this time on")->type_name("WHEN");
    app.add_option("--to", replay.to, "of a recording: up to this time")->type_name("WHEN");
}

void add_speed(CLI::App& app, ReplayOptions& replay) {
    const auto read = [&replay](const std::string& given) {
        replay.speed = given == "max" ? 0 : read_number<uint64_t>("--speed", given);
        if (given != "max" && *replay.speed == 0) {
            throw CLI::ValidationError("--speed", "it would stand still: 1, 10, ... or max");
        }
    };
    app.add_option_function<std::string>("--speed", read,
                                         "of a recording: 1 (as it was), 10 times, ... or max")
        ->type_name("TIMES");
}

void add_live(CLI::App& app, LiveOptions& live) {
    app.add_option("--source", live.source, source_help)->type_name("SOURCE");
    app.add_option("--at", live.replay.at, "of a recording: this moment (its end)")
        ->type_name("WHEN");
    add_replay(app, live.replay);
    add_speed(app, live.replay);
    app.add_option_function<std::string>(
           "--interval",
           [&live](const std::string& given) {
               live.interval_ns = read_interval_ns("--interval", given);
           },
           "rates are taken over this time (500ms)")
        ->type_name("TIME");
    app.add_option_function<std::vector<std::string>>(
           "--watch",
           [&live](const std::vector<std::string>& given) {
               live.watch = true;
               if (!given.empty() && !given[0].empty()) {
                   live.interval_ns = read_interval_ns("--watch", given[0]);
               }
           },
           "show it every second or TIME, until q or Ctrl-C")
        ->expected(0, 1)
        ->type_name("[TIME]");
    add_output(app, live.output);
    add_columns(app, live.output);
}

void add_container_filters(CLI::App& app, Filter& filter) {
    app.add_option("--container", filter.container, "only this container: name, glob or id")
        ->type_name("NAME");
    app.add_option("--image", filter.image, "only containers of this image")->type_name("GLOB");
}

void add_pids(CLI::App& app, Filter& filter) {
    app.add_option_function<std::string>(
           "--pid",
           [&filter](const std::string& given) {
               for (const std::string& pid : split(given)) {
                   filter.pids.push_back(read_number<uint32_t>("--pid", pid));
               }
           },
           "only these processes")
        ->type_name("PID,...");
}

// Everything that the options are read into, and the parser itself. One per command line.
struct Parser {
    CLI::App app{"Vigia watches a Linux host and its containers and keeps the host stable."};
    bool version_wanted = false;
    DaemonCommand daemon;
    RehearseCommand rehearse;
    PublishCommand publish;
    RecordCommand record;
    SystemCommand system;
    MemoryCommand memory;
    ProcessesCommand processes;
    ProcessCommand process;
    ContainersCommand containers;
    EventsCommand events;
    HistoryCommand history;
    WhyCommand why;
    DoctorCommand doctor;
    VersionCommand version;

    Parser();
    void add_daemon();
    void add_publish();
    void add_record();
    void add_policy();
    void add_system();
    void add_memory();
    void add_processes();
    void add_process();
    void add_containers();
    void add_events();
    void add_history();
    void add_why();
    void add_doctor_and_version();

    const CLI::App& active() const;
    Command command() const;
    Finished complaint(const CLI::ParseError& error) const;
    std::string unknown_word() const;
};

Parser::Parser() {
    app.name("vigia");
    app.require_subcommand(0, 1); // "containers" after "history" is an argument, not a command
    app.footer(help::overview());
    app.add_flag("--version", version_wanted, "say which version this is");
    app.get_formatter()->column_width(26);
    app.get_formatter()->label("REQUIRED", "");
    add_system();
    add_memory();
    add_processes();
    add_process();
    add_containers();
    add_events();
    add_history();
    add_why();
    add_daemon();
    add_publish();
    add_record();
    add_policy();
    add_doctor_and_version();
}

void Parser::add_daemon() {
    CLI::App* sub = app.add_subcommand("daemon", "watch, keep the history, decide and act");
    sub->footer(help::daemon());
    sub->add_option("--config", daemon.config_path, "configuration (/etc/vigia/vigia.toml)")
        ->type_name("FILE");
    add_database(*sub, daemon.database_path);
    sub->add_option("--source", daemon.source, source_help)->type_name("SOURCE");
    add_replay(*sub, daemon.replay);
    add_speed(*sub, daemon.replay);
    sub->add_option_function<std::string>(
           "--interval",
           [this](const std::string& given) {
               daemon.interval_ns = read_interval_ns("--interval", given);
           },
           "between two samples (1s)")
        ->type_name("TIME");
    sub->add_option("--run-directory", daemon.run_directory, "of the publisher's files")
        ->type_name("DIRECTORY");
    sub->add_option_function<std::string>(
           "--for",
           [this](const std::string& given) { daemon.for_ns = read_duration_ns("--for", given); },
           "end by itself after this time")
        ->type_name("TIME");
    sub->add_flag("--enforce", daemon.enforce, "act, whatever the configuration says");
    sub->add_flag("--check-config", daemon.check_config,
                  "only say whether the configuration is right");
}

void Parser::add_publish() {
    CLI::App* sub = app.add_subcommand("publish", "write Vigia's files from /proc, and no more");
    sub->footer(help::publish());
    sub->add_option("--directory", publish.directory, "for the files (/run/vigia as root)")
        ->type_name("DIRECTORY");
    sub->add_option_function<std::string>(
           "--interval",
           [this](const std::string& given) {
               publish.interval_ns = read_interval_ns("--interval", given);
           },
           "between two snapshots (1s)")
        ->type_name("TIME");
    sub->add_option_function<std::string>(
           "--for",
           [this](const std::string& given) { publish.for_ns = read_duration_ns("--for", given); },
           "end by itself after this time")
        ->type_name("TIME");
    sub->add_option("--mount", publish.mounts, "mount points whose storage is published (/)")
        ->type_name("PATH")
        ->allow_extra_args(false);
}

void Parser::add_record() {
    CLI::App* sub = app.add_subcommand("record", "everything that is seen, into one file");
    sub->footer(help::record());
    sub->add_option("file", record.file, "to make, or an existing DIRECTORY")
        ->required()
        ->type_name("FILE");
    sub->add_option("--source", record.source, "auto, kernel, publisher or a directory (auto)")
        ->type_name("SOURCE");
    sub->add_option_function<std::string>(
           "--interval",
           [this](const std::string& given) {
               record.interval_ns = read_interval_ns("--interval", given);
           },
           "between two samples (1s)")
        ->type_name("TIME");
    sub->add_option_function<std::string>(
           "--for",
           [this](const std::string& given) { record.for_ns = read_duration_ns("--for", given); },
           "end by itself after this time")
        ->type_name("TIME");
    sub->add_option_function<std::string>(
           "--max-size",
           [this](const std::string& given) {
               record.size_cap_bytes = read_size_bytes("--max-size", given);
           },
           "the file ends, or the DIRECTORY stays, below this")
        ->type_name("SIZE");
    sub->add_option_function<std::string>(
           "--max-age",
           [this](const std::string& given) {
               record.age_ns = read_duration_ns("--max-age", given);
           },
           "of a DIRECTORY: what is older goes (7d)")
        ->type_name("TIME");
}

void Parser::add_policy() {
    CLI::App* policy = app.add_subcommand("policy", "rules, tried on a recording");
    policy->footer(help::policy());
    policy->require_subcommand(0, 1);
    CLI::App* sub = policy->add_subcommand("rehearse", "what rules would have done on a recording");
    sub->footer(help::policy());
    sub->add_option("file", rehearse.file, "recording, or a directory of them")
        ->required()
        ->type_name("FILE");
    sub->add_option("--rules", rehearse.rules, "configuration with the rules")
        ->required()
        ->type_name("FILE");
    add_replay(*sub, rehearse.replay);
    add_output(*sub, rehearse.output);
}

void Parser::add_system() {
    CLI::App* sub = app.add_subcommand("system", "the host: CPU, memory, pressure, storage");
    sub->footer(help::system());
    add_live(*sub, system.live);
    CLI::Option* cpus = sub->add_flag("--cpus", system.live.cpus, "a table of the CPUs");
    sub->add_flag("--mounts", system.live.mounts, "a table of the mount points")->excludes(cpus);
}

void Parser::add_memory() {
    CLI::App* sub = app.add_subcommand("memory", "where the memory is, and what reclaim does");
    sub->footer(help::memory());
    add_live(*sub, memory.live);
    CLI::Option* nodes = sub->add_flag("--nodes", memory.live.nodes, "a table of the nodes");
    sub->add_flag("--zones", memory.live.zones, "a table of the zones")->excludes(nodes);
}

void Parser::add_processes() {
    CLI::App* sub = app.add_subcommand("ps", "processes, with the container beside each");
    sub->footer(help::processes());
    add_live(*sub, processes.live);
    Filter& filter = processes.live.filter;
    add_container_filters(*sub, filter);
    add_pids(*sub, filter);
    sub->add_flag("--exited", processes.live.exited, "those that ended within the interval");
    sub->add_option("--comm", filter.comm, "only processes of this name")->type_name("GLOB");
    sub->add_option("--user", filter.user, "only this user's: name, glob or uid")
        ->type_name("USER");
    add_state(*sub, filter.state,
              {"running", "sleeping", "blocked", "stopped", "traced", "zombie", "dead", "idle",
               "parked", "unknown"},
              "only in this state: running, blocked, zombie, ...");
}

void Parser::add_process() {
    CLI::App* sub = app.add_subcommand("process", "one process: everything, its I/O included");
    sub->footer(help::process());
    sub->add_option_function<std::string>(
           "pid",
           [this](const std::string& given) { process.pid = read_number<uint32_t>("PID", given); },
           "the process's id on the host")
        ->type_name("PID")
        ->required();
    sub->add_option("--source", process.source, "auto, kernel, publisher or a directory (auto)")
        ->type_name("SOURCE");
    add_fields(*sub, process.output);
    add_output(*sub, process.output);
}

void Parser::add_containers() {
    CLI::App* sub = app.add_subcommand("containers", "containers: CPU, memory, I/O, state");
    sub->footer(help::containers());
    add_live(*sub, containers.live);
    add_container_filters(*sub, containers.live.filter);
    add_state(*sub, containers.live.filter.state,
              {"created", "running", "paused", "restarting", "removing", "exited", "dead", "gone",
               "unknown"},
              "only in this state: running, exited, ...");
}

void Parser::add_events() {
    CLI::App* sub = app.add_subcommand("events", "what happens: starts, ends, OOM kills, cgroups");
    sub->footer(help::events());
    sub->add_option("--source", events.live.source, source_help)->type_name("SOURCE");
    sub->add_option("--at", events.live.replay.at, "of a recording: what led to this moment")
        ->type_name("WHEN");
    add_replay(*sub, events.live.replay);
    sub->add_flag("-f,--follow", events.follow, "what happens from now on, until Ctrl-C");
    const auto read = [this](const std::string& given) {
        for (const std::string& word : split(given)) {
            const uint16_t kind = event_kind_of(word);
            if (kind == VIGIA_EVENT_NONE) {
                throw CLI::ValidationError(
                    "--kind",
                    fmt::format("\"{}\" is none of fork, exec, exit, oom_kill, cgroup_created, "
                                "cgroup_removed, sensor_loaded, sensor_unloaded",
                                word));
            }
            events.kinds.push_back(kind);
        }
    };
    sub->add_option_function<std::string>("--kind", read, "only these: fork, exec, exit, ...")
        ->type_name("KIND,...");
    sub->add_option("--since", events.since, "only what happened after this")->type_name("WHEN");
    sub->add_option("--container", events.live.filter.container,
                    "only of this container: name, glob or id")
        ->type_name("NAME");
    add_pids(*sub, events.live.filter);
    sub->add_option("--comm", events.live.filter.comm, "only of processes of this name")
        ->type_name("GLOB");
    add_fields(*sub, events.live.output);
    add_output(*sub, events.live.output);
}

void Parser::add_history() {
    CLI::App* sub = app.add_subcommand("history", "what was, from the daemon's database");
    sub->footer(help::history());
    sub->add_option("what", history.what, "system, containers, processes, decisions, events")
        ->type_name("WHAT");
    sub->add_option("--since", history.since, "from this time on (1h)")->type_name("WHEN");
    sub->add_option("--until", history.until, "up to this time (now)")->type_name("WHEN");
    sub->add_option("--container", history.container, "only this container: name or id")
        ->type_name("NAME");
    add_number(*sub, "--pid", history.pid, "only this process")->type_name("PID");
    sub->add_option("--comm", history.comm, "only processes of this name")->type_name("NAME");
    sub->add_option("--resolution", history.resolution, "auto, raw, minute or hour (auto)")
        ->type_name("WHAT");
    add_database(*sub, history.database);
    add_output(*sub, history.output);
    add_columns(*sub, history.output);
}

void Parser::add_why() {
    CLI::App* sub = app.add_subcommand("why", "why something was decided, and what came of it");
    sub->footer(help::why());
    add_number(*sub, "id", why.id, "the decision's number; without: the latest ones")
        ->type_name("ID");
    add_database(*sub, why.database);
    add_number(*sub, "--top", why.output.top, "without an ID: this many (20); 0: all")
        ->type_name("N");
    add_output(*sub, why.output);
}

void Parser::add_doctor_and_version() {
    CLI::App* sub =
        app.add_subcommand("doctor", "what this host offers, and what to do about gaps");
    sub->footer(help::doctor());
    add_database(*sub, doctor.database);
    add_output(*sub, doctor.output);
    CLI::App* last = app.add_subcommand("version", "version of the program and of its interface");
    last->footer("\nExample:\n  vigia version -o json\n");
    add_output(*last, version.output);
}

const CLI::App& Parser::active() const {
    const CLI::App* active = &app;
    while (!active->get_subcommands().empty()) { // "policy rehearse" is one below another
        active = active->get_subcommands().front();
    }
    return *active;
}

Command Parser::command() const {
    const std::string name = active().get_name();
    if (version_wanted) { // before a command as well: nothing is started that was not meant
        return version;
    }
    if (name == "daemon") {
        return daemon;
    }
    if (name == "publish") {
        return publish;
    }
    if (name == "record") {
        return record;
    }
    if (name == "rehearse") {
        return rehearse;
    }
    if (name == "policy") {
        return Finished{exit_ok, app.help(), {}};
    }
    if (name == "memory") {
        return memory;
    }
    if (name == "system") {
        return system;
    }
    if (name == "ps") {
        return processes;
    }
    if (name == "process") {
        return process;
    }
    if (name == "containers") {
        return containers;
    }
    if (name == "events") {
        return events;
    }
    if (name == "history") {
        return history;
    }
    if (name == "why") {
        return why;
    }
    if (name == "doctor") {
        return doctor;
    }
    if (name == "version") {
        return version;
    }
    return Finished{exit_ok, app.help(), {}};
}

// The first word that nobody wanted, with the nearest that somebody would have.
std::string Parser::unknown_word() const {
    const std::vector<std::string> extra = app.remaining(true);
    if (extra.empty()) {
        return {};
    }
    const std::string word = extra.front().substr(0, extra.front().find('='));
    const bool is_option = word.starts_with("-");
    std::vector<std::string> names;
    for (const CLI::Option* option : active().get_options()) {
        names.push_back(option->get_name(false, true));
    }
    if (!is_option && &active() == &app) {
        names.clear();
        for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
        }
    }
    std::vector<std::string_view> known;
    for (const std::string& name : names) { // "-o,--output" → "--output"
        known.push_back(std::string_view(name).substr(name.rfind(',') + 1));
    }
    const std::string_view near = nearest_word(word, known);
    return fmt::format("there is no {} \"{}\"{}",
                       is_option           ? "option"
                       : &active() == &app ? "command"
                                           : "argument",
                       to_terminal(word),
                       near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near));
}

// What the parser's library says, in plain words.
std::string in_plain_words(const CLI::ParseError& error) {
    std::string text = error.what();
    const std::string option = text.substr(0, text.find(": "));
    if (text.find("required") == std::string::npos || option.size() == text.size()) {
        const std::size_t excludes = text.find(" excludes ");
        return excludes == std::string::npos
                   ? text
                   : fmt::format("{} and {} do not go together", text.substr(0, excludes),
                                 text.substr(excludes + std::string_view(" excludes ").size()));
    }
    const bool too_many = text.find("At Most") != std::string::npos;
    return option + (too_many ? " can be given only once, with one value" : " needs a value");
}

Finished Parser::complaint(const CLI::ParseError& error) const {
    if (error.get_exit_code() == 0) {
        return {exit_ok, app.help(), {}}; // of the command, if there is one
    }
    std::string name = "vigia";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        name += " " + at->get_name();
    }
    std::string message = unknown_word();
    if (message.empty()) {
        message = to_terminal(in_plain_words(error));
    }
    return {exit_usage, {}, fmt::format("{}: {}\n{} --help shows how.\n", name, message, name)};
}

// "vigia help ps" is "vigia ps --help".
std::vector<std::string> without_help_word(std::vector<std::string> words) {
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.resize(std::min<std::size_t>(words.size(), 1));
        words.emplace_back("--help");
    }
    return words;
}

} // namespace

Command parse_arguments(const std::vector<std::string>& given) {
    const auto parser = std::make_unique<Parser>(); // it points into itself: it must not move
    std::vector<std::string> words = without_help_word(given);
    std::reverse(words.begin(), words.end()); // CLI11 takes them from the back
    try {
        parser->app.parse(std::move(words));
        return parser->command();
    } catch (const CLI::ParseError& error) {
        return parser->complaint(error);
    }
}

} // namespace vigia::cli
