// SPDX-License-Identifier: MIT
// Records beside a program that must not wait: samples go through a bounded queue to a thread that
// compresses and writes them into segments.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "collector/base/limits.h"
#include "collector/base/result.h"
#include "collector/recording/camera.h"
#include "collector/recording/segments.h"

namespace vigia::recording {

struct BackgroundStats {
    SegmentStats segments;
    uint64_t dropped_samples = 0; // the queue was full, or the snapshots could not be taken
    uint64_t failed_samples = 0;  // the disk refused
    std::string last_error;       // empty while all is well
};

class Background {
public:
    // Makes the directory (0700) if it is missing. Errors: permission, failed.
    static Result<std::unique_ptr<Background>> start(SegmentConfig config,
                                                     CompleteHost complete_host = {});
    // Writes what is in the queue and closes the file.
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Copies the newest snapshots and hands them over; never waits, and allocates only while they
    // grow. Always on the same thread.
    // `events`: as Camera::take().
    void offer(source::Source& source, const ContainerCatalog* catalog,
               source::EventSource* events);

    BackgroundStats stats() const; // any thread

private:
    Background(SegmentConfig config, CompleteHost complete_host);
    void work();
    void write(Content& content);

    SegmentWriter writer_; // the thread's
    Camera camera_;        // the offering thread's
    std::array<Content, limits::recording_queue_samples> contents_;
    mutable std::mutex mutex_; // guards all below
    std::condition_variable changed_;
    std::vector<Content*> free_;
    std::vector<Content*> ready_; // the oldest first
    bool ending_ = false;
    BackgroundStats stats_;
    std::thread thread_; // last: begins when the rest is there
};

} // namespace vigia::recording
