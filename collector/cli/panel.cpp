// SPDX-License-Identifier: MIT
#include "collector/cli/panel.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/cli/facts.h"
#include "collector/cli/panel_text.h"
#include "collector/cli/views.h"

namespace vigia::cli {
namespace {

constexpr std::size_t cpus_shown = 16; // a row of bars each; beyond, `vigia system --cpus`

class Panel {
public:
    Panel(const Sample& sample, const TableStyle& style)
        : sample_(sample), facts_(system_columns(), {&sample}), out_(style) {}

    std::string render() {
        title();
        cpu();
        memory();
        load();
        pressure();
        activity();
        storage();
        return out_.take();
    }

private:
    void title() {
        const auto running =
            std::count_if(sample_.containers.begin(), sample_.containers.end(),
                          [](const ContainerSample& container) { return container.running(); });
        const std::string host =
            fmt::format("{}, Linux {}", facts_.text("hostname"), facts_.text("kernel_release"));
        const std::string facts =
            fmt::format("up {}, {}, {} of {} running", facts_.text("uptime_ns"),
                        counted(sample_.processes.size(), "process", "es"), running,
                        counted(sample_.containers.size(), "container"));
        out_.line("Host", host);
        out_.line("", facts);
    }

    void cpu() {
        const double busy = facts_.number("cpu_ratio");
        out_.bar_line("CPU", busy, tone_of_share(busy),
                      fmt::format("{:>7}  user {}, system {}, iowait {}, steal {}",
                                  facts_.percent("cpu_ratio"), facts_.text("cpu_user_ratio"),
                                  facts_.text("cpu_system_ratio"), facts_.text("cpu_iowait_ratio"),
                                  facts_.text("cpu_steal_ratio")));
        if (!sample_.system.rates.known || sample_.system.cpus.size() > cpus_shown) {
            return;
        }
        for (const CpuSample& one : sample_.system.cpus) {
            out_.bar_line(fmt::format("  cpu{}", one.record.cpu), one.busy_ratio,
                          tone_of_cpu(one.busy_ratio),
                          fmt::format("{:>7}", format_ratio(one.busy_ratio)));
        }
    }

    void memory() {
        const double used =
            facts_.number("memory_used_bytes") / facts_.number("memory_total_bytes");
        out_.bar_line(
            "Memory", used, tone_of_share(used),
            fmt::format("{:>7}  {} of {}, {} available, {} cached",
                        std::isnan(used) ? "-" : format_ratio(used),
                        facts_.text("memory_used_bytes"), facts_.text("memory_total_bytes"),
                        facts_.text("memory_available_bytes"), facts_.text("memory_cached_bytes")));
        const double swap = facts_.number("swap_total_bytes");
        if (!(swap > 0)) {
            out_.line("Swap", std::isnan(swap) ? "-" : "none");
            return;
        }
        const double swapped = 1 - facts_.number("swap_free_bytes") / swap;
        out_.bar_line(
            "Swap", swapped, tone_of_share(swapped),
            fmt::format("{:>7}  of {}", format_ratio(swapped), facts_.text("swap_total_bytes")));
    }

    std::string load_text(std::string_view name) const {
        const double millitasks = facts_.number(name);
        return std::isnan(millitasks) ? "-" : fmt::format("{:.2f}", millitasks / 1000);
    }

    void load() {
        out_.line("Load",
                  fmt::format("{}, {}, {} in 1, 5, 15 minutes; {} running, {} blocked",
                              load_text("load_1min_millitasks"), load_text("load_5min_millitasks"),
                              load_text("load_15min_millitasks"), facts_.text("tasks_running"),
                              facts_.text("tasks_blocked")));
    }

    void pressure() {
        if (!vigia_system_has(sample_.system.record.valid, VIGIA_SYSTEM_VALID_PRESSURE)) {
            out_.line("Stalled", "not known: this kernel reports no pressure (vigia doctor)");
            return;
        }
        out_.line("Stalled", fmt::format("CPU {}, memory {} (all tasks {}), I/O {} (all {})",
                                         facts_.percent("cpu_pressure_some_ratio"),
                                         facts_.percent("memory_pressure_some_ratio"),
                                         facts_.percent("memory_pressure_full_ratio"),
                                         facts_.percent("io_pressure_some_ratio"),
                                         facts_.percent("io_pressure_full_ratio")));
    }

    void activity() {
        out_.line("Each s", fmt::format("read {}, write {}, {} switches, {} forks, {} faults",
                                        facts_.text("page_in_bytes_per_second"),
                                        facts_.text("page_out_bytes_per_second"),
                                        facts_.text("context_switches_per_second"),
                                        facts_.text("forks_per_second"),
                                        facts_.text("page_faults_per_second")));
    }

    void storage() {
        for (const vigia_mount& mount : sample_.system.mounts) {
            const MountRow row{&mount, &sample_};
            double used = NAN;
            for (const auto& column : mount_columns()) {
                const Value value = column.info.name == "used_ratio" ? column.get(row) : Value{};
                used = std::holds_alternative<double>(value) ? std::get<double>(value) : used;
            }
            if (std::isnan(used)) {
                out_.line("Storage", to_terminal(name_in(mount.path)) + " does not answer");
                continue;
            }
            out_.bar_line("Storage", used, tone_of_share(used),
                          fmt::format("{:>7}  {}: {} of {} available", format_ratio(used),
                                      to_terminal(name_in(mount.path)),
                                      format_bytes(mount.available_bytes),
                                      format_bytes(mount.total_bytes)));
        }
    }

    const Sample& sample_;
    Facts<SystemRow> facts_;
    PanelText out_;
};

} // namespace

std::string render_panel(const Sample& sample, const TableStyle& style) {
    return Panel(sample, style).render();
}

} // namespace vigia::cli
