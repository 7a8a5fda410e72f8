// SPDX-License-Identifier: MIT
// Where the chunks of a recording lie: by its index, or by looking.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collector/base/limits.h"
#include "collector/recording/reader.h"

namespace vigia::recording {
namespace {

constexpr std::size_t search_block_bytes = 64 * 1024;

bool is_of(uint32_t kind, ChunkKind wanted) {
    return kind == static_cast<uint32_t>(wanted);
}

} // namespace

// The first 96 bytes mean the same in every version, so that a newer file can be told from a
// damaged one.
Status Reader::read_header() {
    struct stat status {};
    if (fstat(file_, &status) != 0) {
        return system_error("open the recording " + path_, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(ErrorKind::failed, path_ + " is no recording: it is not a regular file");
    }
    size_bytes_ = static_cast<uint64_t>(status.st_size);
    if (size_bytes_ < sizeof(header_) || !read_bytes(0, &header_, sizeof(header_)) ||
        header_.magic != file_magic) {
        return Error(ErrorKind::damaged, path_ + " is no recording of Vigia");
    }
    if (header_.endian != endian_tag) {
        return Error(ErrorKind::damaged,
                     path_ + " was recorded on a machine of the other byte order");
    }
    if (header_.checksum != own_checksum(header_)) {
        return Error(ErrorKind::damaged, path_ + ": the recording's header is damaged");
    }
    if (header_.compatible > format_version) {
        return Error(ErrorKind::newer, path_ + " was recorded by a newer Vigia (format " +
                                           std::to_string(header_.version) + ", this one reads " +
                                           std::to_string(format_version) + "): upgrade this one");
    }
    if (header_.size_bytes < sizeof(header_) || header_.size_bytes % 8 != 0 ||
        header_.chunk_header_size_bytes < sizeof(ChunkHeader) ||
        header_.chunk_header_size_bytes % 8 != 0) {
        return Error(ErrorKind::damaged, path_ + ": the recording's header contradicts itself");
    }
    return {};
}

// True if the file was closed and its index is whole: it lies right before the end.
bool Reader::read_index() {
    Trailer trailer{};
    ChunkHeader header{};
    if (size_bytes_ < header_.size_bytes + sizeof(trailer) ||
        !read_bytes(size_bytes_ - sizeof(trailer), &trailer, sizeof(trailer)) ||
        trailer.magic != trailer_magic || trailer.checksum != own_checksum(trailer) ||
        !read_chunk_header(trailer.index_offset, header) || !is_of(header.kind, ChunkKind::index) ||
        header.raw_size_bytes > limits::recording_index_entries * sizeof(IndexEntry) ||
        header.raw_size_bytes % sizeof(IndexEntry) != 0 ||
        trailer.index_offset + header_.chunk_header_size_bytes + padded(header.stored_size_bytes) +
                sizeof(trailer) !=
            size_bytes_) {
        return false;
    }
    const auto content = read({trailer.index_offset, 0, 0, header.kind, 0});
    if (!content) {
        losses_.damaged_chunks = 0; // the index itself is no loss: the chunks are still there
        return false;
    }
    chunks_.resize((*content)->size() / sizeof(IndexEntry));
    if (!chunks_.empty()) { // a recording that ended before its first sample has none
        std::memcpy(chunks_.data(), (*content)->data(), (*content)->size());
    }
    return true;
}

// The offset of the next whole chunk behind a damaged place, or the file's size.
uint64_t Reader::next_chunk(uint64_t offset) {
    Bytes block(search_block_bytes);
    for (uint64_t at = padded(offset); at + sizeof(ChunkHeader) <= size_bytes_;
         at += block.size()) {
        block.resize(std::min<uint64_t>(search_block_bytes, (size_bytes_ - at) / 8 * 8));
        if (!read_bytes(at, block.data(), block.size())) {
            return size_bytes_;
        }
        for (std::size_t i = 0; i < block.size(); i += sizeof(uint64_t)) {
            ChunkHeader header{};
            if (std::memcmp(block.data() + i, &chunk_magic, sizeof(chunk_magic)) == 0 &&
                read_chunk_header(at + i, header)) {
                return at + i;
            }
        }
    }
    return size_bytes_;
}

void Reader::scan() {
    chunks_.clear();
    uint64_t offset = header_.size_bytes;
    while (offset < size_bytes_ && chunks_.size() < limits::recording_index_entries) {
        ChunkHeader header{};
        if (!read_chunk_header(offset, header)) {
            const uint64_t next = next_chunk(offset + 1);
            if (next == size_bytes_) { // nothing whole behind it: the tail is torn
                losses_.torn_bytes = size_bytes_ - offset;
                return;
            }
            ++losses_.damaged_chunks;
            offset = next;
            continue;
        }
        if (!is_of(header.kind, ChunkKind::index)) {
            chunks_.push_back({offset, header.monotonic_ns, header.realtime_ns, header.kind, 0});
        }
        offset += header_.chunk_header_size_bytes + padded(header.stored_size_bytes);
        Trailer trailer{};
        const bool ends = offset + sizeof(trailer) == size_bytes_ &&
                          read_bytes(offset, &trailer, sizeof(trailer)) &&
                          trailer.magic == trailer_magic;
        if (is_of(header.kind, ChunkKind::index) && ends) {
            return;
        }
    }
}

} // namespace vigia::recording
