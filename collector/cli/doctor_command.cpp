// SPDX-License-Identifier: MIT
// vigia doctor.
#include "collector/cli/commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/cli/doctor.h"
#include "collector/cli/render.h"
#include "collector/cli/width.h"
#include "collector/service/paths.h"

namespace vigia::cli {
namespace {

constexpr std::size_t check_width = 13;
constexpr std::size_t mark_width = 6;

Findings examine(const DoctorCommand& command) {
    const HostPaths paths;
    Findings findings;
    EngineNames engines;
    engines.wait(limits::names_deadline_ns);
    check_source(findings);
    findings.push_back(check_modules(paths));
    findings.push_back(check_controllers(paths));
    findings.push_back(check_pressure(paths));
    findings.push_back(check_engines(engines.reports()));
    findings.push_back(check_privileges(paths));
    findings.push_back(check_open_files());
    check_database(command.database.empty() ? service::default_database_path() : command.database,
                   findings);
    findings.push_back(check_clock());
    findings.push_back(check_locale());
    return findings;
}

std::string for_eyes(const Findings& findings, const Terminal& terminal) {
    std::string text;
    for (const Finding& finding : findings) {
        const Tone tone = finding.mark == Mark::ok     ? Tone::good
                          : finding.mark == Mark::warn ? Tone::warning
                                                       : Tone::bad;
        const std::size_t indent = mark_width + check_width;
        text += with_tone(pad_right(to_string(finding.mark), mark_width), tone, terminal.color) +
                pad_right(finding.check, check_width) +
                wrap(to_terminal(finding.text), indent, terminal.width) + "\n";
        if (!finding.remedy.empty()) {
            text += std::string(indent, ' ') +
                    wrap("→ " + to_terminal(finding.remedy), indent + 2, terminal.width) + "\n";
        }
    }
    return text;
}

Grid to_grid(const Findings& findings) {
    Grid grid;
    grid.columns = {{"check", "CHECK", Unit::text},
                    {"mark", "MARK", Unit::text},
                    {"text", "FOUND", Unit::text},
                    {"remedy", "REMEDY", Unit::text}};
    for (const Finding& finding : findings) {
        grid.rows.push_back({finding.check, std::string(to_string(finding.mark)), finding.text,
                             finding.remedy.empty() ? Value{} : Value{finding.remedy}});
    }
    return grid;
}

} // namespace

int run(const DoctorCommand& command) {
    const Findings findings = examine(command);
    const Terminal terminal = look_at_stdout(command.output.color);
    const auto written = write_stdout(for_people(command.output)
                                          ? for_eyes(findings, terminal)
                                          : render(to_grid(findings), command.output, terminal));
    if (!written) {
        return fail(written.error());
    }
    const auto worst = std::max_element(
        findings.begin(), findings.end(),
        [](const Finding& left, const Finding& right) { return left.mark < right.mark; });
    return worst->mark == Mark::ok     ? exit_ok
           : worst->mark == Mark::warn ? exit_degraded
                                       : exit_failed;
}

} // namespace vigia::cli
