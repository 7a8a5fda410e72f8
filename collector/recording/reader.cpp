// SPDX-License-Identifier: MIT
#include "collector/recording/reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "collector/base/limits.h"

namespace vigia::recording {

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return system_error("open the recording " + path, errno);
    }
    std::unique_ptr<Reader> reader(new Reader(path, file));
    if (Status status = reader->read_header(); !status) {
        return status.error();
    }
    if (!reader->read_index()) {
        reader->losses_.index_rebuilt = true;
        reader->scan();
    }
    return reader;
}

Reader::~Reader() {
    ::close(file_);
}

// Nothing of a file that was made shorter since.
bool Reader::read_bytes(uint64_t offset, void* to, std::size_t size_bytes) const {
    auto* bytes = static_cast<unsigned char*>(to);
    std::size_t done = 0;
    while (done < size_bytes) {
        const ssize_t count =
            pread(file_, bytes + done, size_bytes - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        done += static_cast<std::size_t>(count);
    }
    return true;
}

bool Reader::read_chunk_header(uint64_t offset, ChunkHeader& header) const {
    const uint64_t header_bytes = header_.chunk_header_size_bytes;
    if (offset % 8 != 0 || offset < header_.size_bytes || offset > size_bytes_ ||
        header_bytes > size_bytes_ - offset || !read_bytes(offset, &header, sizeof(header))) {
        return false;
    }
    return header.magic == chunk_magic && header.header_checksum == own_checksum(header) &&
           padded(header.stored_size_bytes) <= size_bytes_ - offset - header_bytes;
}

bool Reader::read_stored(uint64_t offset, const ChunkHeader& header, Bytes& stored) const {
    stored.resize(padded(header.stored_size_bytes));
    if (!read_bytes(offset + header_.chunk_header_size_bytes, stored.data(), stored.size()) ||
        checksum(stored.data(), stored.size()) != header.payload_checksum) {
        return false;
    }
    stored.resize(header.stored_size_bytes);
    return true;
}

// Decodes one chunk; what it refers to, if anything, was decoded just before.
Status Reader::decode(uint64_t offset, Decoded& decoded) {
    ChunkHeader header{};
    if (!read_chunk_header(offset, header) || !read_stored(offset, header, stored_) ||
        header.raw_size_bytes > limits::recording_content_bytes) {
        return damaged();
    }
    const bool refers = header.encoding == static_cast<uint32_t>(Encoding::zstd_reference);
    reference_.swap(decoded.content);
    decoded.offset = 0;
    Status status = decompressor_.decompress(stored_, refers ? &reference_ : nullptr,
                                             header.raw_size_bytes, decoded.content);
    decoded.offset = status ? offset : 0;
    return status;
}

// Fills chain_ with the chunk at `offset` and all that has to be decoded before it: back to one
// that stands alone, or to the one that was decoded last.
Status Reader::find_chain(uint64_t offset, uint64_t decoded_offset) {
    chain_.clear();
    while (offset != decoded_offset) {
        ChunkHeader header{};
        if (!read_chunk_header(offset, header) || chain_.size() == limits::recording_chain_chunks) {
            return damaged();
        }
        chain_.push_back(offset);
        if (header.encoding == static_cast<uint32_t>(Encoding::zstd)) {
            break;
        }
        if (header.encoding != static_cast<uint32_t>(Encoding::zstd_reference) ||
            header.reference_offset >= offset) {
            return damaged();
        }
        offset = header.reference_offset;
    }
    return {};
}

Result<const Bytes*> Reader::read(const IndexEntry& entry) {
    Decoded& decoded = entry.kind == static_cast<uint32_t>(ChunkKind::sample) ? sample_ : other_;
    ChunkHeader header{};
    Status status = damaged();
    if (read_chunk_header(entry.offset, header) && header.kind == entry.kind) {
        status = find_chain(entry.offset, decoded.offset);
    }
    for (; status && !chain_.empty(); chain_.pop_back()) {
        status = decode(chain_.back(), decoded);
    }
    if (!status) {
        ++losses_.damaged_chunks;
        return status.error();
    }
    return &decoded.content;
}

Error Reader::damaged() const {
    return {ErrorKind::damaged, path_ + ": a chunk is damaged"};
}

} // namespace vigia::recording
