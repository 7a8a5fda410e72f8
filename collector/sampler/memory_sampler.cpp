// SPDX-License-Identifier: MIT
#include "collector/sampler/memory_sampler.h"

#include <cstring>
#include <vector>

#include "collector/sampler/counters.h"

namespace vigia::sampler {
namespace {

struct Reading {
    Instant at;
    uint64_t writer_instance = 0;
    vigia_memory record{};
    std::vector<vigia_memory_node> nodes;
    std::vector<vigia_memory_zone> zones;
};

template <typename Record>
void copy_region(const vigia_view& view, unsigned region, std::vector<Record>& records) {
    records.resize(view.count[region]);
    for (uint32_t i = 0; i < view.count[region]; ++i) {
        std::memcpy(&records[i], vigia_record(&view, region, i), sizeof(Record));
    }
}

void copy(const vigia_view& view, Reading& reading) {
    reading.at = {view.slot->begin_monotonic_ns, view.slot->begin_boottime_ns,
                  view.slot->begin_realtime_ns};
    reading.writer_instance = view.file->header.writer_instance;
    reading.record = {};
    if (view.count[VIGIA_MEMORY_REGION] > 0) {
        std::memcpy(&reading.record, vigia_record(&view, VIGIA_MEMORY_REGION, 0),
                    sizeof(vigia_memory));
    }
    copy_region(view, VIGIA_MEMORY_REGION_NODES, reading.nodes);
    copy_region(view, VIGIA_MEMORY_REGION_ZONES, reading.zones);
    for (vigia_memory_zone& zone : reading.zones) {
        zone.name[VIGIA_ZONE_NAME_SIZE_BYTES - 1] = '\0';
    }
}

uint64_t scanned_pages(const vigia_memory& record) {
    return record.scanned_kswapd_pages + record.scanned_direct_pages +
           record.scanned_khugepaged_pages + record.scanned_proactive_pages;
}

uint64_t reclaimed_pages(const vigia_memory& record) {
    return record.reclaimed_kswapd_pages + record.reclaimed_direct_pages +
           record.reclaimed_khugepaged_pages + record.reclaimed_proactive_pages;
}

uint64_t refaulted_pages(const vigia_memory& record) {
    return record.events.refaulted_anon_pages + record.events.refaulted_file_pages;
}

MemoryRates rates_of(const vigia_memory& before, const vigia_memory& now, Interval interval,
                     uint64_t page_size_bytes) {
    const auto page = static_cast<double>(page_size_bytes);
    MemoryRates rates;
    rates.known = true;
    rates.page_faults_per_second = interval.per_second(before.page_faults, now.page_faults);
    rates.page_major_faults_per_second =
        interval.per_second(before.page_major_faults, now.page_major_faults);
    rates.page_in_bytes_per_second = interval.per_second(before.page_in_bytes, now.page_in_bytes);
    rates.page_out_bytes_per_second =
        interval.per_second(before.page_out_bytes, now.page_out_bytes);
    rates.swap_in_bytes_per_second =
        page * interval.per_second(before.swap_in_pages, now.swap_in_pages);
    rates.swap_out_bytes_per_second =
        page * interval.per_second(before.swap_out_pages, now.swap_out_pages);
    rates.allocated_bytes_per_second =
        page * interval.per_second(before.allocated_pages, now.allocated_pages);
    rates.scanned_bytes_per_second =
        page * interval.per_second(scanned_pages(before), scanned_pages(now));
    rates.reclaimed_bytes_per_second =
        page * interval.per_second(reclaimed_pages(before), reclaimed_pages(now));
    rates.refaulted_bytes_per_second =
        page * interval.per_second(refaulted_pages(before), refaulted_pages(now));
    rates.allocation_stalls_per_second =
        interval.per_second(before.allocation_stalls, now.allocation_stalls);
    rates.compact_stalls_per_second =
        interval.per_second(before.compact_stalls, now.compact_stalls);
    return rates;
}

} // namespace

struct MemorySampler::State {
    Reading previous;
    Reading current;
    Reading filled;
    bool known = false; // current holds a sample
    MemorySample sample;

    void commit(uint64_t page_size_bytes);
};

// Another run of the writer counts from the same boot; another kind of writer may count otherwise.
void MemorySampler::State::commit(uint64_t page_size_bytes) {
    const bool follows = known && current.writer_instance == filled.writer_instance;
    if (follows && current.at.monotonic_ns == filled.at.monotonic_ns) {
        return; // the same snapshot
    }
    std::swap(previous, current);
    std::swap(current, filled);
    const Interval interval(follows ? increase(previous.at.monotonic_ns, current.at.monotonic_ns)
                                    : 0);
    sample.at = current.at;
    sample.interval_ns = interval.duration_ns();
    sample.record = current.record;
    sample.rates = interval.duration_ns() == 0
                       ? MemoryRates{}
                       : rates_of(previous.record, current.record, interval, page_size_bytes);
    sample.nodes = current.nodes;
    sample.zones = current.zones;
    known = true;
}

MemorySampler::MemorySampler() : state_(std::make_unique<State>()) {}
MemorySampler::~MemorySampler() = default;

Result<const MemorySample*> MemorySampler::take(source::Source& source, uint64_t max_age_ns,
                                                uint64_t page_size_bytes) {
    const Status status = source::read_memory(
        source, max_age_ns, [this](const vigia_view& view) { copy(view, state_->filled); });
    if (!status) {
        return status.error();
    }
    state_->commit(page_size_bytes);
    return &state_->sample;
}

} // namespace vigia::sampler
