// SPDX-License-Identifier: MIT
#include "test/policy/world.h"

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace vigia::test {
namespace {

constexpr uint64_t all_valid = ~uint64_t{0};

std::string make_id(uint64_t number) {
    char text[65];
    std::snprintf(text, sizeof text, "%064llx",
                  static_cast<unsigned long long>(number * 0x9E3779B97F4A7C15ULL));
    return text;
}

ContainerSample row_of(const FakeContainer& container) {
    ContainerSample row;
    row.runtime = container.info.runtime;
    row.id = container.id;
    row.info = container.described ? &container.info : nullptr;
    row.has_cgroup = container.has_cgroup && !container.hidden;
    if (row.has_cgroup) {
        row.record = container.record;
        row.rates = container.rates;
        row.process_count = container.process_count;
        row.memory_bytes = container.memory_bytes;
        row.oldest_start_time_ns = container.oldest_start_time_ns;
    }
    return row;
}

} // namespace

World::World() {
    system.record.valid = all_valid;
    system.record.memory_total_bytes = 8ULL << 30;
    system.record.memory_available_bytes = 6ULL << 30;
    system.rates.known = true;
}

FakeContainer& World::run(const std::string& name, uint64_t memory_bytes) {
    FakeContainer& container = containers.emplace_back();
    container.id = make_id(++made_);
    container.info.id = container.id;
    container.info.name = name;
    container.info.image = "example/app:1";
    container.info.state = ContainerState::running;
    container.record.valid = all_valid;
    container.record.id = ++cgroups_;
    container.record.memory_limit_bytes = VIGIA_NO_LIMIT;
    container.record.task_limit = VIGIA_NO_LIMIT;
    container.record.cpu_quota_ns = VIGIA_NO_LIMIT;
    container.record.cpu_period_ns = 100'000'000;
    container.rates.known = true;
    container.rates.io_origin = IoOrigin::cgroup;
    container.memory_bytes = memory_bytes;
    container.oldest_start_time_ns = clock.now().boottime_ns;
    return container;
}

FakeContainer* World::find(std::string_view name) {
    const auto at = std::find_if(containers.begin(), containers.end(),
                                 [&](const FakeContainer& one) { return one.info.name == name; });
    return at == containers.end() ? nullptr : &*at;
}

void World::erase(std::string_view name) {
    containers.remove_if([&](const FakeContainer& one) { return one.info.name == name; });
}

void World::end(std::string_view name, ContainerState state) {
    FakeContainer& container = *find(name);
    container.has_cgroup = false;
    container.process_count = 0;
    container.info.state = state;
}

void World::start(std::string_view name) {
    FakeContainer& container = *find(name);
    container.has_cgroup = true;
    container.process_count = 1;
    container.record.id = ++cgroups_;
    container.info.state = ContainerState::running;
    container.info.stopped_by_person = false;
}

void World::exec(std::string_view container, std::string_view file_name) {
    execs_.emplace_back(container, file_name);
}

const Sample& World::tick(uint64_t duration_ns) {
    clock.advance(duration_ns);
    interval_ns = duration_ns;
    return sample();
}

const Sample& World::sample() {
    rows_.clear();
    for (const FakeContainer& container : containers) {
        const bool in_sight = container.described || (container.has_cgroup && !container.hidden);
        if (in_sight) {
            rows_.push_back(row_of(container));
        }
    }
    std::sort(rows_.begin(), rows_.end(), [](const auto& left, const auto& right) {
        return std::tie(left.runtime, left.id) < std::tie(right.runtime, right.id);
    });
    sample_.gap = sample_.number == 0 ? Gap::first : gap;
    gap = Gap::none;
    ++sample_.number;
    sample_.at = clock.now();
    sample_.interval_ns = sample_.number == 1 ? 0 : interval_ns;
    sample_.system = system;
    sample_.containers = rows_;
    sample_.containers_complete = complete;
    told_.swap(execs_);
    execs_.clear();
    exec_rows_.clear();
    for (const auto& [name, file_name] : told_) {
        const auto at = std::find_if(rows_.begin(), rows_.end(), [&, &wanted = name](auto& row) {
            return row.name() == wanted;
        });
        const bool found = at != rows_.end();
        exec_rows_.push_back({sample_.at.monotonic_ns, 1,
                              found ? static_cast<int32_t>(at - rows_.begin()) : no_container,
                              file_name});
    }
    sample_.execs = exec_rows_;
    sample_.execs_known = execs_known;
    sample_.truncated_records = truncated_records;
    return sample_;
}

policy::Config enforcing(policy::RuleConfig rule) {
    policy::Config config;
    config.mode = policy::Mode::enforce;
    config.rules.push_back(std::move(rule));
    return config;
}

policy::DetectorConfig above(const std::string& kind, double threshold, uint64_t for_ns) {
    policy::DetectorConfig detector;
    detector.kind = kind;
    detector.threshold = threshold;
    detector.clear = threshold;
    detector.for_ns = for_ns;
    return detector;
}

policy::RuleConfig rule_of(const std::string& name, std::vector<policy::DetectorConfig> detectors,
                           std::vector<policy::ActionKind> actions) {
    policy::RuleConfig rule;
    rule.name = name;
    rule.any_of.push_back({std::move(detectors)});
    rule.ranker = "largest_memory";
    rule.actions = std::move(actions);
    return rule;
}

policy::ContainerClass class_of(const std::string& name, const std::string& pattern) {
    return {name, {{pattern}, {}, {}}};
}

std::string steps_of(const policy::Decision& decision) {
    std::string text;
    for (const policy::Step& step : decision.steps) {
        text += text.empty() ? "" : ", ";
        text += std::string(to_string(step.action)) + " " + std::string(to_string(step.phase));
    }
    return text;
}

} // namespace vigia::test
