// SPDX-License-Identifier: MIT
#include "collector/recording/background.h"

#include <csignal>

namespace vigia::recording {

Background::Background(SegmentConfig config, CompleteHost complete_host)
    : writer_(config), camera_(config.interval_ns / 2, std::move(complete_host)) {
    free_.reserve(contents_.size());
    ready_.reserve(contents_.size());
    for (Content& content : contents_) {
        free_.push_back(&content);
    }
}

Result<std::unique_ptr<Background>> Background::start(SegmentConfig config,
                                                      CompleteHost complete_host) {
    if (Status made = make_segment_directory(config.directory); !made) {
        return made.error();
    }
    std::unique_ptr<Background> background(
        new Background(std::move(config), std::move(complete_host)));
    // Signals are for the thread that waits for them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    background->thread_ = std::thread([recorder = background.get()] { recorder->work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return background;
}

Background::~Background() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Background::offer(source::Source& source, const ContainerCatalog* catalog,
                       source::EventSource* events) {
    Content* content = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) {
            ++stats_.dropped_samples;
            return;
        }
        content = free_.back();
        free_.pop_back();
    }
    const auto taken = camera_.take(source, catalog, events, *content);
    {
        const std::lock_guard lock(mutex_);
        stats_.dropped_samples += taken ? 0 : 1;
        (taken && *taken ? ready_ : free_).push_back(content);
    }
    changed_.notify_one();
}

void Background::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !ready_.empty(); });
        if (ready_.empty()) {
            break; // ending, and everything is written
        }
        Content* content = ready_.front();
        ready_.erase(ready_.begin());
        lock.unlock();
        write(*content);
        lock.lock();
        free_.push_back(content);
    }
    lock.unlock();
    static_cast<void>(writer_.close()); // nobody is there to hear of it; the file is readable
}

void Background::write(Content& content) {
    const Status written = writer_.append(content);
    const std::lock_guard lock(mutex_);
    stats_.segments = writer_.stats();
    stats_.failed_samples += written ? 0 : 1;
    stats_.last_error = written ? "" : written.error().message();
}

BackgroundStats Background::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

} // namespace vigia::recording
