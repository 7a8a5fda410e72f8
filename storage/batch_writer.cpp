// SPDX-License-Identifier: MIT
#include "storage/batch_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "storage/incidents.h"
#include "storage/rollup.h"

namespace vigia::storage {

namespace {

// Whether the second has rows already: several samples a second, or a clock that was set back.
Result<bool> has_rows(Attached& attached, int64_t ts) {
    if (attached.newest_ts == unknown || ts > attached.newest_ts) {
        return false;
    }
    Result<int64_t> found = attached.connection.integer(
        fmt::format("SELECT count(*) FROM system_raw WHERE ts = {}", ts));
    return found ? Result<bool>(*found > 0) : found.error();
}

const char* kind_of(Gap gap) {
    switch (gap) {
    case Gap::writer_changed:
        return "writer_changed";
    case Gap::suspended:
        return "suspended";
    case Gap::late:
        return "late";
    case Gap::first:
    case Gap::none:
        break;
    }
    return nullptr;
}

const char* text_of(const Batch& batch) {
    if (batch.gap != Gap::writer_changed) {
        return "value: ms since the sample before; rates may be missing";
    }
    switch (batch.writer) {
    case VIGIA_WRITER_KERNEL:
        return "the kernel modules write from here on; no rates for this sample";
    case VIGIA_WRITER_PUBLISHER:
        return "a publisher writes from here on; no rates for this sample";
    default:
        return "another writer from here on; no rates for this sample";
    }
}

Status write_events(Connection& connection, const Batch& batch, uint64_t lost_batches) {
    Status done;
    if (const char* kind = kind_of(batch.gap)) {
        done = write_event(connection, batch.ts(), kind,
                           static_cast<int64_t>(batch.interval_ns / ns_per_millisecond),
                           text_of(batch));
    }
    if (done && batch.clock_stepped) {
        done = write_event(connection, batch.ts(), "clock_stepped", 0, "the time of day was set");
    }
    if (done && lost_batches > 0) {
        done =
            write_event(connection, batch.ts(), "samples_lost", static_cast<int64_t>(lost_batches),
                        "value: samples before this one that could not be written");
    }
    return done;
}

} // namespace

uint64_t BatchWriter::log_bytes(const Batch& batch) {
    constexpr uint64_t fixed_bytes = 256 * 1024;
    constexpr uint64_t row_bytes = 400; // with a new name for each
    return fixed_bytes + batch.rows() * row_bytes;
}

Status BatchWriter::write_containers(Attached& attached, const Batch& batch, bool merge) {
    order_.clear();
    for (uint32_t i = 0; i < batch.container_count; i++) {
        Result<int64_t> series = attached.series.container(batch, batch.containers[i].identity);
        if (!series) {
            return series.error();
        }
        container_series_[i] = *series;
        order_.emplace_back(*series, i);
    }
    std::sort(order_.begin(), order_.end());
    for (const auto& [series, i] : order_) {
        Status written =
            attached.containers.write(batch.ts(), series, batch.containers[i].values, merge);
        if (!written) {
            return written;
        }
    }
    return {};
}

Status BatchWriter::write_processes(Attached& attached, const Batch& batch, bool merge) {
    order_.clear();
    for (uint32_t i = 0; i < batch.process_count; i++) {
        const ProcessRow& row = batch.processes[i];
        int64_t container = row.container_row == no_container
                                ? unknown
                                : container_series_[static_cast<std::size_t>(row.container_row)];
        Result<int64_t> series = attached.series.process(batch, row, container);
        if (!series) {
            return series.error();
        }
        order_.emplace_back(*series, i);
    }
    std::sort(order_.begin(), order_.end());
    for (const auto& [series, i] : order_) {
        Status written =
            attached.processes.write(batch.ts(), series, batch.processes[i].values, merge);
        if (!written) {
            return written;
        }
    }
    return {};
}

Status BatchWriter::write_rows(Attached& attached, const Batch& batch, bool merge) {
    if (merge) {
        for (RawTable* table : {&attached.containers, &attached.processes}) {
            if (Status blanked = table->blank_gauges(batch.ts()); !blanked) {
                return blanked;
            }
        }
    }
    Status written = attached.system.write(batch.ts(), 0, batch.system, merge);
    if (written) {
        written = write_containers(attached, batch, merge);
    }
    return written ? write_processes(attached, batch, merge) : written;
}

Status BatchWriter::write(Attached& attached, const Batch& batch, uint64_t lost_batches) {
    Result<bool> merge = has_rows(attached, batch.ts());
    if (!merge) {
        return merge.error();
    }
    if (batch.clock_stepped) {
        attached.series.forget(); // first_ts of a series has to follow the clock back
    }
    Result<Transaction> transaction = Transaction::begin(attached.connection);
    if (!transaction) {
        return transaction.error();
    }
    Status done = write_rows(attached, batch, *merge);
    if (done) {
        done = write_events(attached.connection, batch, lost_batches);
    }
    Result<IncidentsWritten> incidents = IncidentsWritten{};
    if (done) {
        incidents = write_incidents(attached, batch);
        done = incidents ? done : incidents.error();
    }
    int64_t minute = bucket_of(batch.ts(), minute_seconds);
    if (done && minute != attached.due_marked) {
        done = mark_due(attached.connection, batch.ts());
    }
    if (done) {
        done = transaction->commit();
    }
    if (done) {
        attached.newest_ts = std::max(attached.newest_ts, batch.ts());
        attached.due_marked = minute;
        attached.incidents_ts = batch.ts();
        attached.incidents_written = *incidents;
    }
    return done;
}

} // namespace vigia::storage
