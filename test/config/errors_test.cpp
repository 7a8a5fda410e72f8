// SPDX-License-Identifier: MIT
// What a person reads who wrote something wrong. The texts are part of the behaviour.
#include <algorithm>
#include <string>

#include "collector/config/config.h"
#include "test/support/catch.h"

using namespace vigia;

namespace {

struct Mistake {
    std::string text;
    std::string message;
};

std::string rule(const std::string& lines) {
    return "[[rule]]\nname = \"r\"\n" + lines;
}

std::string detector(const std::string& text) {
    return rule("when = [" + text + "]\nactions = [\"stop\"]\n");
}

void check(const Mistake& mistake) {
    INFO(mistake.text);
    const auto settings = config::parse(mistake.text, "v.toml");
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind() == ErrorKind::usage);
    CHECK(settings.error().message() == mistake.message);
}

} // namespace

TEST_CASE("unknown keys are refused with file and line, and the nearest known one") {
    for (const Mistake& mistake : {
             Mistake{"\nintervall = \"1s\"\n",
                     "v.toml:2: intervall: unknown key; did you mean interval?"},
             Mistake{"[storage]\nsizecap = \"1GiB\"\n",
                     "v.toml:2: storage.sizecap: unknown key; did you mean size_cap?"},
             Mistake{"[polcy]\n", "v.toml:1: polcy: unknown key; did you mean policy?"},
             Mistake{"[class.low]\nname = [\"x\"]\n",
                     "v.toml:2: class.low.name: unknown key; did you mean names?"},
             Mistake{"zzzzzzzzzzzz = 1\n", "v.toml:1: zzzzzzzzzzzz: unknown key"},
             Mistake{"\"a\\nb\" = 1\n", "v.toml:1: a\\nb: unknown key"},
         }) {
        check(mistake);
    }
}

TEST_CASE("quantities without a unit, and other types, are refused with what was expected") {
    for (const Mistake& mistake : {
             Mistake{
                 "interval = 1\n",
                 "v.toml:1: interval: expected a duration with its unit, such as \"30s\", got 1"},
             Mistake{"interval = \"1\"\n", "v.toml:1: interval: expected a duration with its unit, "
                                           "such as \"30s\", got \"1\""},
             Mistake{"interval = \"1ms\"\n",
                     "v.toml:1: interval: expected \"100ms\" to \"1h\", got \"1ms\""},
             Mistake{"[storage]\nsize_cap = 512\n", "v.toml:2: storage.size_cap: expected a size "
                                                    "with its unit, such as \"512MiB\", got 512"},
             Mistake{"[storage]\nsize_cap = \"512 bytes\"\n",
                     "v.toml:2: storage.size_cap: expected a size with its unit, such as "
                     "\"512MiB\", got \"512 bytes\""},
             Mistake{"[storage]\nsize_cap = \"1kB\"\n",
                     "v.toml:2: storage.size_cap: expected at least \"1MiB\", got \"1kB\""},
             Mistake{"[storage]\nenabled = \"yes\"\n",
                     "v.toml:2: storage.enabled: expected true or false, got \"yes\""},
             Mistake{"[storage]\nprocesses_largest = -1\n",
                     "v.toml:2: storage.processes_largest: expected a whole number from 0 to 256, "
                     "got -1"},
             Mistake{"storage = 3\n", "v.toml:1: storage: expected a table: [storage], got 3"},
             Mistake{"source = \"kernle\"\n",
                     "v.toml:1: source: expected auto, kernel, publisher or an absolute path, "
                     "got \"kernle\"; did you mean kernel?"},
             Mistake{"[system]\nmounts = \"/\"\n",
                     "v.toml:2: system.mounts: expected a list of at most 256 texts, such as "
                     "[\"db-*\"], got \"/\""},
             Mistake{"[system]\nmounts = [\"home\"]\n",
                     "v.toml:2: system.mounts: expected at most 64 absolute paths"},
             Mistake{"[protect]\nlabels = [\"=x\"]\n",
                     "v.toml:2: protect.labels: expected \"key=value\" or \"key\""},
             Mistake{"[policy]\nbudget_window = \"0s\"\n",
                     "v.toml:2: policy.budget_window: expected a duration above 0s, got \"0s\""},
             Mistake{"class = 1\n", "v.toml:1: class: expected a table: [class], got 1"},
             Mistake{"rule = 1\n", "v.toml:1: rule: expected tables: [[rule]], got 1"},
         }) {
        check(mistake);
    }
}

