// SPDX-License-Identifier: MIT
// Content to stored bytes and back, by libzstd. A content may be compressed against another one
// that is nearly the same: the sample before.
#pragma once

#include <memory>

#include "collector/base/result.h"
#include "collector/recording/format.h"

namespace vigia::recording {

// One thread. Allocates only while contents grow.
class Compressor {
public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // Writes `content` as one frame behind the first `offset_bytes` of `stored`, which becomes as
    // long as it has to. `reference` may be null.
    Status compress(const Bytes& content, const Bytes* reference, std::size_t offset_bytes,
                    Bytes& stored);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// One thread.
class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    // The content of exactly `raw_size_bytes` that `stored` was made of, with the same reference.
    // Errors: damaged, which includes another reference than it was made with.
    Status decompress(const Bytes& stored, const Bytes* reference, std::size_t raw_size_bytes,
                      Bytes& content);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace vigia::recording
