// SPDX-License-Identifier: MIT
// Arbitrary bytes as a recording, as the content of a sample, and as a catalog: everything that is
// believed is read. The first byte chooses. Bytes of a file get good checksums first, since chance
// would never find them.
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/recording/image.h"
#include "collector/recording/replay.h"

using namespace vigia;
using namespace vigia::recording;

namespace {

template <typename Struct>
void mend(Bytes& file, std::size_t offset, uint64_t magic, uint32_t Struct::*own) {
    Struct header{};
    std::memcpy(&header, file.data() + offset, sizeof(header));
    header.magic = magic;
    header.*own = own_checksum(header);
    std::memcpy(file.data() + offset, &header, sizeof(header));
}

// The file header, and every chunk that can be found by its stored size.
void mend_file(Bytes& file) {
    if (file.size() < sizeof(FileHeader)) {
        return;
    }
    FileHeader header{};
    std::memcpy(&header, file.data(), sizeof(header));
    header.endian = endian_tag;
    header.compatible = format_compatible;
    header.size_bytes = sizeof(FileHeader);
    header.chunk_header_size_bytes = sizeof(ChunkHeader);
    std::memcpy(file.data(), &header, sizeof(header));
    mend(file, 0, file_magic, &FileHeader::checksum);
    std::size_t at = sizeof(FileHeader);
    while (at + sizeof(ChunkHeader) <= file.size()) {
        ChunkHeader chunk{};
        std::memcpy(&chunk, file.data() + at, sizeof(chunk));
        const std::size_t rest = file.size() - at - sizeof(chunk);
        if (padded(chunk.stored_size_bytes) > rest) {
            chunk.stored_size_bytes = static_cast<uint32_t>(rest / 8 * 8);
        }
        chunk.raw_size_bytes &= 0xfffff;
        const std::size_t stored = padded(chunk.stored_size_bytes);
        chunk.payload_checksum = checksum(file.data() + at + sizeof(chunk), stored);
        std::memcpy(file.data() + at, &chunk, sizeof(chunk));
        mend(file, at, chunk_magic, &ChunkHeader::header_checksum);
        at += sizeof(chunk) + stored;
    }
}

void use(uint64_t sum) {
    volatile uint64_t read = sum;
    static_cast<void>(read);
}

void drain(source::EventSource& events) {
    uint64_t sum = 0;
    while (const vigia_event* event = events.next()) {
        sum += event->sequence + event->body[9];
    }
    use(sum);
}

void replay_all(const Bytes& file) {
    const int descriptor = memfd_create("recording", MFD_CLOEXEC);
    if (descriptor < 0 ||
        write(descriptor, file.data(), file.size()) != static_cast<ssize_t>(file.size())) {
        __builtin_trap();
    }
    auto replay = Replay::open("/proc/self/fd/" + std::to_string(descriptor));
    if (replay) {
        while ((**replay).has_next()) {
            if ((**replay).refresh(0)) {
                static_cast<void>((**replay).acquire());
                drain((**replay).events());
            }
        }
        static_cast<void>((**replay).seek(UINT64_MAX));
    }
    close(descriptor);
}

void open_image(const Bytes& content) {
    Image image;
    if (!image.open(content)) {
        return;
    }
    const source::Snapshots& snapshots = image.snapshots();
    uint64_t sum = 0;
    for (const vigia_view* view : {&snapshots.info, &snapshots.system, &snapshots.processes,
                                   &snapshots.cgroups, image.memory()}) {
        if (view == nullptr) {
            continue;
        }
        for (unsigned region = 0; region < VIGIA_REGION_COUNT; ++region) {
            const uint32_t size_bytes = view->file->header.regions[region].record_size_bytes;
            for (uint32_t i = 0; i < view->count[region]; ++i) {
                const auto* record =
                    static_cast<const unsigned char*>(vigia_record(view, region, i));
                sum += record[0] + record[size_bytes - 1];
            }
        }
    }
    use(sum);
    ReplayedEvents events;
    events.show(image.events());
    drain(events);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size_bytes) {
    if (size_bytes < 1) {
        return 0;
    }
    Bytes bytes(data + 1, data + size_bytes);
    switch (data[0] % 4) {
    case 0:
        replay_all(bytes);
        break;
    case 1:
        mend_file(bytes);
        replay_all(bytes);
        break;
    case 2:
        open_image(bytes);
        break;
    default:
        RecordedCatalog catalog;
        static_cast<void>(catalog.decode(bytes));
        for (std::size_t i = 0; i < catalog.size(); ++i) {
            if (catalog.find(catalog.at(i).id) == nullptr) {
                __builtin_trap();
            }
        }
    }
    return 0;
}