TEST_CASE("wrong detectors are refused") {
    for (const Mistake& mistake : {
             Mistake{detector("{ memory_above = 512 }"),
                     "v.toml:3: rule.when.memory_above: expected a size such as \"512MiB\" or a "
                     "share such as \"80%\", got 512"},
             Mistake{detector("{ memory_above = \"512\" }"),
                     "v.toml:3: rule.when.memory_above: expected a size with its unit, such as "
                     "\"512MiB\", got \"512\""},
             Mistake{detector("{ cpu_above = 1.5 }"),
                     "v.toml:3: rule.when.cpu_above: expected a share such as \"80%\", got 1.5"},
             Mistake{detector("{ io_above = \"50MiB\" }"),
                     "v.toml:3: rule.when.io_above: expected a rate with its unit, such as "
                     "\"50MiB/s\", got \"50MiB\""},
             Mistake{detector("{ count_above = \"3\" }"),
                     "v.toml:3: rule.when.count_above: expected a whole number, got \"3\""},
             Mistake{detector("{ memory_abov = \"1MiB\" }"),
                     "v.toml:3: rule.when.memory_abov: unknown key; did you mean memory_above?\n"
                     "v.toml:3: rule.when: expected a detector such as memory_above"},
             Mistake{detector("{ memory_above = \"1MiB\", count_above = 3 }"),
                     "v.toml:3: rule.when: expected one detector in each { }"},
             Mistake{detector("{ memory_above = \"1MiB\", clear = \"2MiB\" }"),
                     "v.toml:3: rule.when.clear: expected at most what memory_above says"},
             Mistake{detector("{ memory_above = \"1MiB\", clear = \"50%\" }"),
                     "v.toml:3: rule.when.clear: expected the same unit as memory_above"},
             Mistake{detector("{ execs_above = 0, programs = \"nc\" }"),
                     "v.toml:3: rule.when.programs: expected a list of at most 256 texts, such as "
                     "[\"db-*\"], got \"nc\""},
             Mistake{detector("{ pids_above = 9, programs = [\"nc\"] }"),
                     "v.toml:3: rule.when.programs: unknown key"},
             Mistake{detector("{ memory_above = \"1MiB\", within = \"1m\" }"),
                     "v.toml:3: rule.when.within: unknown key"},
             Mistake{detector("{ host_storage_above = \"90%\", mount = \"/data\" }"),
                     "v.toml:3: mount: expected one of [system] mounts, got \"/data\""},
             Mistake{detector(""), "v.toml:1: when: a group without a detector would always hold"},
             Mistake{detector("3"), "v.toml:3: rule.when: expected a detector such as "
                                    "{ memory_above = \"512MiB\" }, got 3"},
         }) {
        check(mistake);
    }
}

