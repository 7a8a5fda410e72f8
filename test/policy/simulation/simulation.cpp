// SPDX-License-Identifier: MIT
#include "test/policy/simulation/simulation.h"

#include <algorithm>

namespace vigia::test {
namespace {

using namespace vigia::policy;

constexpr std::size_t containers_maximum = 24;

std::vector<ActionKind> random_chain(Random& random) {
    switch (random.below(7)) {
    case 0:
        return {ActionKind::warn};
    case 1:
        return {ActionKind::limit, ActionKind::stop, ActionKind::remove};
    case 2:
        return {ActionKind::pause};
    case 3:
        return {ActionKind::stop, ActionKind::kill, ActionKind::remove};
    case 4:
        return {ActionKind::warn, ActionKind::kill};
    case 5:
        return {ActionKind::stop};
    default:
        return {ActionKind::stop, ActionKind::remove};
    }
}

RuleConfig random_rule(Random& random, const std::string& name, const DetectorConfig& detector) {
    RuleConfig rule = rule_of(name, {detector}, random_chain(random));
    rule.cooldown_ns = 30 * ns_per_second;
    rule.verify_ns = 10 * ns_per_second;
    rule.parameters.memory_bytes = 300 * mebibyte;
    rule.parameters.pids = 100;
    rule.parameters.stop_grace_seconds = 5;
    const char* const rankers[] = {"largest_memory", "most_cpu", "newest", "oldest",
                                   "most_restarts"};
    rule.ranker = rankers[random.below(5)];
    return rule;
}

const char* const name_prefixes[] = {"low-", "low-",  "low-",    "high-", "high-",
                                     "web-", "keep-", "grafana", "vigia-"};

} // namespace

Config random_config(Random& random) {
    Config config;
    config.mode = random.once_in(4) ? Mode::dry_run : Mode::enforce;
    config.budget_decisions = static_cast<uint32_t>(random.between(1, 12));
    config.budget_window_ns = random.between(5, 60) * ns_per_second;
    if (random.once_in(2)) {
        config.protect.names = {"keep-*"};
    }
    config.classes = {class_of("low", "low-*"), class_of("high", "high-*")};
    config.rules.push_back(random_rule(random, "low", above("count_above", 3)));
    config.rules.back().container_class = "low";
    config.rules.push_back(random_rule(random, "high", above("count_above", 2)));
    config.rules.back().container_class = "high";
    config.rules.push_back(random_rule(
        random, "memory",
        above("memory_above", static_cast<double>(memory_line_bytes), memory_line_for_ns)));
    config.rules.push_back(random_rule(random, "all", above("count_above", 10)));
    config.rules.push_back(random_rule(random, "host", above("host_memory_above", 0.9)));
    config.rules.push_back(random_rule(random, "crashes", above("restarts_above", 2)));
    const std::size_t dropped = random.below(config.rules.size() * 2);
    if (dropped < config.rules.size()) {
        config.rules.erase(config.rules.begin() + static_cast<std::ptrdiff_t>(dropped));
    }
    return config;
}

Simulation::Simulation(uint64_t seed)
    : random_(seed), docker_(world_, random_), config_(random_config(random_)),
      engine_(std::make_unique<Engine>(config_, 1)) {}

void Simulation::run(uint64_t ticks) {
    while (ticks_ < ticks && auditor_.violation().empty()) {
        tick();
    }
    calm();
    forgotten_ = engine_->open_decisions();
    auditor_.check_end();
}

// Nothing new happens; what is open comes to its end.
void Simulation::calm() {
    quiet_ = true;
    world_.complete = true;
    world_.truncated_records = 0;
    for (FakeContainer& container : world_.containers) {
        container.hidden = false;
    }
    config_.rules.clear();
    engine_->reconfigure(config_);
    auditor_.reconfigured();
    for (unsigned second = 0; second < 300 && auditor_.violation().empty(); ++second) {
        tick();
    }
}

void Simulation::tick() {
    ++ticks_;
    tick_ns_ = ns_per_second;
    if (!quiet_) {
        live();
        bend_time();
        change_rules();
    }
    docker_.work();
    sample_ = &world_.tick(tick_ns_);
    evaluate(*sample_);
    deliver();
}

void Simulation::live() {
    if (world_.containers.size() < containers_maximum && random_.once_in(3)) {
        arrive();
    }
    world_.system.record.memory_available_bytes =
        random_.once_in(8) ? 100 * mebibyte : 4000 * mebibyte;
    for (auto at = world_.containers.begin(); at != world_.containers.end();) {
        FakeContainer& container = *at;
        const bool removed = random_.once_in(container.has_cgroup ? 2000 : 60);
        if (removed && random_.once_in(2)) { // made anew under the same name
            const std::string name = container.info.name;
            at = world_.containers.erase(at);
            world_.run(name, random_.between(1, 600) * mebibyte);
        } else if (removed) {
            at = world_.containers.erase(at);
        } else {
            live_one(container);
            ++at;
        }
    }
}

void Simulation::arrive() {
    const std::string prefix = name_prefixes[random_.below(std::size(name_prefixes))];
    FakeContainer& container =
        world_.run(prefix + std::to_string(random_.below(6)), random_.between(1, 600) * mebibyte);
    container.described = !random_.once_in(3);
    container.rates.cpu_ratio = static_cast<double>(random_.below(400)) / 100;
    if (random_.once_in(12)) {
        container.info.labels = {{"vigia.protect", random_.once_in(2) ? "true" : "false"}};
    }
}

void Simulation::live_one(FakeContainer& container) {
    container.described = container.described || random_.once_in(5);
    container.hidden = world_.truncated_records != 0 && random_.once_in(3);
    const std::string name = container.info.name;
    if (container.has_cgroup) {
        const uint64_t grown = container.memory_bytes + random_.below(12 * mebibyte);
        container.memory_bytes = random_.once_in(100) ? mebibyte : grown;
        container.info.restart_count += random_.once_in(300) ? 1 : 0;
        if (random_.once_in(150)) { // docker restart, faster than any sample
            container.record.id = new_cgroup();
            container.memory_bytes = random_.between(1, 600) * mebibyte;
        }
        const bool ends = random_.once_in(200);
        if (!ends) {
            return;
        }
        container.has_cgroup = false;
        container.process_count = 0;
        const bool by_person = random_.once_in(2);
        container.info.stopped_by_person = by_person;
        container.info.state =
            !by_person && random_.once_in(2) ? ContainerState::restarting : ContainerState::exited;
        return;
    }
    const bool restarts = container.info.state == ContainerState::restarting;
    if (random_.once_in(restarts ? 3 : 40)) { // its policy, or a person
        container.info.restart_count += restarts ? 1 : 0;
        container.record.memory_limit_bytes = VIGIA_NO_LIMIT;
        container.info.stopped_by_person = false;
        container.info.state = ContainerState::running;
        container.has_cgroup = true;
        container.process_count = 1;
        container.record.id = new_cgroup();
    }
}

void Simulation::bend_time() {
    if (world_.clock.now().boottime_ns > next_step_ns_ && random_.once_in(200)) {
        const auto hours = static_cast<int64_t>(random_.between(1, 48));
        world_.clock.step((random_.once_in(2) ? hours : -hours) * 3'600'000'000'000);
        next_step_ns_ = world_.clock.now().boottime_ns + 300 * ns_per_second;
    }
    if (random_.once_in(300)) {
        world_.clock.suspend(random_.between(2, 7200) * ns_per_second);
        world_.gap = Gap::suspended;
    } else if (random_.once_in(200)) {
        tick_ns_ = random_.between(5, 120) * ns_per_second;
        world_.gap = Gap::late;
    } else if (random_.once_in(500)) {
        world_.gap = Gap::writer_changed;
    } else if (random_.once_in(20)) {
        tick_ns_ = random_.between(900, 1900) * ns_per_millisecond;
    }
    world_.complete = world_.complete ? !random_.once_in(150) : random_.once_in(10);
    const bool cut = world_.truncated_records != 0;
    world_.truncated_records = cut ? (random_.once_in(5) ? 0 : 3) : (random_.once_in(300) ? 3 : 0);
}

void Simulation::change_rules() {
    if (random_.once_in(150)) {
        config_ = random_config(random_);
        engine_->reconfigure(config_);
        auditor_.reconfigured();
    }
}

void Simulation::evaluate(const Sample& sample) {
    engine_->evaluate(sample, verdicts_);
    auditor_.check_evaluation(sample, config_, verdicts_);
    const bool dies = !quiet_ && random_.once_in(verdicts_.changed.empty() ? 400 : 60);
    const Death death = dies ? static_cast<Death>(random_.between(1, 3)) : Death::none;
    if (death == Death::before_record) {
        die();
        return;
    }
    auditor_.record(verdicts_, sample.at.boottime_ns);
    if (death == Death::before_send) {
        die();
        return;
    }
    for (const ActionRequest& request : verdicts_.requests) {
        docker_.send(request);
        ++requests_;
    }
    if (death == Death::after_send) {
        die();
    }
}

// The process dies and begins anew with what the database has.
void Simulation::die() {
    ++crashes_;
    docker_.hang_up();
    const auto& database = auditor_.database();
    const uint64_t next_id = database.empty() ? 1 : database.rbegin()->first + 1;
    engine_ = std::make_unique<Engine>(config_, next_id);
    engine_->restore(auditor_.recent());
    auditor_.restarted();
}

void Simulation::deliver() {
    for (const ActionReport& report : docker_.answers()) {
        Verdicts verdicts;
        engine_->report(report, world_.clock.now(), verdicts);
        auditor_.check_report(*sample_, verdicts);
        auditor_.record(verdicts, world_.clock.now().boottime_ns);
    }
}

} // namespace vigia::test
