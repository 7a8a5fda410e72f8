// SPDX-License-Identifier: MIT
// A recording as a source: whoever reads it sees what the host's files held then. It knows no pace
// of its own; every refresh() goes on to the next sample.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/clock.h"
#include "collector/recording/catalog.h"
#include "collector/recording/image.h"
#include "collector/recording/reader.h"
#include "collector/source/source.h"

namespace vigia::recording {

// What a source is called on the command line, before the path: "replay:host.vigrec".
inline constexpr std::string_view replay_prefix = "replay:";

// Which samples are wanted, by CLOCK_REALTIME; both ends belong to it.
struct TimeRange {
    uint64_t from_ns = 0;
    uint64_t to_ns = UINT64_MAX;
};

// The events of the sample that is shown. One thread.
class ReplayedEvents final : public source::EventSource {
public:
    // Begins with those of a sample; what was not asked for of the one before is passed over.
    void show(const RecordedEvents& events);
    // A sample cannot be read: nobody knows how many were in there.
    void lose() { ++counters_.lost; }

    const vigia_event* next() override;
    source::EventCounters counters() const override { return counters_; }
    bool is_open() const override { return events_.header.features != 0; }
    bool reports(vigia_event_kind kind) const override {
        return (events_.header.features & VIGIA_EVENTS_FEATURE(kind)) != 0;
    }
    vigia_writer_kind writer() const override { return VIGIA_WRITER_RECORDING; }

private:
    RecordedEvents events_;
    uint64_t given_ = 0;
    vigia_event event_{};
    source::EventCounters counters_;
};

// One thread.
class Replay final : public source::Source {
public:
    // One file, or a directory of them (as the daemon keeps it), in the order of their names.
    // Errors: not_found, permission, newer, damaged; not_found if no sample is in there.
    static Result<std::unique_ptr<Replay>> open(const std::string& path);

    // Only these from now on, from the first one on. Errors: not_found (there are none).
    Status set_range(TimeRange range);
    // To the last whole sample that is not later than `realtime_ns`, and the whole one before it:
    // the next two refreshes show them (or the next one, if it is the first), and then it is over.
    // Errors: not_found (there is none so early).
    Status seek(uint64_t realtime_ns);

    // True while refresh() will find another sample, unless all that are left are damaged.
    bool has_next() const { return next_ < end_; }
    // Between the sample shown and the next one; 0 where there is none.
    uint64_t until_next_ns() const;
    // When the sample that is shown was taken.
    Instant now() const;
    // What the engines had told by then.
    const ContainerCatalog& catalog() const { return catalog_; }

    // Goes on to the next sample that is whole. Errors: not_found (the recording is over).
    Status refresh(uint64_t max_age_ns) override;
    Result<source::Snapshots> acquire() override;
    Result<vigia_view> acquire_memory(uint64_t max_age_ns) override;
    std::string description() const override { return "recording " + path_; }
    source::SourceCounters counters() const override { return counters_; }

    // What happened between the sample that is shown and the one before, as far as it was recorded.
    // Valid as long as this replay; without a descriptor to wait on.
    source::EventSource& events() { return events_; }

    uint64_t interval_ns() const; // between two samples, as it was recorded
    std::size_t sample_count() const { return samples_.size(); } // whether whole or not
    uint64_t begin_realtime_ns() const;                          // of the first sample
    uint64_t end_realtime_ns() const;                            // of the last
    // Of all files; damaged chunks are found when they are shown.
    Losses losses() const;

private:
    static constexpr std::size_t no_sample = SIZE_MAX;
    static constexpr std::size_t no_catalog = SIZE_MAX;
    struct Place {
        std::size_t file;
        std::size_t chunk;
        std::size_t catalog; // the chunk of the catalog in force; none: no_catalog
    };

    explicit Replay(std::string path);
    Status open_files();
    void add_chunks(std::size_t file);
    const IndexEntry& entry(const Place& place) const;
    bool show(std::size_t index);
    void show_catalog(const Place& place);
    // The last one before `index` that is whole, or no_sample.
    std::size_t whole_before(std::size_t index);

    std::string path_;
    std::vector<std::unique_ptr<Reader>> files_;
    std::vector<Place> samples_;
    std::size_t next_ = 0;
    std::size_t end_ = 0;
    std::size_t shown_;            // no_sample: none yet
    uint64_t damaged_samples_ = 0; // whose chunk was whole, and no snapshot
    Image image_;
    ReplayedEvents events_;
    RecordedCatalog catalog_;
    std::pair<std::size_t, std::size_t> catalog_place_; // file and chunk of what is in catalog_
    source::SourceCounters counters_;
};

} // namespace vigia::recording
