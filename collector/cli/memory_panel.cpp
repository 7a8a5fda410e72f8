// SPDX-License-Identifier: MIT
#include "collector/cli/memory_panel.h"

#include <cmath>

#include <fmt/format.h>

#include "collector/base/units.h"
#include "collector/cli/facts.h"
#include "collector/cli/memory_views.h"
#include "collector/cli/panel_text.h"

namespace vigia::cli {
namespace {

class MemoryPanel {
public:
    MemoryPanel(const MemorySample& sample, const TableStyle& style)
        : facts_(memory_columns(), {&sample}), out_(style) {}

    std::string render() {
        total();
        swap();
        caches();
        programs();
        kernel();
        storage();
        huge_pages();
        activity();
        reclaim();
        return out_.take();
    }

private:
    std::string text(std::string_view name) const { return facts_.text(name); }

    void total() {
        const double used = facts_.number("used_bytes") / facts_.number("total_bytes");
        out_.bar_line("Memory", used, tone_of_share(used),
                      fmt::format("{:>7}  {} of {}, {} available, {} free",
                                  std::isnan(used) ? "-" : format_ratio(used), text("used_bytes"),
                                  text("total_bytes"), text("available_bytes"),
                                  text("free_bytes")));
    }

    void swap() {
        const double total = facts_.number("swap_total_bytes");
        if (std::isnan(total)) { // the kernel modules cannot know it
            out_.line("Swap", fmt::format("{} free, {} cached", text("swap_free_bytes"),
                                          text("swap_cached_bytes")));
        } else if (total == 0) {
            out_.line("Swap", "none");
        } else {
            const double used = 1 - facts_.number("swap_free_bytes") / total;
            out_.bar_line("Swap", used, tone_of_share(used),
                          fmt::format("{:>7}  of {}, {} cached", format_ratio(used),
                                      text("swap_total_bytes"), text("swap_cached_bytes")));
        }
    }

    void caches() {
        out_.line("Files", fmt::format("{} active, {} inactive, {} buffers, {} mapped",
                                       text("active_file_bytes"), text("inactive_file_bytes"),
                                       text("buffers_bytes"), text("mapped_bytes")));
    }

    void programs() {
        out_.line("Programs", fmt::format("{} active, {} inactive, {} shared, {} locked",
                                          text("active_anon_bytes"), text("inactive_anon_bytes"),
                                          text("shared_bytes"), text("mlocked_bytes")));
    }

    void kernel() {
        out_.line("Kernel",
                  fmt::format("slab {} + {} reclaimable, stacks {}, page tables {}",
                              text("slab_unreclaimable_bytes"), text("slab_reclaimable_bytes"),
                              text("kernel_stack_bytes"), text("page_tables_bytes")));
    }

    void storage() {
        out_.line("Unwritten",
                  fmt::format("{} dirty, {} being written; each s {} read, {} written",
                              text("dirty_bytes"), text("writeback_bytes"),
                              text("page_in_bytes_per_second"), text("page_out_bytes_per_second")));
    }

    void huge_pages() {
        out_.line("Huge", fmt::format("{} of programs, {} shared, {} of files; pools {}",
                                      text("anon_huge_bytes"), text("shared_huge_bytes"),
                                      text("file_huge_bytes"), text("hugetlb_bytes")));
    }

    void activity() {
        out_.line("Each s",
                  fmt::format("{} faults, {} of them major; swapped in {}, out {}",
                              text("page_faults_per_second"), text("page_major_faults_per_second"),
                              text("swap_in_bytes_per_second"), text("swap_out_bytes_per_second")));
    }

    void reclaim() {
        out_.line("Reclaim",
                  fmt::format("each s {} scanned, {} freed, {} read back; {} stalls; {} OOM kills",
                              text("scanned_bytes_per_second"), text("reclaimed_bytes_per_second"),
                              text("refaulted_bytes_per_second"),
                              text("allocation_stalls_per_second"), text("oom_kills")));
    }

    Facts<MemoryRow> facts_;
    PanelText out_;
};

} // namespace

std::string render_memory_panel(const MemorySample& sample, const TableStyle& style) {
    return MemoryPanel(sample, style).render();
}

} // namespace vigia::cli
