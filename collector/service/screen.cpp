// SPDX-License-Identifier: MIT
#include "collector/service/screen.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/text.h"
#include "collector/base/units.h"

namespace vigia::service {
namespace {

std::string row(std::string_view label, std::string_view text) {
    return fmt::format("{:<11} {}", label, text);
}

std::string text_of(const char* bytes, std::size_t capacity) {
    const std::string_view field(bytes, capacity);
    return to_terminal(field.substr(0, std::min(field.find('\0'), capacity)));
}

std::string_view name_of(uint32_t cgroup_mode) {
    switch (cgroup_mode) {
    case VIGIA_CGROUP_V1:
        return "cgroup v1";
    case VIGIA_CGROUP_HYBRID:
        return "cgroup v1 and v2 (hybrid)";
    case VIGIA_CGROUP_V2:
        return "cgroup v2";
    default:
        return "no cgroups";
    }
}

double memory_used_ratio(const vigia_system& system) {
    return system.memory_total_bytes == 0 ? 0
                                          : 1 - static_cast<double>(system.memory_available_bytes) /
                                                    static_cast<double>(system.memory_total_bytes);
}

std::string host(const Sample& sample) {
    return fmt::format("{}, Linux {}, {} CPUs, {} memory, {}",
                       text_of(sample.info.hostname, sizeof(sample.info.hostname)),
                       text_of(sample.info.kernel_release, sizeof(sample.info.kernel_release)),
                       sample.info.cpu_count, format_bytes(sample.system.record.memory_total_bytes),
                       name_of(sample.info.cgroup_mode));
}

std::string count(std::size_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::size_t running(const Sample& sample) {
    return static_cast<std::size_t>(
        std::count_if(sample.containers.begin(), sample.containers.end(),
                      [](const ContainerSample& container) { return container.running(); }));
}

std::string sees(const Sample& sample) {
    const auto inside = std::count_if(
        sample.processes.begin(), sample.processes.end(),
        [](const ProcessSample& process) { return process.container != no_container; });
    return fmt::format("{} processes ({} in containers), {} running, {}", sample.processes.size(),
                       inside, count(running(sample), "container"),
                       count(sample.cgroups.size(), "control group"));
}

std::string rules(const policy::Config& policy) {
    std::string names;
    for (const policy::RuleConfig& rule : policy.rules) {
        names += (names.empty() ? "" : ", ") + to_terminal(rule.name);
    }
    return fmt::format("{}: {}; at most {} decisions in {}", count(policy.rules.size(), "rule"),
                       names, policy.budget_decisions, format_duration_ns(policy.budget_window_ns));
}

std::string outlook(const config::Settings& settings, const Beginning& beginning,
                    uint64_t decisions) {
    const bool dry = settings.policy.mode == policy::Mode::dry_run;
    if (decisions == 0) {
        return beginning.engine_present ? "nothing: no rule is broken now" : "nothing now";
    }
    return fmt::format("{} below{}; `vigia why ID` explains each", count(decisions, "decision"),
                       dry ? ", nothing of it is done without --enforce" : "");
}

} // namespace

std::vector<std::string> first_screen(const config::Settings& settings, const Beginning& beginning,
                                      const Sample& sample, uint64_t decisions) {
    const bool dry = settings.policy.mode == policy::Mode::dry_run;
    std::vector<std::string> lines;
    lines.push_back(fmt::format("vigia {}: {}", VIGIA_VERSION,
                                dry ? "dry run, it watches and explains and changes nothing"
                                    : "ENFORCING, it acts on containers that break the rules"));
    lines.push_back(row("source", beginning.source));
    lines.push_back(row("host", host(sample)));
    lines.push_back(row("sees", sees(sample)));
    lines.push_back(
        row("engine", beginning.engine_present
                          ? beginning.engine
                          : beginning.engine + ": without one no rule can judge or act"));
    std::string files;
    for (const std::string& file : settings.files) {
        files += (files.empty() ? "" : ", ") + file;
    }
    lines.push_back(row("config", files.empty() ? "built-in defaults" : files));
    lines.push_back(row("rules", rules(settings.policy)));
    lines.push_back(
        row("database", beginning.database_size_cap_bytes == 0
                            ? beginning.database
                            : fmt::format("{}, at most {}", beginning.database,
                                          format_bytes(beginning.database_size_cap_bytes))));
    lines.push_back(row("interval", format_duration_ns(settings.interval_ns)));
    lines.push_back(row(dry ? "would do" : "does", outlook(settings, beginning, decisions)));
    return lines;
}

std::string status_line(const Sample& sample, uint64_t decisions) {
    return fmt::format("cpu {}  memory {}  load {:.2f}  {} processes  {}  {}",
                       format_ratio(sample.system.rates.cpu_ratio),
                       format_ratio(memory_used_ratio(sample.system.record)),
                       static_cast<double>(sample.system.record.load_1min_millitasks) / 1000,
                       sample.processes.size(), count(running(sample), "container"),
                       count(decisions, "decision"));
}

std::vector<std::string> last_screen(const Ending& ending) {
    std::vector<std::string> lines;
    lines.push_back(fmt::format("ended after {}: {}, {} failed, {}, {} sent to the engine",
                                format_duration_ns(ending.duration_ns),
                                count(ending.samples, "sample"), ending.failed_samples,
                                count(ending.decisions, "decision"),
                                count(ending.writing_requests, "writing request")));
    const double share = ending.duration_ns == 0 ? 0
                                                 : static_cast<double>(ending.cpu_ns) /
                                                       static_cast<double>(ending.duration_ns);
    lines.push_back(fmt::format("cost: {} of one CPU, {} resident",
                                fmt::format("{:.2f} %", share * 100),
                                format_bytes(ending.resident_bytes)));
    if (!ending.database.empty()) {
        lines.push_back(
            fmt::format("database: {}, {} rows written, {}{}", ending.database,
                        ending.store.rows_written, format_bytes(ending.store.size_bytes),
                        ending.dropped_samples == 0
                            ? ""
                            : fmt::format(", {} samples dropped", ending.dropped_samples)));
    }
    return lines;
}

} // namespace vigia::service
