// SPDX-License-Identifier: MIT
#include "collector/sampler/cgroup_table.h"

#include <algorithm>
#include <cstring>

#include "collector/sampler/pressure.h"

namespace vigia::sampler {
namespace {

bool by_id(const CgroupSample& left, const CgroupSample& right) {
    return left.record.id < right.record.id;
}

void add_cpu(CgroupRates& rates, const vigia_cgroup& before, const vigia_cgroup& now,
             uint64_t valid, Interval interval) {
    if ((valid & VIGIA_CGROUP_VALID_CPU) != 0) {
        rates.cpu_ratio = interval.ratio(before.cpu_usage_ns, now.cpu_usage_ns);
    }
    if ((valid & VIGIA_CGROUP_VALID_CPU_SPLIT) != 0) {
        rates.cpu_user_ratio = interval.ratio(before.cpu_user_ns, now.cpu_user_ns);
        rates.cpu_system_ratio = interval.ratio(before.cpu_system_ns, now.cpu_system_ns);
    }
    const uint64_t periods = increase(before.cpu_periods, now.cpu_periods);
    if ((valid & VIGIA_CGROUP_VALID_THROTTLING) != 0 && periods > 0) {
        rates.cpu_throttled_ratio =
            static_cast<double>(increase(before.cpu_throttled_periods, now.cpu_throttled_periods)) /
            static_cast<double>(periods);
    }
}

CgroupRates rates_of(const vigia_cgroup& before, const vigia_cgroup& now, Interval interval) {
    CgroupRates rates;
    const uint64_t valid = before.valid & now.valid;
    rates.known = true;
    add_cpu(rates, before, now, valid, interval);
    if ((valid & VIGIA_CGROUP_VALID_IO) != 0) {
        rates.io_origin = IoOrigin::cgroup;
        rates.read_bytes_per_second = interval.per_second(before.io_read_bytes, now.io_read_bytes);
        rates.write_bytes_per_second =
            interval.per_second(before.io_write_bytes, now.io_write_bytes);
        rates.read_calls_per_second = interval.per_second(before.io_read_calls, now.io_read_calls);
        rates.write_calls_per_second =
            interval.per_second(before.io_write_calls, now.io_write_calls);
    }
    if ((valid & VIGIA_CGROUP_VALID_FAULTS) != 0) {
        rates.major_faults_per_second = interval.per_second(before.major_faults, now.major_faults);
    }
    if ((valid & VIGIA_CGROUP_VALID_OOM) != 0) {
        rates.oom_kills = increase(before.oom_kills, now.oom_kills);
    }
    if ((valid & VIGIA_CGROUP_VALID_PRESSURE) != 0) {
        set_pressure(rates, before, now, interval);
    }
    return rates;
}

// Writers of version 1 set only the bit of the whole for what are parts since.
uint64_t with_parts(uint64_t valid) {
    if ((valid & VIGIA_CGROUP_VALID_MEMORY_SPLIT) != 0) {
        valid |= VIGIA_CGROUP_VALID_MEMORY_INACTIVE | VIGIA_CGROUP_VALID_MEMORY_PAGES |
                 VIGIA_CGROUP_VALID_FAULTS;
    }
    if ((valid & VIGIA_CGROUP_VALID_TASKS) != 0) {
        valid |= VIGIA_CGROUP_VALID_TASK_COUNT;
    }
    return valid;
}

} // namespace

void CgroupTable::fill(const vigia_view& view) {
    const uint32_t count = view.count[VIGIA_CGROUPS_REGION];
    const uint32_t text_size = view.count[VIGIA_CGROUPS_REGION_TEXT];
    filled_.resize(count);
    for (uint32_t i = 0; i < count; ++i) {
        std::memcpy(&filled_[i].record, vigia_record(&view, VIGIA_CGROUPS_REGION, i),
                    sizeof(vigia_cgroup));
        filled_[i].record.valid = with_parts(filled_[i].record.valid);
    }
    filled_text_.resize(text_size);
    if (text_size > 0) {
        std::memcpy(filled_text_.data(), vigia_record(&view, VIGIA_CGROUPS_REGION_TEXT, 0),
                    text_size);
    }
}

void CgroupTable::commit(Interval interval) {
    if (!std::is_sorted(filled_.begin(), filled_.end(), by_id)) {
        std::stable_sort(filled_.begin(), filled_.end(), by_id);
    }
    text_.swap(filled_text_);
    const std::string_view text(text_.data(), text_.size());
    std::size_t p = 0;
    for (CgroupSample& cgroup : filled_) {
        const vigia_cgroup& record = cgroup.record;
        while (p < current_.size() && current_[p].record.id < record.id) {
            ++p;
        }
        const bool seen = p < current_.size() && current_[p].record.id == record.id;
        cgroup.rates = seen ? rates_of(current_[p].record, record, interval) : CgroupRates{};
        cgroup.container = no_container;
        const bool inside = record.path_offset_bytes <= text.size() &&
                            record.path_size_bytes <= text.size() - record.path_offset_bytes;
        cgroup.path = inside ? text.substr(record.path_offset_bytes, record.path_size_bytes)
                             : std::string_view();
    }
    current_.swap(filled_);
}

const CgroupSample* CgroupTable::find(uint64_t id) const {
    const auto found = std::lower_bound(
        current_.begin(), current_.end(), id,
        [](const CgroupSample& cgroup, uint64_t wanted) { return cgroup.record.id < wanted; });
    return found != current_.end() && found->record.id == id ? &*found : nullptr;
}

} // namespace vigia::sampler
