// SPDX-License-Identifier: MIT
// A replay and a rehearsal against what happened live, decision for decision.
#include "collector/service/rehearsal.h"

#include <map>

#include <fmt/format.h>

#include "collector/config/config.h"
#include "collector/recording/reader.h"
#include "collector/sampler/sampler.h"
#include "collector/service/replay.h"
#include "collector/service/tick.h"
#include "storage/history.h"
#include "test/recording/history.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr unsigned ticks = 100;
constexpr const char* rules = R"(
[policy]
budget = 100
[[rule]]
name = "few"
class = "low"
when = [{ count_above = 3 }]
actions = ["stop", "remove"]
cooldown = "10s"
[[rule]]
name = "small"
when = [{ memory_above = "40MiB" }]
for = "5s"
actions = ["kill"]
[[rule]]
name = "never"
when = [{ memory_above = "4GiB" }]
actions = ["warn"]
)";

// All that a decision tells, as text.
std::string text_of(const policy::Decision& decision) {
    std::string text = fmt::format(
        "{} {} {} {} {} {} {} {} {} {}", decision.id, decision.realtime_ns, decision.boottime_ns,
        decision.sample_number, decision.rule, decision.reason, decision.container_name,
        decision.container_id, decision.cgroup_id, decision.candidates_total);
    for (const policy::Reading& reading : decision.readings) {
        text += fmt::format(" {}={}/{} {}", reading.detector, reading.value, reading.threshold,
                            reading.held_ns);
    }
    for (const policy::Candidate& candidate : decision.ranking) {
        text += fmt::format(" {}:{}:{}", candidate.name, candidate.score, candidate.note);
    }
    for (const policy::Step& step : decision.steps) {
        text += fmt::format(" {}@{} {}", to_string(step.phase), step.realtime_ns, step.text);
    }
    return text;
}

policy::Config config_of(const char* text) {
    auto settings = config::parse(text, "rules.toml");
    REQUIRE(settings);
    return settings->policy;
}

// What the daemon's tick decides while the history happens, in dry run.
std::vector<std::string> decided_live() {
    History history;
    std::vector<std::string> decided;
    sampler::Sampler sampler({ns_per_second, false, "/proc"});
    policy::Engine engine(config_of(rules), 1);
    service::Ticker ticker(
        sampler, engine, nullptr, &history.catalog, history.clock,
        {[&](const policy::Decision& decision) { decided.push_back(text_of(decision)); },
         [](const policy::ActionRequest&) { FAIL("a dry run asks nothing"); },
         [](const policy::Notice&) {}});
    for (unsigned i = 0; i < ticks; ++i) {
        history.tick();
        REQUIRE(ticker.tick(history.source, 0));
    }
    return decided;
}

std::vector<std::string> rehearsed(const std::string& path, const policy::Config& config,
                                   service::Rehearsal* summary = nullptr) {
    auto replay = recording::Replay::open(path);
    REQUIRE(replay);
    std::vector<std::string> decided;
    const auto rehearsal =
        service::rehearse(**replay, config, [&](const policy::Decision& decision) {
            decided.push_back(text_of(decision));
        });
    if (summary != nullptr) {
        *summary = rehearsal;
    }
    return decided;
}

// Where the sample of this number lies, counted from 1.
uint64_t offset_of_sample(const std::string& path, unsigned number) {
    auto reader = recording::Reader::open(path);
    REQUIRE(reader);
    for (const recording::IndexEntry& entry : (**reader).chunks()) {
        if (entry.kind == static_cast<uint32_t>(recording::ChunkKind::sample) && --number == 0) {
            return entry.offset;
        }
    }
    return 0;
}

} // namespace

TEST_CASE("a rehearsal decides what the daemon decided, word for word, and again the same") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), ticks);
    const auto live = decided_live();
    service::Rehearsal summary;
    const auto first = rehearsed(folder.file("a.vigrec"), config_of(rules), &summary);
    REQUIRE(live.size() > 5);
    CHECK(first == live);
    CHECK(rehearsed(folder.file("a.vigrec"), config_of(rules)) == first);
    CHECK(summary.samples == ticks);
    CHECK(summary.decisions == live.size());
    REQUIRE(summary.rules.size() == 3);
    CHECK(summary.rules[0].decisions > 0);
    CHECK(summary.rules[1].decisions > 0);
    CHECK(summary.rules[2].decisions == 0);
}

TEST_CASE("rules that enforce are rehearsed in dry run") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), ticks);
    policy::Config enforcing = config_of(rules);
    enforcing.mode = policy::Mode::enforce;
    CHECK(rehearsed(folder.file("a.vigrec"), enforcing) == decided_live());
}

TEST_CASE("a damaged recording is rehearsed without its damaged part, which is counted") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), ticks);
    std::string bytes = read_file(folder.file("a.vigrec"));
    const std::size_t place = offset_of_sample(folder.file("a.vigrec"), 40) + 100; // in its payload
    bytes[place] = static_cast<char>(bytes[place] ^ 1);
    write_file(folder.file("b.vigrec"), bytes);
    service::Rehearsal summary;
    rehearsed(folder.file("b.vigrec"), config_of(rules), &summary);
    CHECK(summary.losses.damaged_chunks > 0);
    CHECK(summary.samples < ticks);
    CHECK(summary.samples >= ticks - 30);
    CHECK(summary.samples + summary.losses.damaged_chunks >= ticks);
}

TEST_CASE("a replaying daemon keeps the history of then, and refuses to act") {
    const TemporaryDirectory folder;
    record_history(folder.file("a.vigrec"), ticks);
    std::string enforcing = rules;
    enforcing.insert(enforcing.find("budget"), "enforce = true\n");
    write_file(folder.file("vigia.toml"), enforcing);
    auto replay = recording::Replay::open(folder.file("a.vigrec"));
    REQUIRE(replay);
    service::DaemonOptions options;
    options.config_path = folder.file("vigia.toml");
    options.database_path = folder.file("past.db");
    options.enforce = true;
    CHECK(service::run_replay(options, **replay, 0) == 2);
    options.enforce = false;
    CHECK(service::run_replay(options, **replay, 0) == 0);
    CHECK_FALSE((**replay).has_next());

    auto history = storage::History::open(folder.file("past.db"));
    REQUIRE(history);
    const auto decisions = (**history).decisions({}, 1'000);
    REQUIRE(decisions);
    const auto live = decided_live();
    CHECK(decisions->size() == live.size());
    for (const policy::Decision& decision : *decisions) {
        CHECK(decision.phase == policy::Phase::dry_run);
        CHECK(text_of(decision) == live.at(decision.id - 1));
    }
    const auto seconds =
        (**history).system({{0, UINT64_MAX}, storage::Resolution::raw, {}, {}, {}, 10'000});
    REQUIRE(seconds);
    CHECK(seconds->rows.size() >= ticks - 1);
}