TEST_CASE("rules that make no sense are refused") {
    const std::string when = "when = [{ count_above = 3 }]\n";
    for (const Mistake& mistake : {
             Mistake{rule(when), "v.toml:1: rule: expected actions, such as actions = [\"stop\", "
                                 "\"remove\"]"},
             Mistake{rule("actions = [\"stop\"]\n"),
                     "v.toml:1: rule: expected either when = [{ ... }] or any = [[{ ... }], "
                     "[{ ... }]]"},
             Mistake{rule(when + "actions = [\"stopp\"]\n"),
                     "v.toml:4: rule.actions: there is no action \"stopp\"; expected some of warn, "
                     "limit, pause, stop, kill, remove; did you mean stop?"},
             Mistake{rule(when + "actions = [\"remove\"]\n"),
                     "v.toml:1: actions: remove needs a stop or a kill before it"},
             Mistake{rule(when + "actions = [\"remove\", \"stop\"]\n"),
                     "v.toml:1: actions: stop cannot come after remove"},
             Mistake{rule(when + "actions = [\"stop\", \"stop\"]\n"),
                     "v.toml:1: actions: stop cannot come after stop"},
             Mistake{rule(when + "actions = [\"limit\"]\n"),
                     "v.toml:1: actions: limit needs one of memory, cpus or pids"},
             Mistake{rule(when + "actions = []\n"), "v.toml:1: actions: expected at least one"},
             Mistake{rule(when + "actions = [\"stop\"]\nrank = \"largest\"\n"),
                     "v.toml:5: rule.rank: expected one of largest_memory, most_cpu, most_io, "
                     "newest, oldest, most_restarts, got \"largest\"; did you mean "
                     "largest_memory?"},
             Mistake{rule(when + "actions = [\"stop\"]\nclass = \"lo\"\n"),
                     "v.toml:1: class: there is no [class.lo]"},
             Mistake{rule(when + "actions = [\"stop\"]\ngrace = \"1500ms\"\n"),
                     "v.toml:5: rule.grace: expected whole seconds, at most an hour, got "
                     "\"1500ms\""},
             Mistake{rule(when + "actions = [\"stop\"]\n") + rule(when + "actions = [\"stop\"]\n"),
                     "v.toml:5: name: r is already the name of the rule at v.toml:1"},
             Mistake{"[[rule]]\n" + when + "actions = [\"stop\"]\n",
                     "v.toml:1: name: expected a name for the rule"},
         }) {
        check(mistake);
    }
}

TEST_CASE("all mistakes are told at once, in the order of the lines") {
    check({"interval = 1\n[storage]\nsize_cap = 2\n[storag]\n",
           "v.toml:1: interval: expected a duration with its unit, such as \"30s\", got 1\n"
           "v.toml:3: storage.size_cap: expected a size with its unit, such as \"512MiB\", got 2\n"
           "v.toml:4: storag: unknown key; did you mean storage?"});
}

TEST_CASE("a thousand mistakes are told in twenty lines") {
    std::string text;
    for (unsigned n = 0; n < 1000; ++n) {
        text += "key" + std::to_string(n) + " = 1\n";
    }
    const auto settings = config::parse(text, "v.toml");
    REQUIRE_FALSE(settings);
    const std::string& message = settings.error().message();
    CHECK(std::count(message.begin(), message.end(), '\n') == 20);
    CHECK(message.ends_with("\nand 980 more"));
}

TEST_CASE("what is not TOML is refused with its line") {
    for (const char* text : {"\n\ninterval = \n", "\n\n[storage\n", "\n\nx = 'a\n", "\n\n\xff\n"}) {
        const auto settings = config::parse(text, "v.toml");
        REQUIRE_FALSE(settings);
        INFO(settings.error().message());
        CHECK(settings.error().message().rfind("v.toml:", 0) == 0);
        CHECK(settings.error().message().find(": not TOML: ") != std::string::npos);
    }
}

TEST_CASE("text that toml++ itself stumbles over is refused like any other") {
    for (const char* text : {"[# its name", "[=]", "[,x]\n"}) {
        const auto settings = config::parse(text, "v.toml");
        REQUIRE_FALSE(settings);
        CHECK(settings.error().message().find("not TOML: ") != std::string::npos);
    }
}

TEST_CASE("characters beyond ASCII are for quotes and comments") {
    for (const char* text :
         {"\n\u00f6 = 1\n", "# \u00f6\ninterval = \u00f6\n", "\na=9-=n'1a\u03f4'\n",
          "\na=\"b\"c\"\u03f4\"\n", "\na=35[\"\u03f4\n", "\nx = \"\"\"\\ \u03f4\"\"\"\n"}) {
        INFO(text);
        const auto settings = config::parse(text, "v.toml");
        REQUIRE_FALSE(settings);
        CHECK(settings.error().message().starts_with("v.toml:2: not TOML: "));
    }
    const auto settings = config::parse("\xEF\xBB\xBF# gr\u00f6\u00dfe\n[protect]\nnames = "
                                        "[\"gr\u00f6\u00dfe \\\" \u00f6\", '\\\u00f6'] # \u00f6\n",
                                        "v.toml");
    if (!settings) {
        FAIL(settings.error().message());
    }
    CHECK(settings->policy.protect.names.at(1) == "\\\u00f6");
}
