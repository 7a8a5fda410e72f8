// SPDX-License-Identifier: MIT
#include "policy/selector.h"

#include "collector/base/text.h"

namespace vigia::policy {
namespace {

const std::string* first_match(const std::vector<std::string>& patterns, const std::string& text) {
    for (const std::string& pattern : patterns) {
        if (matches_glob(pattern, text)) {
            return &pattern;
        }
    }
    return nullptr;
}

const std::pair<std::string, std::string>* first_label(const Selector& selector,
                                                       const ContainerInfo& info) {
    for (const auto& label : selector.labels) {
        const std::string* value = info.label(label.first);
        if (value != nullptr && matches_glob(label.second, *value)) {
            return &label;
        }
    }
    return nullptr;
}

} // namespace

bool matches(const Selector& selector, const ContainerInfo& info) {
    return first_match(selector.names, info.name) != nullptr ||
           first_match(selector.images, info.image) != nullptr ||
           first_label(selector, info) != nullptr;
}

std::string match_of(const Selector& selector, const ContainerInfo& info) {
    if (const std::string* name = first_match(selector.names, info.name)) {
        return "name " + *name;
    }
    if (const std::string* image = first_match(selector.images, info.image)) {
        return "image " + *image;
    }
    if (const auto* label = first_label(selector, info)) {
        return "label " + label->first + "=" + label->second;
    }
    return {};
}

const Selector& builtin_protection() {
    static const Selector selector{
        {"grafana*", "vigia*"},
        {"grafana*", "*/grafana*", "vigia*", "*/vigia*"},
        {{"vigia.protect", "true"}},
    };
    return selector;
}

bool is_protected(const Config& config, const ContainerInfo& info) {
    return matches(builtin_protection(), info) || matches(config.protect, info);
}

std::string protection_of(const Config& config, const ContainerInfo& info) {
    const std::string builtin = match_of(builtin_protection(), info);
    return builtin.empty() ? match_of(config.protect, info) : builtin;
}

} // namespace vigia::policy
