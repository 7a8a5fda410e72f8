// SPDX-License-Identifier: MIT
#include "collector/config/detectors.h"

#include <algorithm>

#include "policy/builtin.h"

namespace vigia::config {
namespace {

using policy::DetectorConfig;

// The forms that a threshold of this kind may have, with an example each.
std::string forms_of(uint8_t quantities) {
    std::string forms;
    const auto add = [&](uint8_t quantity, const char* form) {
        if ((quantities & quantity) != 0) {
            forms += (forms.empty() ? "" : " or ") + std::string(form);
        }
    };
    add(policy::quantity_size, "a size such as \"512MiB\"");
    add(policy::quantity_rate, "a rate such as \"50MiB/s\"");
    add(policy::quantity_count, "a whole number");
    add(policy::quantity_number, "a number");
    add(policy::quantity_share, "a share such as \"80%\"");
    return forms;
}

struct Threshold {
    double value = 0;
    bool share = false;
};

bool is_share(const Value& value) {
    const auto* text = value.node().as_string();
    return text != nullptr && !text->get().empty() && text->get().back() == '%';
}

template <typename Number>
std::optional<Threshold> threshold(std::optional<Number> number, bool share) {
    return number ? std::optional(Threshold{static_cast<double>(*number), share}) : std::nullopt;
}

std::optional<Threshold> read_threshold(const Value& value, uint8_t quantities) {
    const bool is_text = value.node().is_string();
    if (is_share(value) && (quantities & policy::quantity_share) != 0) {
        return threshold(value.share_ratio(), true);
    }
    if (is_text && !is_share(value) && (quantities & policy::quantity_size) != 0) {
        return threshold(value.size_bytes(), false);
    }
    if (is_text && !is_share(value) && (quantities & policy::quantity_rate) != 0) {
        return threshold(value.rate_bytes_per_second(), false);
    }
    if (value.node().is_integer() && (quantities & policy::quantity_count) != 0) {
        return threshold(value.count(0, INT64_MAX), false);
    }
    if (value.node().is_number() && (quantities & policy::quantity_number) != 0) {
        return threshold(value.number(), false);
    }
    value.expected(forms_of(quantities));
    return {};
}

// The one key of the table that names a detector.
struct Named {
    const policy::DetectorKind* kind = nullptr;
    std::optional<Value> value;
    std::size_t found = 0;
};

Named find_detector(Table& table) {
    Named named;
    for (const policy::DetectorKind& kind : policy::detector_kinds()) {
        if (auto value = table.find(kind.name)) {
            named.kind = &kind;
            named.value = std::move(value);
            ++named.found;
        }
    }
    return named;
}

void read_threshold_and_clear(Table& table, const Named& named, DetectorConfig& detector) {
    const auto line = read_threshold(*named.value, named.kind->quantities);
    detector.threshold = line ? line->value : 0;
    detector.share = line && line->share;
    detector.clear = detector.threshold;
    const auto value = table.find("clear");
    if (!value) {
        return;
    }
    const auto clear = read_threshold(*value, named.kind->quantities);
    if (clear && line && clear->share != line->share) {
        value->complain("expected the same unit as " + std::string(named.kind->name));
    } else if (clear && line && clear->value > line->value) {
        value->complain("expected at most what " + std::string(named.kind->name) + " says");
    } else if (clear) {
        detector.clear = clear->value;
    }
}

std::optional<DetectorConfig> read_detector(const Value& item, uint64_t for_ns) {
    const auto* node = item.node().as_table();
    if (node == nullptr) {
        item.expected("a detector such as { memory_above = \"512MiB\" }");
        return {};
    }
    Table table(*node, item.key(), item.file(), item.errors());
    const Named named = find_detector(table);
    DetectorConfig detector;
    detector.for_ns = for_ns;
    detector.where = item.where();
    read_duration(table, "for", detector.for_ns);
    if (named.found == 1) {
        detector.kind = named.kind->name;
        read_threshold_and_clear(table, named, detector);
        if (named.kind->name == "host_storage_above") {
            const auto mount = table.find("mount");
            detector.mount = mount ? mount->text().value_or("/") : "/";
        }
        if (named.kind->name == "execs_above") {
            if (const auto programs = table.find("programs")) {
                detector.programs = programs->texts().value_or(detector.programs);
            }
        }
        if (named.kind->make(detector)->windowed()) {
            read_duration(table, "within", detector.within_ns);
            detector.within_ns = std::max<uint64_t>(detector.within_ns, 1);
        }
    }
    table.finish();
    if (named.found != 1) {
        item.complain(named.found == 0 ? "expected a detector such as memory_above"
                                       : "expected one detector in each { }");
        return {};
    }
    return detector;
}

policy::DetectorGroup read_group(const Value& list, uint64_t for_ns) {
    policy::DetectorGroup group;
    for (const Value& item : list.items()) {
        if (auto detector = read_detector(item, for_ns)) {
            group.detectors.push_back(std::move(*detector));
        }
    }
    return group;
}

} // namespace

void read_duration(Table& table, std::string_view key, uint64_t& duration_ns) {
    if (const auto value = table.find(key)) {
        duration_ns = value->duration_ns().value_or(duration_ns);
    }
}

void read_detectors(Table& table, policy::RuleConfig& rule) {
    uint64_t for_ns = 0;
    read_duration(table, "for", for_ns);
    const auto when = table.find("when");
    const auto any = table.find("any");
    if (when.has_value() == any.has_value()) {
        table.complain("expected either when = [{ ... }] or any = [[{ ... }], [{ ... }]]");
        return;
    }
    if (when) {
        rule.any_of.push_back(read_group(*when, for_ns));
        return;
    }
    for (const Value& group : any->items()) {
        rule.any_of.push_back(read_group(group, for_ns));
    }
}

} // namespace vigia::config
