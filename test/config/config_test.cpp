// SPDX-License-Identifier: MIT
#include "collector/config/config.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include "policy/selector.h"
#include "test/support/catch.h"

using namespace vigia;
namespace fs = std::filesystem;

namespace {

// A directory of its own that goes with the test.
class Directory {
public:
    Directory() {
        char name[] = "/tmp/vigia-config-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~Directory() { fs::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    std::string write(const std::string& name, const std::string& text) const {
        const fs::path path = fs::path(path_) / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
        return path.string();
    }

private:
    std::string path_;
};

std::string read_whole(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// "#key = value" without its '#'; prose has a space behind it.
std::string uncommented(const std::string& text) {
    std::stringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        result += (is_key ? line.substr(1) : line) + "\n";
    }
    return result;
}

const char shipped_path[] = VIGIA_SOURCE_DIR "/deploy/vigia.toml";

const policy::Selector& class_of(const config::Settings& settings, const std::string& name) {
    for (const policy::ContainerClass& one : settings.policy.classes) {
        if (one.name == name) {
            return one.selector;
        }
    }
    throw std::runtime_error("no class " + name);
}

void check_equals_defaults(const config::Settings& settings) {
    const config::Settings defaults = *config::parse("", "empty");
    CHECK(settings.interval_ns == defaults.interval_ns);
    CHECK(settings.source == defaults.source);
    CHECK(settings.mounts == defaults.mounts);
    CHECK(settings.storage.enabled == defaults.storage.enabled);
    CHECK(settings.storage.size_cap_bytes == defaults.storage.size_cap_bytes);
    CHECK(settings.storage.raw_age_ns == defaults.storage.raw_age_ns);
    CHECK(settings.storage.rollup_age_ns == defaults.storage.rollup_age_ns);
    CHECK(settings.storage.processes_largest == defaults.storage.processes_largest);
    CHECK(settings.engine.enabled == defaults.engine.enabled);
    CHECK(settings.engine.sockets == defaults.engine.sockets);
    CHECK(settings.recording.enabled == defaults.recording.enabled);
    CHECK(settings.recording.size_cap_bytes == defaults.recording.size_cap_bytes);
    CHECK(settings.recording.age_ns == defaults.recording.age_ns);
    CHECK(settings.policy.mode == policy::Mode::dry_run);
    CHECK(settings.policy.budget_decisions == defaults.policy.budget_decisions);
    CHECK(settings.policy.budget_window_ns == defaults.policy.budget_window_ns);
    REQUIRE(settings.policy.classes.size() == 2);
    for (const char* name : {"low", "high"}) {
        const policy::Selector& shown = class_of(settings, name);
        const policy::Selector& expected = class_of(defaults, name);
        CHECK(shown.names == expected.names);
        CHECK(shown.images == expected.images);
        CHECK(shown.labels == expected.labels);
    }
    CHECK(settings.policy.protect.names.empty());
}

} // namespace

TEST_CASE("no configuration at all gives the classic rules in dry run") {
    const auto settings = config::parse("", "vigia.toml");
    REQUIRE(settings);
    CHECK(settings->policy.mode == policy::Mode::dry_run);
    REQUIRE(settings->policy.rules.size() == 3);
    CHECK(settings->policy.rules[0].container_class == "low");
    CHECK(settings->policy.rules[0].any_of.at(0).detectors.at(0).threshold == 3);
    CHECK(settings->policy.rules[1].container_class == "high");
    CHECK(settings->policy.rules[1].any_of.at(0).detectors.at(0).threshold == 2);
    CHECK(settings->policy.rules[2].container_class.empty());
    CHECK(settings->policy.rules[2].any_of.at(0).detectors.at(0).threshold == 10);
    CHECK(settings->policy.rules[0].actions ==
          std::vector<policy::ActionKind>{policy::ActionKind::stop, policy::ActionKind::remove});
    CHECK(policy::validate(settings->policy));
}

TEST_CASE("the shipped file parses, and as it is it changes nothing") {
    const auto settings = config::parse(read_whole(shipped_path), "vigia.toml");
    REQUIRE(settings);
    check_equals_defaults(*settings);
    CHECK(settings->policy.rules.size() == 3);
}

TEST_CASE("every key that the shipped file shows has the default that it shows") {
    const auto settings = config::parse(uncommented(read_whole(shipped_path)), "vigia.toml");
    if (!settings) {
        FAIL(settings.error().message());
    }
    check_equals_defaults(*settings);
    REQUIRE(settings->policy.rules.size() == 1);
    const policy::RuleConfig& rule = settings->policy.rules[0];
    CHECK(rule.ranker == "largest_memory");
    CHECK(rule.cooldown_ns == policy::RuleConfig().cooldown_ns);
    CHECK(rule.verify_ns == policy::RuleConfig().verify_ns);
    // Paths that the service chooses when the configuration is silent: test/service/paths_test.cpp
    // has the same ones for root.
    CHECK(settings->storage.path == "/var/lib/vigia/history.db");
    CHECK(settings->run_directory == "/run/vigia");
    CHECK(settings->recording.directory == "/var/lib/vigia/recordings");
    CHECK(rule.parameters.stop_grace_seconds == policy::ActionParameters().stop_grace_seconds);
}

