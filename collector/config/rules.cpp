// SPDX-License-Identifier: MIT
#include "collector/config/rules.h"

#include <algorithm>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/config/detectors.h"
#include "collector/config/suggest.h"
#include "policy/builtin.h"

namespace vigia::config {
namespace {

using policy::RuleConfig;

// "key=value glob", or "key" for any value.
void read_labels(const Value& value, std::vector<std::pair<std::string, std::string>>& labels) {
    const auto texts = value.texts();
    if (!texts) {
        return;
    }
    for (const std::string& text : *texts) {
        const std::size_t equals = text.find('=');
        if (text.empty() || equals == 0) {
            value.complain("expected \"key=value\" or \"key\"");
            return;
        }
        labels.emplace_back(text.substr(0, equals),
                            equals == std::string::npos ? "*" : text.substr(equals + 1));
    }
}

// Only the lists that are there; each replaces what was there before.
void read_selector(Table& table, policy::Selector& selector) {
    if (const auto names = table.find("names")) {
        selector.names = names->texts().value_or(selector.names);
    }
    if (const auto images = table.find("images")) {
        selector.images = images->texts().value_or(selector.images);
    }
    if (const auto labels = table.find("labels")) {
        selector.labels.clear();
        read_labels(*labels, selector.labels);
    }
    table.finish();
}

template <typename List>
void append(List& list, const List& more) {
    list.insert(list.end(), more.begin(), more.end());
}

template <typename Names>
std::vector<std::string_view> names_of(const Names& kinds) {
    std::vector<std::string_view> names;
    for (const auto& kind : kinds) {
        names.push_back(kind.name);
    }
    return names;
}

std::string listed(const std::vector<std::string_view>& names) {
    std::string text;
    for (const std::string_view name : names) {
        text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text;
}

void read_ranker(Table& table, RuleConfig& rule) {
    rule.ranker = "largest_memory";
    const auto value = table.find("rank");
    const auto text = value ? value->text() : std::nullopt;
    if (text && policy::find_ranker(*text) == nullptr) {
        const auto names = names_of(policy::ranker_kinds());
        value->expected("one of " + listed(names), suggestion(*text, names));
    } else if (text) {
        rule.ranker = *text;
    }
}

void read_actions(Table& table, RuleConfig& rule) {
    const auto value = table.find("actions");
    const auto texts = value ? value->texts() : std::nullopt;
    if (!value) {
        table.complain("expected actions, such as actions = [\"stop\", \"remove\"]");
        return;
    }
    const std::vector<std::string_view> names(policy::action_names().begin(),
                                              policy::action_names().end());
    for (const std::string& text : texts.value_or(std::vector<std::string>())) {
        if (const policy::ActionKind* kind = policy::find_action(text)) {
            rule.actions.push_back(*kind);
        } else {
            value->complain("there is no action \"" + text + "\"; expected some of " +
                            listed(names) + suggestion(text, names));
        }
    }
}

void read_parameters(Table& table, policy::ActionParameters& parameters) {
    if (const auto memory = table.find("memory")) {
        parameters.memory_bytes = memory->size_bytes().value_or(0);
    }
    if (const auto cpus = table.find("cpus")) {
        parameters.cpu_ratio = cpus->number().value_or(0);
    }
    if (const auto pids = table.find("pids")) {
        parameters.pids = pids->count(1, INT64_MAX).value_or(0);
    }
    const auto grace = table.find("grace");
    const auto grace_ns = grace ? grace->duration_ns() : std::nullopt;
    if (grace_ns && (*grace_ns % ns_per_second != 0 || *grace_ns > 3600 * ns_per_second)) {
        grace->expected("whole seconds, at most an hour");
    } else if (grace_ns) {
        parameters.stop_grace_seconds = static_cast<unsigned>(*grace_ns / ns_per_second);
    }
}

RuleConfig read_rule(Table& table) {
    RuleConfig rule;
    rule.where = table.where();
    if (const auto name = table.find("name")) {
        rule.name = name->text().value_or("");
    }
    if (const auto container_class = table.find("class")) {
        rule.container_class = container_class->text().value_or("");
    }
    read_detectors(table, rule);
    read_ranker(table, rule);
    read_actions(table, rule);
    read_parameters(table, rule.parameters);
    read_duration(table, "cooldown", rule.cooldown_ns);
    read_duration(table, "verify", rule.verify_ns);
    table.finish();
    return rule;
}

policy::ContainerClass& class_of(policy::Config& config, const std::string& name) {
    for (policy::ContainerClass& known : config.classes) {
        if (known.name == name) {
            return known;
        }
    }
    return config.classes.emplace_back(policy::ContainerClass{name, {}});
}

} // namespace

void read_policy(Table& root, policy::Config& config, bool& default_rules) {
    auto table = root.table("policy");
    if (!table) {
        return;
    }
    if (const auto enforce = table->find("enforce")) {
        const bool wanted = enforce->boolean().value_or(false);
        config.mode = wanted ? policy::Mode::enforce : policy::Mode::dry_run;
    }
    if (const auto budget = table->find("budget")) {
        config.budget_decisions = static_cast<uint32_t>(
            budget->count(0, limits::budget_maximum).value_or(config.budget_decisions));
    }
    if (const auto window = table->find("budget_window")) {
        const auto window_ns = window->duration_ns();
        if (window_ns && *window_ns == 0) {
            window->expected("a duration above 0s");
        }
        config.budget_window_ns = window_ns.value_or(config.budget_window_ns);
    }
    if (const auto rules = table->find("default_rules")) {
        default_rules = rules->boolean().value_or(default_rules);
    }
    table->finish();
}

void read_protect(Table& root, policy::Config& config) {
    if (auto table = root.table("protect")) {
        policy::Selector more;
        read_selector(*table, more);
        append(config.protect.names, more.names);
        append(config.protect.images, more.images);
        append(config.protect.labels, more.labels);
    }
}

void read_classes(Table& root, policy::Config& config) {
    for (auto& [name, table] : root.tables("class")) {
        read_selector(table, class_of(config, name).selector);
    }
}

void read_rules(Table& root, policy::Config& config) {
    for (Table& table : root.list("rule")) {
        config.rules.push_back(read_rule(table));
    }
}

} // namespace vigia::config
