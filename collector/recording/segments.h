// SPDX-License-Identifier: MIT
// A recording as a directory of files, each whole in itself, so that the oldest can go.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "collector/recording/writer.h"

namespace vigia::recording {

inline constexpr const char* segment_suffix = ".vigrec";

// The files of a recording in the order of their names, which is that of their time; `path` itself
// if it is no directory. Errors: not_found, permission.
Result<std::vector<std::string>> list_segments(const std::string& path);

// Makes `path`, with the directories above it, if it is missing; it is then its owner's alone.
// Errors: permission, not_found, failed.
Status make_segment_directory(const std::string& path);

struct SegmentConfig {
    std::string directory;
    uint64_t interval_ns = 0;
    uint64_t size_cap_bytes = 0; // of all files together, at any time
    uint64_t age_ns = 0;         // what is older goes
};

struct SegmentStats {
    uint64_t samples = 0;
    uint64_t processes = 0;
    uint64_t segments = 0; // begun
    uint64_t removed_segments = 0;
    uint64_t written_bytes = 0;
};

// Writes one segment after the other, each a sixteenth of the cap or of the age at most, and
// removes the oldest before the cap is reached. One thread.
class SegmentWriter {
public:
    explicit SegmentWriter(SegmentConfig config) : config_(std::move(config)) {}

    // As Writer::append(); begins a new segment where that is due, with the catalog in force. After
    // an error the disk is left alone for limits::recording_retry_ns; until then the answer is that
    // error again.
    Status append(Content& content);
    Status close();

    const SegmentStats& stats() const { return stats_; }

private:
    Status begin_segment(const Content& content);
    Status make_room(uint64_t now_realtime_ns);
    Status write(Content& content);
    bool is_due(const Content& content) const;

    SegmentConfig config_;
    std::unique_ptr<Writer> writer_; // null: to be begun
    Instant begun_;                  // the present segment
    Bytes catalog_;                  // in force
    bool catalog_is_due_ = false;
    bool failed_ = false;
    uint64_t failed_boottime_ns_ = 0;
    Status failure_;
    SegmentStats stats_;
};

} // namespace vigia::recording
