// SPDX-License-Identifier: MIT
// Reads one recording, by its index or, where that is missing, by its chunks. Nothing in the file
// is believed before its checksum was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "collector/recording/codec.h"
#include "collector/recording/format.h"

namespace vigia::recording {

// What could not be read of a recording.
struct Losses {
    uint64_t damaged_chunks = 0; // bad bits, or referring to such; each stretch of bad bytes is one
    uint64_t torn_bytes = 0;     // behind the last whole chunk: the recorder was killed there
    bool index_rebuilt = false;  // the file was not closed, or its end is damaged
};

// One thread.
class Reader {
public:
    // Errors: not_found, permission, newer, damaged (not a recording, or its header is bad).
    static Result<std::unique_ptr<Reader>> open(const std::string& path);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const std::string& path() const { return path_; }
    const FileHeader& header() const { return header_; }
    const Losses& losses() const { return losses_; }
    // Samples and catalogs (and kinds that this program does not know) in the order of the file.
    const std::vector<IndexEntry>& chunks() const { return chunks_; }

    // The content of one of chunks(); valid until the next call. Errors: damaged (counted).
    Result<const Bytes*> read(const IndexEntry& entry);

private:
    Reader(std::string path, int descriptor) : path_(std::move(path)), file_(descriptor) {}

    // reader_index.cpp: where the chunks lie
    Status read_header();
    bool read_index();
    void scan();
    uint64_t next_chunk(uint64_t offset);

    bool read_bytes(uint64_t offset, void* to, std::size_t size_bytes) const;
    // A header whose checksum is good and whose chunk ends within the file.
    bool read_chunk_header(uint64_t offset, ChunkHeader& header) const;
    bool read_stored(uint64_t offset, const ChunkHeader& header, Bytes& stored) const;
    Status find_chain(uint64_t offset, uint64_t decoded_offset);
    struct Decoded;
    Status decode(uint64_t offset, Decoded& decoded);
    Error damaged() const;

    std::string path_;
    int file_;
    uint64_t size_bytes_ = 0;
    FileHeader header_{};
    Losses losses_;
    std::vector<IndexEntry> chunks_;
    Decompressor decompressor_;
    Bytes stored_;
    // The chunk that was decoded last: the next one of its kind most likely refers to it.
    struct Decoded {
        Bytes content;
        uint64_t offset = 0; // 0: none
    };
    Decoded sample_;
    Decoded other_;
    Bytes reference_;             // what a chunk refers to, while it is decoded
    std::vector<uint64_t> chain_; // to be decoded, the last one first
};

} // namespace vigia::recording
