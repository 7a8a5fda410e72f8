// SPDX-License-Identifier: MIT
// Writes one recording: a file that only grows, chunk by chunk. What was appended survives the end
// of this process, however it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/clock.h"
#include "collector/base/result.h"
#include "collector/recording/codec.h"
#include "collector/recording/format.h"

namespace vigia::recording {

struct WriterConfig {
    std::string path; // must not exist
    uint64_t interval_ns = 0;
    uint64_t size_cap_bytes = 0; // 0: none
};

struct WriterStats {
    uint64_t samples = 0;
    uint64_t catalogs = 0;
    uint64_t processes = 0;  // in all samples together
    uint64_t raw_bytes = 0;  // of all contents
    uint64_t size_bytes = 0; // of the file so far
};

// What is recorded of one moment.
struct Content {
    Instant at;
    uint64_t process_count = 0;
    Bytes sample;             // make_image()
    Bytes catalog;            // encode_catalog()
    bool has_catalog = false; // it differs from the one before
};

// One thread.
class Writer {
public:
    // Makes the file, readable by its owner alone. Errors: failed (it exists), permission,
    // not_found.
    static Result<std::unique_ptr<Writer>> create(WriterConfig config, Instant now);
    // Closes what is not closed; errors are lost then.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Appends a sample, its catalog before it; false if the file would grow beyond its cap. What
    // cannot be written whole is taken back, so that the file stays readable (disk full).
    // `content` gets another buffer for its sample, with whatever is in there.
    Result<bool> append(Content& content);
    // Puts the index behind the last chunk, and everything on the disk.
    Status close();

    const WriterStats& stats() const { return stats_; }

private:
    Writer(WriterConfig config, int descriptor) : config_(std::move(config)), file_(descriptor) {}

    Status begin(Instant now);
    // Makes `buffer` a whole chunk of `content`, header and padding included.
    Status make_chunk(ChunkHeader header, const Bytes& content, const Bytes* reference,
                      Bytes& buffer);
    Status put(const Bytes& bytes);
    Status put_chunk(const ChunkHeader& header, const Bytes& bytes);
    Status put_index();
    bool fits(uint64_t more_bytes, std::size_t more_chunks) const;

    WriterConfig config_;
    int file_;
    Compressor compressor_;
    WriterStats stats_;
    std::vector<IndexEntry> index_;
    Bytes chunk_;         // the sample on its way
    Bytes catalog_chunk_; // ... and its catalog
    Bytes previous_;      // content of the last sample in the file
    uint64_t previous_offset_ = 0;
    unsigned since_key_ = 0; // samples that refer to each other; 0: the next one stands alone
};

} // namespace vigia::recording
