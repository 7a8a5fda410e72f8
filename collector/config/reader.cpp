// SPDX-License-Identifier: MIT
#include "collector/config/reader.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/config/suggest.h"

namespace vigia::config {
namespace {

std::string shown(const toml::node& node) {
    if (node.is_table() || node.is_array()) {
        return node.is_table() ? "a table" : "a list";
    }
    std::ostringstream stream;
    node.visit([&](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) {
            stream << value.get();
        }
    });
    constexpr std::size_t longest = 60;
    const std::string text = stream.str();
    const std::string safe = to_terminal(std::string_view(text).substr(0, longest));
    return node.is_string() ? '"' + safe + '"' : safe;
}

std::string at(const std::string& file, uint32_t line) {
    return file + ":" + std::to_string(line);
}

} // namespace

void Errors::add(const std::string& file, uint32_t line, const std::string& what) {
    complaints_.push_back({file_, line, at(file, line) + ": " + what});
}

void Errors::add(const std::string& text) {
    complaints_.push_back({file_, UINT32_MAX, text});
}

Error Errors::error() const {
    std::vector<Complaint> sorted = complaints_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
        return std::pair(left.file, left.line) < std::pair(right.file, right.line);
    });
    const std::size_t shown_errors = std::min(sorted.size(), limits::config_errors_shown);
    std::string text;
    for (std::size_t index = 0; index < shown_errors; ++index) {
        text += (index == 0 ? "" : "\n") + sorted[index].text;
    }
    if (shown_errors < sorted.size()) {
        text += "\nand " + std::to_string(sorted.size() - shown_errors) + " more";
    }
    return {ErrorKind::usage, text};
}

std::string Value::where() const {
    return at(*file_, node_->source().begin.line);
}

void Value::complain(const std::string& what) const {
    errors_->add(*file_, node_->source().begin.line, key_ + ": " + what);
}

void Value::expected(const std::string& what, const std::string& hint) const {
    complain("expected " + what + ", got " + shown(*node_) + hint);
}

std::optional<bool> Value::boolean() const {
    if (const auto* value = node_->as_boolean()) {
        return value->get();
    }
    expected("true or false");
    return {};
}

std::optional<std::string> Value::text() const {
    if (const auto* value = node_->as_string()) {
        return value->get();
    }
    expected("a text in quotes");
    return {};
}

std::optional<uint64_t> Value::count(uint64_t least, uint64_t most) const {
    const auto* value = node_->as_integer();
    const bool positive = value != nullptr && value->get() >= 0;
    const uint64_t number = positive ? static_cast<uint64_t>(value->get()) : 0;
    if (!positive || number < least || number > most) {
        expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        return {};
    }
    return number;
}

std::optional<double> Value::number() const {
    const auto* whole = node_->as_integer();
    const auto* fraction = node_->as_floating_point();
    if (whole != nullptr && whole->get() >= 0) {
        return static_cast<double>(whole->get());
    }
    if (fraction != nullptr && std::isfinite(fraction->get()) && fraction->get() >= 0) {
        return fraction->get();
    }
    expected("a number of 0 or more");
    return {};
}

std::optional<uint64_t> Value::size_bytes() const {
    if (const auto* value = node_->as_string()) {
        if (const auto size = parse_size_bytes(value->get())) {
            return *size;
        }
    }
    expected("a size with its unit, such as \"512MiB\"");
    return {};
}

std::optional<double> Value::share_ratio() const {
    if (const auto* value = node_->as_string()) {
        if (const auto share = parse_share_ratio(value->get())) {
            return *share;
        }
    }
    expected("a share, such as \"80%\"");
    return {};
}

std::optional<double> Value::rate_bytes_per_second() const {
    if (const auto* value = node_->as_string()) {
        const std::string_view text = value->get();
        constexpr std::string_view per_second = "/s";
        if (text.ends_with(per_second)) {
            if (const auto size = parse_size_bytes(text.substr(0, text.size() - 2))) {
                return static_cast<double>(*size);
            }
        }
    }
    expected("a rate with its unit, such as \"50MiB/s\"");
    return {};
}

std::optional<uint64_t> Value::duration_ns() const {
    if (const auto* value = node_->as_string()) {
        if (const auto duration = parse_duration_ns(value->get())) {
            return *duration;
        }
    }
    expected("a duration with its unit, such as \"30s\"");
    return {};
}

std::optional<std::vector<std::string>> Value::texts() const {
    const auto* array = node_->as_array();
    std::vector<std::string> texts;
    bool right = array != nullptr && array->size() <= limits::patterns_per_list;
    for (std::size_t index = 0; right && index < array->size(); ++index) {
        const auto* item = array->get(index)->as_string();
        right = item != nullptr;
        if (right) {
            texts.push_back(item->get());
        }
    }
    if (!right) {
        expected("a list of at most " + std::to_string(limits::patterns_per_list) +
                 " texts, such as [\"db-*\"]");
        return {};
    }
    return texts;
}

std::vector<Value> Value::items() const {
    std::vector<Value> items;
    const auto* array = node_->as_array();
    if (array == nullptr) {
        expected("a list");
        return items;
    }
    for (const toml::node& item : *array) {
        items.emplace_back(item, key_, *file_, *errors_);
    }
    return items;
}

std::string Table::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

std::string Table::where() const {
    return at(*file_, table_->source().begin.line);
}

void Table::complain(const std::string& what) const {
    errors_->add(*file_, table_->source().begin.line, path_ + ": " + what);
}

std::optional<Value> Table::find(std::string_view key) {
    asked_.push_back(key);
    const toml::node* node = table_->get(key);
    if (node == nullptr) {
        return {};
    }
    return Value(*node, path_of(key), *file_, *errors_);
}

std::optional<Table> Table::table(std::string_view key) {
    const auto value = find(key);
    if (!value) {
        return {};
    }
    if (const auto* table = value->node().as_table()) {
        return Table(*table, value->key(), *file_, *errors_);
    }
    value->expected("a table: [" + value->key() + "]");
    return {};
}

std::vector<Table> Table::list(std::string_view key) {
    std::vector<Table> tables;
    const auto value = find(key);
    if (!value) {
        return tables;
    }
    const auto* array = value->node().as_array();
    bool right = array != nullptr;
    for (std::size_t index = 0; right && index < array->size(); ++index) {
        const auto* table = array->get(index)->as_table();
        right = table != nullptr;
        if (right) {
            tables.emplace_back(*table, value->key(), *file_, *errors_);
        }
    }
    if (!right) {
        value->expected("tables: [[" + value->key() + "]]");
    }
    return tables;
}

std::vector<std::pair<std::string, Table>> Table::tables(std::string_view key) {
    std::vector<std::pair<std::string, Table>> named;
    const auto outer = table(key);
    if (!outer) {
        return named;
    }
    for (const auto& [name, node] : *outer->table_) {
        const Value value(node, path_of(key) + "." + to_terminal(name.str()), *file_, *errors_);
        if (const auto* inner = node.as_table()) {
            named.emplace_back(std::string(name.str()),
                               Table(*inner, value.key(), *file_, *errors_));
        } else {
            value.expected("a table: [" + value.key() + "]");
        }
    }
    return named;
}

void Table::finish() {
    for (const auto& [key, node] : *table_) {
        if (std::find(asked_.begin(), asked_.end(), key.str()) == asked_.end()) {
            errors_->add(*file_, key.source().begin.line,
                         to_terminal(path_of(key.str())) + ": unknown key" +
                             suggestion(key.str(), asked_));
        }
    }
}

} // namespace vigia::config
