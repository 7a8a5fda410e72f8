// SPDX-License-Identifier: MIT
// A sample is taken: does it work, what does it cost, what is in it?
#include "collector/cli/doctor.h"

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/units.h"
#include "collector/cli/live.h"
#include "collector/cli/value.h"
#include "collector/publish/event_origin.h"
#include "collector/service/switching_source.h"

namespace vigia::cli {
namespace {

constexpr uint64_t interval_ns = 200 * ns_per_millisecond;

Finding check_cgroups(const vigia_info& info) {
    const std::string remedy = "boot with systemd.unified_cgroup_hierarchy=1 (cgroup v2)";
    switch (info.cgroup_mode) {
    case VIGIA_CGROUP_V2:
        return {"cgroups", Mark::ok, "v2", {}};
    case VIGIA_CGROUP_HYBRID:
        return {"cgroups", Mark::warn, "v1 beside v2 (hybrid): no pressure per container", remedy};
    case VIGIA_CGROUP_V1:
        return {"cgroups", Mark::warn, "v1: no pressure per container", remedy};
    default:
        return {"cgroups", Mark::fail, "none: containers cannot be told from other processes",
                "mount cgroup2 on /sys/fs/cgroup"};
    }
}

Finding describe(const Sample& sample, const std::string& explanation) {
    std::string text = explanation;
    if (sample.info.refresh_duration_ns > 0) {
        text += fmt::format("; {} and {} in {}", counted(sample.processes.size(), "process", "es"),
                            counted(sample.cgroups.size(), "control group"),
                            format_duration_ns(sample.info.refresh_duration_ns));
    }
    if (sample.truncated_records > 0) {
        return {
            "source", Mark::warn,
            fmt::format("{}; {} did not fit", text, counted(sample.truncated_records, "record")),
            "start the writer again: it makes its files larger"};
    }
    return {"source", Mark::ok, text, {}};
}

} // namespace

void check_source(Findings& findings) {
    const std::string remedy = "see the message; vigia ps --source publisher shows more";
    auto source = LiveSource::open("auto", nullptr);
    if (!source) {
        findings.push_back({"source", Mark::fail, source.error().message(), remedy});
        return;
    }
    Patience patience(false);
    const auto sample = (*source)->next(interval_ns, patience);
    if (!sample) {
        findings.push_back({"source", Mark::fail, sample.error().message(), remedy});
        return;
    }
    if (*sample == nullptr) {
        findings.push_back({"source", Mark::fail, "interrupted", "let it run"});
        return;
    }
    findings.push_back(describe(**sample, (*source)->explanation()));
    if (const auto descriptions = (*source)->source().describe(); !descriptions.empty()) {
        for (Finding& finding : check_kernel_files(**sample, descriptions)) {
            findings.push_back(std::move(finding));
        }
    }
    const service::SwitchingSource& chosen = (*source)->source();
    const EventsReport events = read_events(chosen.directory(), chosen.is_kernel());
    findings.push_back(check_events(events, chosen.is_kernel() ? std::vector<publish::EventOrigin>{}
                                                               : publish::examine_event_origins()));
    findings.push_back(check_cgroups((*sample)->info));
}

} // namespace vigia::cli
