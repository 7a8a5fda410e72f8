// SPDX-License-Identifier: MIT
#include "collector/service/settings.h"

#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/units.h"
#include "collector/service/paths.h"

namespace vigia::service {

Result<config::Settings> load_settings(const DaemonOptions& options) {
    auto loaded = config::load(options.config_path);
    if (!loaded) {
        return loaded;
    }
    config::Settings& settings = *loaded;
    settings.source = options.source.value_or(settings.source);
    settings.interval_ns = options.interval_ns.value_or(settings.interval_ns);
    settings.storage.path = options.database_path.value_or(settings.storage.path);
    settings.run_directory = options.run_directory.value_or(settings.run_directory);
    if (settings.storage.path.empty()) {
        settings.storage.path = default_database_path();
    }
    if (settings.recording.directory.empty()) {
        settings.recording.directory = default_recording_directory();
    }
    if (settings.run_directory.empty()) {
        settings.run_directory = default_run_directory();
    }
    if (options.enforce) {
        settings.policy.mode = policy::Mode::enforce;
    }
    if (settings.interval_ns < limits::interval_minimum_ns ||
        settings.interval_ns > limits::interval_maximum_ns) {
        return Error(ErrorKind::usage,
                     fmt::format("interval {} is out of range: from {} to {}",
                                 format_duration_ns(settings.interval_ns),
                                 format_duration_ns(limits::interval_minimum_ns),
                                 format_duration_ns(limits::interval_maximum_ns)));
    }
    return loaded;
}

storage::StoreConfig store_config(const config::StorageSettings& settings) {
    storage::StoreConfig config;
    config.path = settings.path;
    config.size_cap_bytes = settings.size_cap_bytes;
    config.raw_age_ns = settings.raw_age_ns;
    config.rollup_age_ns = settings.rollup_age_ns;
    config.processes_largest = settings.processes_largest;
    return config;
}

} // namespace vigia::service