TEST_CASE("the shipped file names every detector, ranker and action") {
    const std::string text = read_whole(shipped_path);
    for (const char* name : {"memory_above",
                             "cpu_above",
                             "io_above",
                             "read_above",
                             "write_above",
                             "pids_above",
                             "cpu_pressure_above",
                             "memory_pressure_above",
                             "io_pressure_above",
                             "oom_kills_above",
                             "execs_above",
                             "restarts_above",
                             "count_above",
                             "host_memory_above",
                             "host_swap_above",
                             "host_cpu_above",
                             "host_load_above",
                             "host_memory_pressure_above",
                             "host_storage_above",
                             "largest_memory",
                             "most_cpu",
                             "most_io",
                             "newest",
                             "oldest",
                             "most_restarts",
                             "warn",
                             "limit",
                             "pause",
                             "stop",
                             "kill",
                             "remove"}) {
        INFO(name);
        CHECK(text.find(name) != std::string::npos);
    }
}

TEST_CASE("everything that a rule can say arrives with its unit") {
    const auto settings = config::parse(R"(
interval = "250ms"
[policy]
enforce = true
budget = 3
budget_window = "2m"
[protect]
names = ["db-*"]
labels = ["keep", "tier=gold*"]
[class.batch]
images = ["*/batch:*"]
[[rule]]
name = "hungry"
class = "batch"
any = [[{ memory_above = "80%", clear = "60%" }, { host_memory_above = "90%", for = "5s" }],
       [{ io_above = "50MiB/s" }], [{ oom_kills_above = 2, within = "1h" }],
       [{ execs_above = 0, programs = ["nc", "*/xmrig*"], within = "1m" }]]
for = "30s"
rank = "most_io"
actions = ["limit", "stop", "kill", "remove"]
memory = "256MiB"
cpus = 1.5
pids = 100
grace = "20s"
verify = "45s"
cooldown = "10m"
)",
                                        "vigia.toml");
    if (!settings) {
        FAIL(settings.error().message());
    }
    CHECK(settings->interval_ns == 250'000'000);
    const policy::Config& policy = settings->policy;
    CHECK(policy.mode == policy::Mode::enforce);
    CHECK(policy.budget_decisions == 3);
    CHECK(policy.budget_window_ns == 120'000'000'000);
    CHECK(policy.protect.labels ==
          std::vector<std::pair<std::string, std::string>>{{"keep", "*"}, {"tier", "gold*"}});
    REQUIRE(policy.rules.size() == 1);
    const policy::RuleConfig& rule = policy.rules[0];
    CHECK(rule.where == "vigia.toml:12");
    REQUIRE(rule.any_of.size() == 4);
    const policy::DetectorConfig& memory = rule.any_of[0].detectors.at(0);
    CHECK(memory.kind == "memory_above");
    CHECK(memory.threshold == Approx(0.8));
    CHECK(memory.clear == Approx(0.6));
    CHECK(memory.share);
    CHECK(memory.for_ns == 30'000'000'000);
    CHECK(rule.any_of[0].detectors.at(1).for_ns == 5'000'000'000);
    CHECK(rule.any_of[1].detectors.at(0).threshold == Approx(50.0 * 1024 * 1024));
    CHECK(rule.any_of[2].detectors.at(0).within_ns == 3'600'000'000'000);
    CHECK(rule.any_of[3].detectors.at(0).programs == std::vector<std::string>{"nc", "*/xmrig*"});
    CHECK(rule.any_of[3].detectors.at(0).within_ns == 60'000'000'000);
    CHECK(rule.ranker == "most_io");
    CHECK(rule.parameters.memory_bytes == 256ULL << 20);
    CHECK(rule.parameters.cpu_ratio == Approx(1.5));
    CHECK(rule.parameters.pids == 100);
    CHECK(rule.parameters.stop_grace_seconds == 20);
    CHECK(rule.verify_ns == 45'000'000'000);
    CHECK(rule.cooldown_ns == 600'000'000'000);
}

namespace {

// Whether the built-in class `word` ("low") takes a container; '#' stands for the word.
bool takes(const config::Settings& settings, const std::string& word, std::string name,
           std::string image, const std::string& label = {}) {
    for (std::string* text : {&name, &image}) {
        for (std::size_t at = text->find('#'); at != std::string::npos; at = text->find('#')) {
            text->replace(at, 1, word);
        }
    }
    ContainerInfo info;
    info.name = name;
    info.image = image;
    if (!label.empty()) {
        info.labels.emplace_back("vigia.class", label);
    }
    return policy::matches(class_of(settings, word), info);
}

} // namespace

TEST_CASE("the built-in classes take whole words in names and images") {
    const config::Settings settings = *config::parse("", "empty");
    for (const std::string word : {"low", "high"}) {
        for (const char* name :
             {"#", "#-1", "#-late", "#_1", "team-#", "team_#", "a-#-b", "a_#_b"}) {
            INFO(word << ": name " << name);
            CHECK(takes(settings, word, name, "busybox"));
        }
        for (const char* image :
             {"#", "#:1", "sample/#", "sample/#:latest", "#-worker", "reg.local:5000/#-worker:2",
              "localhost/test-#", "localhost/test-#:latest", "worker-#", "worker-#:1"}) {
            INFO(word << ": image " << image);
            CHECK(takes(settings, word, "box", image));
        }
        CHECK(takes(settings, word, "box", "busybox", word));
        CHECK_FALSE(takes(settings, word, "box", "busybox", "other"));
    }
}

TEST_CASE("the built-in classes take no container whose name only has the letters in it") {
    const config::Settings settings = *config::parse("", "empty");
    for (const std::string word : {"low", "high"}) {
        for (const char* text : {"air#",
                                 "ml#",
                                 "yel#",
                                 "tensorf#",
                                 "#er",
                                 "#land-db",
                                 "f#er-shop",
                                 "over#-2",
                                 "my-f#-1",
                                 "#way",
                                 "thr#s",
                                 "box",
                                 "LOW",
                                 "a.#.b",
                                 "follow-up",
                                 "slow-1",
                                 "highlight",
                                 "apache/airflow:2.9",
                                 "tensorflow/tensorflow:latest",
                                 "mlflow:1",
                                 "yellowpages/web",
                                 "workflow-engine",
                                 "cash-flow",
                                 "sky-highway"}) {
            INFO(word << ": " << text);
            CHECK_FALSE(takes(settings, word, text, "busybox"));
            CHECK_FALSE(takes(settings, word, "box", text));
        }
    }
}

TEST_CASE("the classes low and high are there for rules of one's own") {
    const auto settings = config::parse(
        "[[rule]]\nname='a'\nclass='low'\nwhen=[{count_above=1}]\nactions=['stop']\n", "v.toml");
    REQUIRE(settings);
    REQUIRE(settings->policy.rules.size() == 1);
    CHECK(settings->policy.rules[0].ranker == "largest_memory");
}

TEST_CASE("the classic rules can be switched off") {
    const auto settings = config::parse("[policy]\ndefault_rules = false\n", "v.toml");
    REQUIRE(settings);
    CHECK(settings->policy.rules.empty());
}

TEST_CASE("drop-ins win key by key in byte order, and rules and protection add up") {
    const Directory directory;
    const std::string path = directory.write("vigia.toml", R"(
interval = "1s"
[storage]
size_cap = "100MiB"
[protect]
names = ["a"]
[class.low]
names = ["small-*"]
[[rule]]
name = "first"
when = [{ count_above = 1 }]
actions = ["warn"]
)");
    directory.write("conf.d/20-second.toml", "interval = \"3s\"\n[protect]\nnames = [\"c\"]\n");
    directory.write("conf.d/10-first.toml", R"(
interval = "2s"
[storage]
processes_largest = 5
[protect]
names = ["b"]
[[rule]]
name = "second"
when = [{ count_above = 1 }]
actions = ["warn"]
)");
    directory.write("conf.d/.hidden.toml", "nonsense");
    directory.write("conf.d/README", "nonsense");
    const auto settings = config::load(path);
    if (!settings) {
        FAIL(settings.error().message());
    }
    CHECK(settings->interval_ns == 3'000'000'000);
    CHECK(settings->storage.size_cap_bytes == 100ULL << 20);
    CHECK(settings->storage.processes_largest == 5);
    CHECK(settings->policy.protect.names == std::vector<std::string>{"a", "b", "c"});
    REQUIRE(settings->policy.rules.size() == 2);
    CHECK(settings->policy.rules[1].name == "second");
    CHECK(class_of(*settings, "low").names == std::vector<std::string>{"small-*"});
    CHECK(class_of(*settings, "low").images == class_of(*config::parse("", "v"), "low").images);
    CHECK(settings->files.size() == 3);
}

TEST_CASE("a broken drop-in refuses the whole configuration and names itself") {
    const Directory directory;
    const std::string path = directory.write("vigia.toml", "interval = \"2s\"\n");
    const std::string broken = directory.write("conf.d/a.toml", "interval = 3\n");
    const auto settings = config::load(path);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind() == ErrorKind::usage);
    CHECK(settings.error().message() ==
          broken + ":1: interval: expected a duration with its unit, such as \"30s\", got 3");
}

TEST_CASE("a file that was named and is not there is an error, and so is a directory") {
    const Directory directory;
    const std::string path = directory.write("sub/vigia.toml", "");
    const auto missing = config::load(path + ".old");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind() == ErrorKind::not_found);
    const auto folder = config::load(fs::path(path).parent_path().string());
    REQUIRE_FALSE(folder);
    CHECK(folder.error().kind() == ErrorKind::usage);
}

TEST_CASE("a file above 1 MiB is refused") {
    const Directory directory;
    const std::string path = directory.write("vigia.toml", std::string((1 << 20) + 1, '#'));
    const auto settings = config::load(path);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().message() == path + ": expected at most 1 MiB");
}
