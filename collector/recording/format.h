// SPDX-License-Identifier: MIT
// The structs of a recording as they lie in the file: FORMAT.md explains them. Little-endian bytes,
// sizes multiples of 8, no holes; reserved fields are zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace vigia::recording {

constexpr uint64_t file_magic = 0x0a1a4345'52474956ULL;    // "VIGREC\x1a\n"
constexpr uint64_t chunk_magic = 0x4b4e5548'43474956ULL;   // "VIGCHUNK"
constexpr uint64_t trailer_magic = 0x0a444e45'43474956ULL; // "VIGCEND\n"
constexpr uint32_t endian_tag = 0x01020304U;

constexpr uint32_t format_version = 2;    // what this program writes
constexpr uint32_t format_compatible = 1; // the oldest reader that understands what it writes

enum class ChunkKind : uint32_t {
    sample = 1,  // all mapped files, as they were taken together
    catalog = 2, // what the container engines told, from here on
    index = 3,   // where the chunks lie; at the end of a file that was closed
};

enum class Encoding : uint32_t {
    zstd = 1,          // one zstd frame that stands alone: a key
    zstd_reference = 2 // one zstd frame, whose prefix is the content of the chunk it refers to
};

// At the beginning of the file.
struct FileHeader {
    uint64_t magic;
    uint32_t endian;
    uint32_t version;
    uint32_t compatible; // a reader of an older version than this must refuse
    uint32_t size_bytes; // of this header: the first chunk lies behind it
    uint64_t recording_id;
    uint64_t interval_ns; // between two samples, as it was asked for
    uint64_t monotonic_ns;
    uint64_t boottime_ns;
    uint64_t realtime_ns;
    uint32_t chunk_header_size_bytes;
    uint32_t abi_version; // of the recorder
    uint64_t reserved[2];
    uint32_t reserved0;
    uint32_t checksum; // CRC32C of all before
};

// In front of every chunk; chunks follow each other, padded with zeros to a multiple of 8.
struct ChunkHeader {
    uint64_t magic;
    uint32_t kind;     // ChunkKind; a reader passes over those that it does not know
    uint32_t encoding; // Encoding
    uint64_t number;   // generation: counted from 1 for each kind
    uint64_t monotonic_ns;
    uint64_t boottime_ns;
    uint64_t realtime_ns;
    uint64_t reference_offset;  // zstd_reference: of an earlier chunk of this kind; else 0
    uint32_t stored_size_bytes; // without the padding
    uint32_t raw_size_bytes;    // decompressed
    uint32_t payload_checksum;  // CRC32C of the stored bytes and their padding
    uint32_t header_checksum;   // CRC32C of all before
};

// What a sample's content consists of, one after the other.
struct SectionHeader {
    uint32_t file_kind; // enum vigia_file_kind
    uint32_t reserved0;
    uint64_t size_bytes; // of what follows: a compact file of the ABI; a multiple of 8
};

// What the section of the events consists of; as many records of the ABI (vigia/events.h) follow.
struct EventsHeader {
    uint32_t record_size_bytes; // of each; a multiple of 8
    uint32_t reserved0;
    uint64_t record_count;
    uint64_t missing_count; // that nobody could read, since the sample before
    uint64_t features;      // VIGIA_EVENTS_FEATURE of each kind that was reported; 0: no writer
};

// The content of an index.
struct IndexEntry {
    uint64_t offset; // of the chunk's header
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
    uint32_t kind;
    uint32_t reserved0;
};

// The last bytes of a file that was closed.
struct Trailer {
    uint64_t magic;
    uint64_t index_offset; // of the index's chunk
    uint64_t sample_count;
    uint32_t reserved0;
    uint32_t checksum; // CRC32C of all before
};

template <typename Struct>
constexpr bool is_plain = std::has_unique_object_representations_v<Struct> &&
                          sizeof(Struct) % 8 == 0;
static_assert(is_plain<FileHeader> && sizeof(FileHeader) == 96);
static_assert(is_plain<ChunkHeader> && sizeof(ChunkHeader) == 72);
static_assert(is_plain<SectionHeader> && sizeof(SectionHeader) == 16);
static_assert(is_plain<EventsHeader> && sizeof(EventsHeader) == 32);
static_assert(is_plain<IndexEntry> && sizeof(IndexEntry) == 32);
static_assert(is_plain<Trailer> && sizeof(Trailer) == 32);

using Bytes = std::vector<unsigned char>; // its data is aligned for every struct in here

constexpr uint64_t padded(uint64_t size_bytes) {
    return (size_bytes + 7) / 8 * 8;
}

// CRC32C (Castagnoli).
uint32_t checksum(const void* data, std::size_t size_bytes);
// Of a struct whose last four bytes are its own checksum.
template <typename Struct>
uint32_t own_checksum(const Struct& of) {
    return checksum(&of, sizeof(of) - sizeof(uint32_t));
}

} // namespace vigia::recording
