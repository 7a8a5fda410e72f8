// SPDX-License-Identifier: MIT
// Strict reading of TOML: what is not asked for is unknown, what is not of the asked type is
// refused, and every complaint has its file, line and key. Reading goes on after a complaint, so
// that a person sees all of them at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"
#include "collector/config/toml.h"

namespace vigia::config {

// The complaints about all files.
class Errors {
public:
    // Complaints are shown file by file, each in the order of its lines.
    void begin_file() { ++file_; }
    // "<file>:<line>: <what>".
    void add(const std::string& file, uint32_t line, const std::string& what);
    void add(const std::string& text);
    bool empty() const { return complaints_.empty(); }
    // At most limits::config_errors_shown lines and how many more there are.
    Error error() const;

private:
    struct Complaint {
        unsigned file = 0;
        uint32_t line = 0;
        std::string text;
    };
    unsigned file_ = 0;
    std::vector<Complaint> complaints_;
};

// One value and where it stands.
class Value {
public:
    Value(const toml::node& node, std::string key, const std::string& file, Errors& errors)
        : node_(&node), key_(std::move(key)), file_(&file), errors_(&errors) {}

    // Each: the value, or a complaint and nothing.
    std::optional<bool> boolean() const;
    std::optional<std::string> text() const;
    std::optional<uint64_t> count(uint64_t least, uint64_t most) const;
    std::optional<double> number() const; // 0 or more
    std::optional<uint64_t> size_bytes() const;
    std::optional<double> share_ratio() const;
    std::optional<double> rate_bytes_per_second() const;
    std::optional<uint64_t> duration_ns() const;
    std::optional<std::vector<std::string>> texts() const;
    std::vector<Value> items() const; // of a list

    const toml::node& node() const { return *node_; }
    const std::string& key() const { return key_; }
    const std::string& file() const { return *file_; }
    Errors& errors() const { return *errors_; }
    std::string where() const; // "<file>:<line>"
    // "<where>: <key>: expected <what>, got <value><hint>"
    void expected(const std::string& what, const std::string& hint = {}) const;
    // "<where>: <key>: <what>"
    void complain(const std::string& what) const;

private:
    const toml::node* node_;
    std::string key_;
    const std::string* file_;
    Errors* errors_;
};

// One table. Ask for every key that may be there, then finish().
class Table {
public:
    // `path`: the key of the table itself, empty for the root.
    Table(const toml::table& table, std::string path, const std::string& file, Errors& errors)
        : table_(&table), path_(std::move(path)), file_(&file), errors_(&errors) {}

    std::optional<Value> find(std::string_view key);
    // A table under a key; a complaint if it is something else.
    std::optional<Table> table(std::string_view key);
    // The tables of [[key]] or of a table of tables [key.NAME].
    std::vector<Table> list(std::string_view key);
    std::vector<std::pair<std::string, Table>> tables(std::string_view key);

    std::string where() const;
    std::string path_of(std::string_view key) const;
    void complain(const std::string& what) const;
    // Complains about every key that nobody asked for.
    void finish();

private:
    const toml::table* table_;
    std::string path_;
    const std::string* file_;
    Errors* errors_;
    std::vector<std::string_view> asked_; // literals
};

} // namespace vigia::config
