// SPDX-License-Identifier: MIT
// Rows of one series and bucket becoming one row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "storage/columns.h"
#include "storage/sqlite.h"

namespace vigia::storage {

class Accumulator {
public:
    explicit Accumulator(const Kind& kind) : kind_(&kind), parts_(kind.columns.size()) {}

    // A row: `samples` raw rows, the columns in order (unknown allowed), the peak. `first_column`
    // is the statement's column that `samples` stands in.
    void add(const Statement& row, int first_column) {
        int64_t samples = row.integer(first_column);
        samples_ += samples;
        for (std::size_t i = 0; i < parts_.size(); i++) {
            add(i, row.integer(first_column + 1 + static_cast<int>(i)), samples);
        }
        int64_t peak = row.integer(first_column + 1 + static_cast<int>(parts_.size()));
        peak_ = std::max(peak_, peak);
    }

    // Takes in another series of the same bucket, so that sum(gauge * samples) over all series
    // stays what it was.
    void fold(const Accumulator& other) {
        samples_ = std::max(samples_, other.samples_);
        peak_ = peak_ == unknown || other.peak_ == unknown ? std::max(peak_, other.peak_)
                                                           : saturating(peak_, other.peak_);
        for (std::size_t i = 0; i < parts_.size(); i++) {
            parts_[i].sum = saturating(parts_[i].sum, other.parts_[i].sum);
            parts_[i].weighted += other.parts_[i].weighted;
            parts_[i].weight = std::max(parts_[i].weight, other.parts_[i].weight);
        }
    }

    int64_t samples() const { return samples_; }
    int64_t peak() const { return peak_; }
    int64_t value(std::size_t column) const {
        const Part& part = parts_[column];
        if (part.weight == 0) {
            return unknown;
        }
        if (kind_->columns[column].merge == Merge::sum) {
            return part.sum;
        }
        long double mean = part.weighted / static_cast<long double>(part.weight);
        return mean < 9.2e18L ? std::llround(mean) : INT64_MAX;
    }

private:
    struct Part {
        int64_t sum = 0;
        long double weighted = 0; // value * samples: 64 bits of mantissa hold an hour of bytes
        int64_t weight = 0;       // samples in which the value was known
    };

    static int64_t saturating(int64_t a, int64_t b) {
        int64_t sum;
        return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
    }

    void add(std::size_t column, int64_t value, int64_t samples) {
        if (value == unknown) {
            return;
        }
        Part& part = parts_[column];
        part.sum = saturating(part.sum, value);
        part.weighted += static_cast<long double>(value) * static_cast<long double>(samples);
        part.weight += samples;
    }

    const Kind* kind_;
    std::vector<Part> parts_;
    int64_t samples_ = 0;
    int64_t peak_ = unknown;
};

} // namespace vigia::storage
