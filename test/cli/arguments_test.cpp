// SPDX-License-Identifier: MIT
#include "collector/cli/arguments.h"

#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::cli;

namespace {

Finished finished(const std::vector<std::string>& words) {
    const Command command = parse_arguments(words);
    REQUIRE(std::holds_alternative<Finished>(command));
    return std::get<Finished>(command);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("no words show the overview on stdout") {
    const Finished help = finished({});
    CHECK(help.exit_code == exit_ok);
    CHECK(contains(help.to_stdout, "daemon"));
    CHECK(contains(help.to_stdout, "Examples:"));
    CHECK(help.to_stderr.empty());
}

TEST_CASE("each command has a help with an example, asked for in either way") {
    for (const char* name : {"daemon", "publish", "system", "ps", "containers", "history", "why"}) {
        INFO(name);
        const Finished help = finished({name, "--help"});
        CHECK(help.exit_code == exit_ok);
        CHECK(contains(help.to_stdout, std::string("vigia ") + name));
        CHECK(contains(help.to_stdout, "Example"));
        CHECK(finished({"help", name}).to_stdout == help.to_stdout);
    }
    CHECK(contains(finished({"ps", "--help"}).to_stdout, "rss_bytes"));
    CHECK(contains(finished({"doctor", "--help"}).to_stdout, "Exit codes"));
}

TEST_CASE("what is not known is refused with the nearest word") {
    const Finished option = finished({"ps", "--srot", "rss"});
    CHECK(option.exit_code == exit_usage);
    CHECK(contains(option.to_stderr, "no option \"--srot\""));
    CHECK(contains(option.to_stderr, "did you mean \"--sort\""));
    CHECK(option.to_stdout.empty());
    CHECK(contains(finished({"contaners"}).to_stderr, "did you mean \"containers\""));
    CHECK(contains(finished({"ps", "surprise"}).to_stderr, "no argument \"surprise\""));
    CHECK(finished({"--frobnicate"}).exit_code == exit_usage);
    CHECK_FALSE(contains(finished({"ps", "--\x1b[31m"}).to_stderr, "\x1b"));
}

TEST_CASE("values are checked where they are read") {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"ps", "-o", "xml"},
                                               {"ps", "--color", "pink"},
                                               {"ps", "--interval", "5"},
                                               {"ps", "--interval", "1ms"},
                                               {"ps", "--interval", "2h"},
                                               {"ps", "--watch", "often"},
                                               {"ps", "--top", "-1"},
                                               {"ps", "--top", "ten"},
                                               {"ps", "--pid", "me"},
                                               {"ps", "--fields"},
                                               {"ps", "--sort"},
                                               {"daemon", "--for", "30"},
                                               {"publish", "--interval", "soon"},
                                               {"why", "first"},
                                               {"system", "--cpus", "--mounts"}}) {
        INFO(words[0] << " " << words[1]);
        const Finished complaint = finished(words);
        CHECK(complaint.exit_code == exit_usage);
        CHECK(contains(complaint.to_stderr, "--help shows how"));
    }
    CHECK(contains(finished({"ps", "-o", "xml"}).to_stderr, "table|json|ndjson|csv"));
}

TEST_CASE("ps takes its options") {
    const auto command = std::get<ProcessesCommand>(
        parse_arguments({"ps",      "-o",          "csv",      "--sort",     "rss:asc",
                         "--top",   "5",           "--fields", "pid,comm",   "--pid",
                         "1,2",     "--container", "web",      "--comm=ng*", "--no-header",
                         "--color", "never",       "--source", "/dev/shm/x", "--interval",
                         "250ms",   "--user",      "root",     "--state",    "running"}));
    CHECK(command.live.output.format == Format::csv);
    CHECK(command.live.output.sort == "rss:asc");
    CHECK(command.live.output.top == 5);
    CHECK(command.live.output.fields == std::vector<std::string>{"pid", "comm"});
    CHECK(command.live.filter.pids == std::vector<uint32_t>{1, 2});
    CHECK(command.live.filter.container == "web");
    CHECK(command.live.filter.comm == "ng*");
    CHECK_FALSE(command.live.output.header);
    CHECK(command.live.output.color == Color::never);
    CHECK(command.live.source == "/dev/shm/x");
    CHECK(command.live.interval_ns == 250'000'000);
    CHECK_FALSE(command.live.watch);
}

TEST_CASE("--watch goes with a time and without one") {
    const auto bare = std::get<SystemCommand>(parse_arguments({"system", "--watch"}));
    CHECK(bare.live.watch);
    CHECK(bare.live.interval_ns == 0);
    const auto timed = std::get<SystemCommand>(parse_arguments({"system", "--watch", "2s"}));
    CHECK(timed.live.watch);
    CHECK(timed.live.interval_ns == 2'000'000'000);
}

TEST_CASE("the daemon's options are absent unless they were said") {
    const auto bare = std::get<DaemonCommand>(parse_arguments({"daemon"}));
    CHECK_FALSE(bare.source);
    CHECK_FALSE(bare.interval_ns);
    CHECK_FALSE(bare.database_path);
    CHECK_FALSE(bare.enforce);
    const auto full = std::get<DaemonCommand>(parse_arguments(
        {"daemon", "--enforce", "--for", "30s", "--interval", "2s", "--source", "publisher",
         "--database", "/x/y.db", "--config", "/c.toml", "--check-config"}));
    CHECK(full.enforce);
    CHECK(full.check_config);
    CHECK(full.for_ns == 30'000'000'000);
    CHECK(full.interval_ns == 2'000'000'000);
    CHECK(full.source == "publisher");
    CHECK(full.database_path == "/x/y.db");
    CHECK(full.config_path == "/c.toml");
}

TEST_CASE("history and why take their words") {
    const auto history = std::get<HistoryCommand>(parse_arguments(
        {"history", "containers", "--since", "1h ago", "--container", "web", "--pid", "7"}));
    CHECK(history.what == "containers");
    CHECK(history.since == "1h ago");
    CHECK(history.container == "web");
    CHECK(history.pid == 7);
    CHECK(std::get<WhyCommand>(parse_arguments({"why", "12"})).id == 12);
    CHECK_FALSE(std::get<WhyCommand>(parse_arguments({"why"})).id);
    CHECK(std::holds_alternative<VersionCommand>(parse_arguments({"--version"})));
}
