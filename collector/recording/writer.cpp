// SPDX-License-Identifier: MIT
#include "collector/recording/writer.h"

#include <fcntl.h>
#include <unistd.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include <vigia/version.h>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

uint64_t new_recording_id(Instant now) {
    uint64_t id = 0;
    if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id)) {
        id = now.realtime_ns ^ static_cast<uint64_t>(getpid()) << 48;
    }
    return id != 0 ? id : 1;
}

ChunkHeader chunk_at(ChunkKind kind, Instant at) {
    ChunkHeader header{};
    header.magic = chunk_magic;
    header.kind = static_cast<uint32_t>(kind);
    header.encoding = static_cast<uint32_t>(Encoding::zstd);
    header.monotonic_ns = at.monotonic_ns;
    header.boottime_ns = at.boottime_ns;
    header.realtime_ns = at.realtime_ns;
    return header;
}

const ChunkHeader& header_of(const Bytes& chunk) {
    return *reinterpret_cast<const ChunkHeader*>(chunk.data());
}

} // namespace

Result<std::unique_ptr<Writer>> Writer::create(WriterConfig config, Instant now) {
    const int file =
        open(config.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return system_error("make the recording " + config.path, errno);
    }
    std::unique_ptr<Writer> writer(new Writer(std::move(config), file));
    if (Status begun = writer->begin(now); !begun) {
        unlink(writer->config_.path.c_str());
        return begun.error();
    }
    return writer;
}

Writer::~Writer() {
    static_cast<void>(close());
}

Status Writer::begin(Instant now) {
    FileHeader header{};
    header.magic = file_magic;
    header.endian = endian_tag;
    header.version = format_version;
    header.compatible = format_compatible;
    header.size_bytes = sizeof(header);
    header.recording_id = new_recording_id(now);
    header.interval_ns = config_.interval_ns;
    header.monotonic_ns = now.monotonic_ns;
    header.boottime_ns = now.boottime_ns;
    header.realtime_ns = now.realtime_ns;
    header.chunk_header_size_bytes = sizeof(ChunkHeader);
    header.abi_version = VIGIA_ABI_VERSION;
    header.checksum = own_checksum(header);
    const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
    return put(Bytes(bytes, bytes + sizeof(header)));
}

// At the end of the file, or not at all.
Status Writer::put(const Bytes& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = pwrite(file_, bytes.data() + done, bytes.size() - done,
                                     static_cast<off_t>(stats_.size_bytes + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            const int error_number = count == 0 ? ENOSPC : errno;
            // If even this fails, the torn tail is cut by whoever reads.
            static_cast<void>(ftruncate(file_, static_cast<off_t>(stats_.size_bytes)));
            return system_error("write " + config_.path, error_number);
        }
        done += static_cast<std::size_t>(count);
    }
    stats_.size_bytes += bytes.size();
    return {};
}

Status Writer::make_chunk(ChunkHeader header, const Bytes& content, const Bytes* reference,
                          Bytes& buffer) {
    if (Status status = compressor_.compress(content, reference, sizeof(header), buffer); !status) {
        return status;
    }
    header.stored_size_bytes = static_cast<uint32_t>(buffer.size() - sizeof(header));
    header.raw_size_bytes = static_cast<uint32_t>(content.size());
    buffer.resize(padded(buffer.size()));
    header.payload_checksum =
        checksum(buffer.data() + sizeof(header), buffer.size() - sizeof(header));
    header.header_checksum = own_checksum(header);
    std::memcpy(buffer.data(), &header, sizeof(header));
    return {};
}

Status Writer::put_chunk(const ChunkHeader& header, const Bytes& bytes) {
    const IndexEntry entry{stats_.size_bytes, header.monotonic_ns, header.realtime_ns, header.kind,
                           0};
    if (Status status = put(bytes); !status) {
        return status;
    }
    index_.push_back(entry);
    stats_.raw_bytes += header.raw_size_bytes;
    return {};
}

// With the index, which compresses no worse than this.
bool Writer::fits(uint64_t more_bytes, std::size_t more_chunks) const {
    const uint64_t index_bytes = (index_.size() + more_chunks) * sizeof(IndexEntry);
    const uint64_t end_bytes = stats_.size_bytes + more_bytes + index_bytes + index_bytes / 128 +
                               sizeof(ChunkHeader) + sizeof(Trailer) + 1024;
    return config_.size_cap_bytes == 0 || end_bytes <= config_.size_cap_bytes;
}

Result<bool> Writer::append(Content& content) {
    const bool is_key = since_key_ == 0;
    ChunkHeader header = chunk_at(ChunkKind::sample, content.at);
    header.number = stats_.samples + 1;
    if (!is_key) {
        header.encoding = static_cast<uint32_t>(Encoding::zstd_reference);
        header.reference_offset = previous_offset_;
    }
    if (Status made = make_chunk(header, content.sample, is_key ? nullptr : &previous_, chunk_);
        !made) {
        return made.error();
    }
    uint64_t more_bytes = chunk_.size();
    if (content.has_catalog) {
        ChunkHeader before = chunk_at(ChunkKind::catalog, content.at);
        before.number = stats_.catalogs + 1;
        if (Status made = make_chunk(before, content.catalog, nullptr, catalog_chunk_); !made) {
            return made.error();
        }
        more_bytes += catalog_chunk_.size();
    }
    if (!fits(more_bytes, 2)) {
        return false;
    }
    if (content.has_catalog) {
        if (Status done = put_chunk(header_of(catalog_chunk_), catalog_chunk_); !done) {
            return done.error();
        }
        ++stats_.catalogs;
        content.has_catalog = false; // written, whatever becomes of the sample
    }
    const uint64_t offset = stats_.size_bytes;
    if (Status done = put_chunk(header_of(chunk_), chunk_); !done) {
        return done.error();
    }
    ++stats_.samples;
    stats_.processes += content.process_count;
    previous_.swap(content.sample);
    previous_offset_ = offset;
    since_key_ = (since_key_ + 1) % limits::recording_key_samples;
    return true;
}

Status Writer::put_index() {
    const auto* bytes = reinterpret_cast<const unsigned char*>(index_.data());
    const Bytes content(bytes, bytes + index_.size() * sizeof(IndexEntry));
    ChunkHeader header = chunk_at(ChunkKind::index, {});
    header.number = 1;
    if (Status made = make_chunk(header, content, nullptr, chunk_); !made) {
        return made;
    }
    Trailer trailer{trailer_magic, stats_.size_bytes, stats_.samples, 0, 0};
    trailer.checksum = own_checksum(trailer);
    const auto* end = reinterpret_cast<const unsigned char*>(&trailer);
    chunk_.insert(chunk_.end(), end, end + sizeof(trailer));
    return put(chunk_);
}

Status Writer::close() {
    if (file_ < 0) {
        return {};
    }
    Status status = put_index();
    if (status && fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) {
        status = system_error("write " + config_.path, errno);
    }
    ::close(file_);
    file_ = -1;
    return status;
}

} // namespace vigia::recording
