// SPDX-License-Identifier: MIT
#include "collector/recording/codec.h"

#include <algorithm>
#include <bit>
#include <new>
#include <string>

#include <zstd.h>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

constexpr unsigned window_log_least = 17;
constexpr unsigned window_log_most = 29;
constexpr unsigned hash_log_most = 18; // 1 MiB of memory; a larger one finds nothing more

// The window has to reach over the content and its reference, and the hash table has to hold
// enough of both: the defaults of a fast level look back half a megabyte.
void set_reach(ZSTD_CCtx* context, std::size_t bytes) {
    const auto log = static_cast<unsigned>(std::bit_width(bytes));
    const unsigned window_log = std::clamp(log, window_log_least, window_log_most);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, static_cast<int>(window_log));
    ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog,
                           static_cast<int>(std::min(window_log - 2, hash_log_most)));
}

Error failed(const char* what, std::size_t code) {
    return {ErrorKind::failed, std::string(what) + ": " + ZSTD_getErrorName(code)};
}

} // namespace

struct Compressor::State {
    State() {
        if (context == nullptr) {
            throw std::bad_alloc();
        }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, limits::recording_zstd_level);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    }
    ~State() { ZSTD_freeCCtx(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ZSTD_CCtx* context = ZSTD_createCCtx();
};

Compressor::Compressor() : state_(std::make_unique<State>()) {}
Compressor::~Compressor() = default;

Status Compressor::compress(const Bytes& content, const Bytes* reference, std::size_t offset_bytes,
                            Bytes& stored) {
    ZSTD_CCtx* context = state_->context;
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    set_reach(context, content.size() + (reference != nullptr ? reference->size() : 0));
    if (reference != nullptr) {
        const std::size_t code = ZSTD_CCtx_refPrefix(context, reference->data(), reference->size());
        if (ZSTD_isError(code) != 0) {
            return failed("refer to the sample before", code);
        }
    }
    const std::size_t bound_bytes = offset_bytes + ZSTD_compressBound(content.size());
    if (stored.size() < bound_bytes) { // not cleared before: growing costs zeros, shrinking nothing
        stored.resize(bound_bytes);
    }
    const std::size_t size_bytes =
        ZSTD_compress2(context, stored.data() + offset_bytes, stored.size() - offset_bytes,
                       content.data(), content.size());
    if (ZSTD_isError(size_bytes) != 0) {
        return failed("compress a sample", size_bytes);
    }
    stored.resize(offset_bytes + size_bytes);
    return {};
}

struct Decompressor::State {
    State() {
        if (context == nullptr) {
            throw std::bad_alloc();
        }
    }
    ~State() { ZSTD_freeDCtx(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ZSTD_DCtx* context = ZSTD_createDCtx();
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {}
Decompressor::~Decompressor() = default;

Status Decompressor::decompress(const Bytes& stored, const Bytes* reference,
                                std::size_t raw_size_bytes, Bytes& content) {
    ZSTD_DCtx* context = state_->context;
    ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != raw_size_bytes) {
        return Error(ErrorKind::damaged, "a chunk's frame has another size than its header says");
    }
    if (reference != nullptr) {
        ZSTD_DCtx_refPrefix(context, reference->data(), reference->size());
    }
    content.resize(raw_size_bytes);
    const std::size_t size_bytes =
        ZSTD_decompressDCtx(context, content.data(), content.size(), stored.data(), stored.size());
    if (ZSTD_isError(size_bytes) != 0) {
        return Error(ErrorKind::damaged,
                     std::string("a chunk's frame: ") + ZSTD_getErrorName(size_bytes));
    }
    if (size_bytes != raw_size_bytes) {
        return Error(ErrorKind::damaged, "a chunk's frame is shorter than its header says");
    }
    return {};
}

} // namespace vigia::recording
