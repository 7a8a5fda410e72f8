// SPDX-License-Identifier: MIT
// The bounded queue between the thread that samples and the thread that writes. All batches exist
// from the start; the free ones are taken last-in-first-out, so that a writer that keeps up only
// ever touches the memory of one or two.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "storage/batch.h"

namespace vigia::storage {

// Not thread-safe by itself: the store's mutex guards it. Nothing allocates after construction.
class BatchQueue {
public:
    BatchQueue() {
        free_.reserve(limits::store_queue_batches);
        for (std::unique_ptr<Batch>& batch : batches_) {
            batch = std::make_unique_for_overwrite<Batch>();
            free_.push_back(batch.get());
        }
    }

    // A batch to fill, or nullptr if all are on their way.
    Batch* take_free() {
        if (free_.empty()) {
            return nullptr;
        }
        Batch* batch = free_.back();
        free_.pop_back();
        return batch;
    }
    void give_back(Batch* batch) { free_.push_back(batch); }

    void push(Batch* batch) {
        ready_[(head_ + size_) % ready_.size()] = batch;
        size_++;
    }
    // The oldest, or nullptr.
    Batch* pop() {
        if (size_ == 0) {
            return nullptr;
        }
        Batch* batch = ready_[head_];
        head_ = (head_ + 1) % ready_.size();
        size_--;
        return batch;
    }
    std::size_t size() const { return size_; }

private:
    std::array<std::unique_ptr<Batch>, limits::store_queue_batches> batches_;
    std::vector<Batch*> free_;
    std::array<Batch*, limits::store_queue_batches> ready_{};
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

} // namespace vigia::storage
