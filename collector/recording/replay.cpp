// SPDX-License-Identifier: MIT
#include "collector/recording/replay.h"

#include <algorithm>
#include <cstring>

#include "collector/recording/segments.h"

namespace vigia::recording {
namespace {

bool is_of(const IndexEntry& entry, ChunkKind kind) {
    return entry.kind == static_cast<uint32_t>(kind);
}

} // namespace

void ReplayedEvents::show(const RecordedEvents& events) {
    events_ = events;
    given_ = 0;
    counters_.lost += events.header.missing_count;
}

const vigia_event* ReplayedEvents::next() {
    if (given_ >= events_.header.record_count) {
        return nullptr;
    }
    std::memcpy(&event_, events_.records + given_ * events_.header.record_size_bytes,
                sizeof(event_));
    ++given_;
    ++counters_.received;
    return &event_;
}

Replay::Replay(std::string path)
    : path_(std::move(path)), shown_(no_sample), catalog_place_(0, no_catalog) {}

Result<std::unique_ptr<Replay>> Replay::open(const std::string& path) {
    std::unique_ptr<Replay> replay(new Replay(path));
    if (Status opened = replay->open_files(); !opened) {
        return opened.error();
    }
    if (replay->samples_.empty()) {
        return Error(ErrorKind::not_found, path + ": no sample is in this recording");
    }
    replay->end_ = replay->samples_.size();
    return replay;
}

Status Replay::open_files() {
    const auto paths = list_segments(path_);
    if (!paths) {
        return paths.error();
    }
    for (const std::string& path : *paths) {
        auto opened = Reader::open(path);
        if (!opened) {
            return opened.error();
        }
        files_.push_back(std::move(*opened));
        add_chunks(files_.size() - 1);
    }
    return {};
}

void Replay::add_chunks(std::size_t file) {
    std::size_t catalog = no_catalog;
    const std::vector<IndexEntry>& chunks = files_[file]->chunks();
    for (std::size_t chunk = 0; chunk < chunks.size(); ++chunk) {
        if (is_of(chunks[chunk], ChunkKind::catalog)) {
            catalog = chunk;
        } else if (is_of(chunks[chunk], ChunkKind::sample)) {
            samples_.push_back({file, chunk, catalog});
        }
    }
}

const IndexEntry& Replay::entry(const Place& place) const {
    return files_[place.file]->chunks()[place.chunk];
}

Status Replay::set_range(TimeRange range) {
    const auto within = [&](const Place& place) {
        const uint64_t at_ns = entry(place).realtime_ns;
        return at_ns >= range.from_ns && at_ns <= range.to_ns;
    };
    const auto first = std::find_if(samples_.begin(), samples_.end(), within);
    const auto last = std::find_if(samples_.rbegin(), samples_.rend(), within);
    if (first == samples_.end()) {
        return Error(ErrorKind::not_found, path_ + ": no sample is from that time");
    }
    next_ = static_cast<std::size_t>(first - samples_.begin());
    end_ = static_cast<std::size_t>(last.base() - samples_.begin());
    return {};
}

std::size_t Replay::whole_before(std::size_t index) {
    while (index > 0) {
        if (show(--index)) {
            return index;
        }
    }
    return no_sample;
}

Status Replay::seek(uint64_t realtime_ns) {
    const auto early = std::find_if(samples_.rbegin(), samples_.rend(), [&](const Place& place) {
        return entry(place).realtime_ns <= realtime_ns;
    });
    const std::size_t wanted =
        whole_before(static_cast<std::size_t>(early.base() - samples_.begin()));
    if (wanted == no_sample) {
        return Error(ErrorKind::not_found, path_ + ": no sample is from that time or before");
    }
    const std::size_t before = whole_before(wanted);
    next_ = before == no_sample ? wanted : before;
    end_ = wanted + 1;
    return {};
}

uint64_t Replay::until_next_ns() const {
    if (shown_ == no_sample || !has_next()) {
        return 0;
    }
    const uint64_t now_ns = entry(samples_[shown_]).monotonic_ns;
    const uint64_t next_ns = entry(samples_[next_]).monotonic_ns;
    return next_ns > now_ns ? next_ns - now_ns : 0; // another boot's clock may be behind
}

Instant Replay::now() const {
    if (shown_ == no_sample) {
        return {};
    }
    const vigia_slot& slot = *image_.snapshots().processes.slot;
    return {slot.begin_monotonic_ns, slot.begin_boottime_ns, slot.begin_realtime_ns};
}

// What the engines told is shown with the samples behind it. If it cannot be read, nothing is
// known of containers but what their cgroups say.
void Replay::show_catalog(const Place& place) {
    const std::pair wanted(place.file, place.catalog);
    if (wanted == catalog_place_) {
        return;
    }
    catalog_place_ = wanted;
    if (place.catalog == no_catalog) {
        catalog_.clear();
        return;
    }
    Reader& file = *files_[place.file];
    const auto content = file.read(file.chunks()[place.catalog]);
    if (!content || !catalog_.decode(**content)) {
        catalog_.clear();
    }
}

bool Replay::show(std::size_t index) {
    const Place& place = samples_[index];
    shown_ = no_sample;
    events_.show({}); // the last ones go with their sample
    const auto content = files_[place.file]->read(entry(place));
    if (!content) {
        events_.lose();
        return false;
    }
    if (!image_.open(**content)) {
        ++damaged_samples_;
        events_.lose();
        return false;
    }
    shown_ = index;
    events_.show(image_.events());
    show_catalog(place);
    return true;
}

Status Replay::refresh(uint64_t) {
    while (has_next()) {
        if (show(next_++)) {
            return {};
        }
    }
    return Error(ErrorKind::not_found, path_ + ": the recording is over");
}

Result<source::Snapshots> Replay::acquire() {
    if (shown_ == no_sample) {
        return Error(ErrorKind::unavailable, path_ + ": no sample is shown");
    }
    ++counters_.acquired;
    return image_.snapshots();
}

Result<vigia_view> Replay::acquire_memory(uint64_t max_age_ns) {
    const vigia_view* memory = shown_ == no_sample ? nullptr : image_.memory();
    return memory != nullptr ? *memory : Source::acquire_memory(max_age_ns);
}

uint64_t Replay::interval_ns() const {
    return files_.front()->header().interval_ns;
}

uint64_t Replay::begin_realtime_ns() const {
    return entry(samples_.front()).realtime_ns;
}

uint64_t Replay::end_realtime_ns() const {
    return entry(samples_.back()).realtime_ns;
}

Losses Replay::losses() const {
    Losses all;
    all.damaged_chunks = damaged_samples_;
    for (const auto& file : files_) {
        all.damaged_chunks += file->losses().damaged_chunks;
        all.torn_bytes += file->losses().torn_bytes;
        all.index_rebuilt = all.index_rebuilt || file->losses().index_rebuilt;
    }
    return all;
}

} // namespace vigia::recording
