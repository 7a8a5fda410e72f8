// SPDX-License-Identifier: MIT
#include "collector/config/settings.h"

#include <algorithm>

#include "collector/base/limits.h"
#include "collector/config/suggest.h"

namespace vigia::config {
namespace {

constexpr uint64_t size_cap_minimum_bytes = 1ULL << 20;

void read_age(Table& table, std::string_view key, uint64_t& age_ns) {
    const auto value = table.find(key);
    const auto duration_ns = value ? value->duration_ns() : std::nullopt;
    if (duration_ns && *duration_ns == 0) {
        value->expected("a duration above 0s");
    }
    age_ns = duration_ns.value_or(age_ns);
}

// Absolute paths, or a complaint.
void read_paths(Table& table, std::string_view key, std::size_t most,
                std::vector<std::string>& paths) {
    const auto value = table.find(key);
    const auto texts = value ? value->texts() : std::nullopt;
    if (!texts) {
        return;
    }
    const bool absolute = std::all_of(texts->begin(), texts->end(), [](const std::string& path) {
        return path.starts_with('/') && path.find('\0') == std::string::npos;
    });
    if (!absolute || texts->size() > most) {
        value->complain("expected at most " + std::to_string(most) + " absolute paths");
        return;
    }
    paths = *texts;
}

} // namespace

void read_storage(Table& root, StorageSettings& storage) {
    auto table = root.table("storage");
    if (!table) {
        return;
    }
    if (const auto enabled = table->find("enabled")) {
        storage.enabled = enabled->boolean().value_or(storage.enabled);
    }
    if (const auto database = table->find("database")) {
        storage.path = database->text().value_or(storage.path);
    }
    if (const auto cap = table->find("size_cap")) {
        const auto bytes = cap->size_bytes();
        if (bytes && *bytes < size_cap_minimum_bytes) {
            cap->expected("at least \"1MiB\"");
        }
        storage.size_cap_bytes = bytes.value_or(storage.size_cap_bytes);
    }
    read_age(*table, "raw_age", storage.raw_age_ns);
    read_age(*table, "rollup_age", storage.rollup_age_ns);
    if (const auto largest = table->find("processes_largest")) {
        storage.processes_largest = static_cast<uint32_t>(
            largest->count(0, limits::store_processes_largest_maximum).value_or(0));
    }
    table->finish();
}

void read_engine(Table& root, EngineSettings& engine) {
    auto table = root.table("engine");
    if (!table) {
        return;
    }
    if (const auto enabled = table->find("enabled")) {
        engine.enabled = enabled->boolean().value_or(engine.enabled);
    }
    constexpr std::size_t sockets_maximum = 8;
    read_paths(*table, "sockets", sockets_maximum, engine.sockets);
    table->finish();
}

void read_recording(Table& root, RecordingSettings& recording) {
    auto table = root.table("recording");
    if (!table) {
        return;
    }
    if (const auto enabled = table->find("enabled")) {
        recording.enabled = enabled->boolean().value_or(recording.enabled);
    }
    if (const auto directory = table->find("directory")) {
        const auto path = directory->text();
        if (path && !path->starts_with('/')) {
            directory->expected("an absolute path");
        }
        recording.directory = path.value_or(recording.directory);
    }
    if (const auto cap = table->find("max_size")) {
        const auto bytes = cap->size_bytes();
        if (bytes && *bytes < limits::recording_size_cap_minimum_bytes) {
            cap->expected("at least \"1MiB\"");
        }
        recording.size_cap_bytes = bytes.value_or(recording.size_cap_bytes);
    }
    read_age(*table, "max_age", recording.age_ns);
    table->finish();
}

void read_sampling(Table& root, Settings& settings) {
    const auto interval = root.find("interval");
    const auto interval_ns = interval ? interval->duration_ns() : std::nullopt;
    if (interval_ns && (*interval_ns < limits::interval_minimum_ns ||
                        *interval_ns > limits::interval_maximum_ns)) {
        interval->expected("\"100ms\" to \"1h\"");
    }
    settings.interval_ns = interval_ns.value_or(settings.interval_ns);
    const auto source = root.find("source");
    const auto text = source ? source->text() : std::nullopt;
    if (text && *text != "auto" && *text != "kernel" && *text != "publisher" &&
        !text->starts_with('/')) {
        source->expected("auto, kernel, publisher or an absolute path",
                         suggestion(*text, {"auto", "kernel", "publisher"}));
    }
    settings.source = text.value_or(settings.source);
    const auto directory = root.find("run_directory");
    const auto path = directory ? directory->text() : std::nullopt;
    if (path && !path->starts_with('/')) {
        directory->expected("an absolute path");
    }
    settings.run_directory = path.value_or(settings.run_directory);
    if (auto system = root.table("system")) {
        read_paths(*system, "mounts", limits::mounts_maximum, settings.mounts);
        system->finish();
    }
}

} // namespace vigia::config
