// SPDX-License-Identifier: MIT
// A file of rings (vigia/events.h) in memory or at a path, written by vigia/events_writer.h.
// Errors end the test by an exception.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include <vigia/events_reader.h>
#include <vigia/events_writer.h>

namespace vigia::test {

inline vigia_file_header rings_header(uint32_t ring_count, uint32_t capacity,
                                      uint64_t writer_instance = 1) {
    vigia_file_header header{};
    header.magic = VIGIA_FILE_MAGIC;
    header.endian_tag = VIGIA_ENDIAN_TAG;
    header.abi_version = VIGIA_ABI_VERSION;
    header.abi_compatible = VIGIA_ABI_COMPATIBLE;
    header.writer_kind = VIGIA_WRITER_PUBLISHER;
    header.writer_instance = writer_instance;
    header.layout_generation = 1;
    header.state = VIGIA_FILE_LIVE;
    vigia_rings_lay_out(&header, 4096, ring_count, capacity);
    return header;
}

// The writer of one file: one thread per ring. The file stays when the writer goes.
class Rings {
public:
    // At `path`, by rename over what was there; in memory alone if `path` is empty.
    explicit Rings(const vigia_file_header& header, const std::string& path = "")
        : header_(header) {
        const std::string temporary = path.empty() ? "" : path + ".new";
        int descriptor = -1;
        if (!path.empty()) {
            descriptor = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
            check(descriptor >= 0 &&
                  ::ftruncate(descriptor, static_cast<off_t>(header.total_size_bytes)) == 0);
        }
        const int flags = path.empty() ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
        void* map =
            ::mmap(nullptr, header.total_size_bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
        check(map != MAP_FAILED);
        map_ = static_cast<unsigned char*>(map);
        std::memcpy(map_, &header, sizeof(header));
        if (!path.empty()) {
            ::close(descriptor);
            check(::rename(temporary.c_str(), path.c_str()) == 0);
        }
        writers_.resize(header.slot_count);
        for (uint32_t i = 0; i < header.slot_count; i++) {
            vigia_ring_writer_start(&writers_[i], live_header(), i);
            writers_[i].ring->cpu = i;
        }
    }
    Rings(uint32_t ring_count, uint32_t capacity, const std::string& path = "",
          uint64_t writer_instance = 1)
        : Rings(rings_header(ring_count, capacity, writer_instance), path) {}
    Rings(const Rings&) = delete;
    Rings& operator=(const Rings&) = delete;
    ~Rings() { ::munmap(map_, header_.total_size_bytes); }

    vigia_file_header* live_header() { return reinterpret_cast<vigia_file_header*>(map_); }
    vigia_ring* ring(uint32_t index) { return writers_[index].ring; }
    const vigia_ring_writer* writer(uint32_t index) { return &writers_[index]; }

    // A whole record; returns its number.
    uint64_t write(uint32_t ring, const vigia_event& event) {
        uint64_t number = 0;
        vigia_event* place = vigia_ring_begin(&writers_[ring], &number);
        vigia_ring_fill(place, &event);
        vigia_ring_commit(place, number);
        return number;
    }
    uint64_t write(uint32_t ring, uint64_t time_ns, uint16_t kind = VIGIA_EVENT_FORK) {
        vigia_event event{};
        event.time_ns = time_ns;
        event.kind = kind;
        return write(ring, event);
    }
    void end() { vigia_rings_end(live_header()); }

    // As a reader sees it, in the same memory.
    vigia_file file() {
        vigia_file file{};
        if (const char* error = vigia_events_validate(map_, header_.total_size_bytes, &file)) {
            throw std::runtime_error(error);
        }
        return file;
    }

private:
    static void check(bool good) {
        if (!good) {
            throw std::system_error(errno, std::generic_category(), "rings");
        }
    }

    vigia_file_header header_;
    unsigned char* map_ = nullptr;
    std::vector<vigia_ring_writer> writers_;
};

// A reader of rings that somebody else keeps mapped.
class RingsReader {
public:
    explicit RingsReader(const vigia_file& file, vigia_events_start start = VIGIA_EVENTS_OLDEST) {
        if (const char* error = vigia_events_attach(&file, start, &events)) {
            throw std::runtime_error(error);
        }
    }
    explicit RingsReader(Rings& rings, vigia_events_start start = VIGIA_EVENTS_OLDEST)
        : RingsReader(rings.file(), start) {}
    explicit RingsReader(const std::string& path, vigia_events_start start = VIGIA_EVENTS_OLDEST)
        : is_owner_(true) {
        if (const char* error = vigia_events_open(path.c_str(), start, &events)) {
            throw std::runtime_error(error);
        }
    }
    RingsReader(const RingsReader&) = delete;
    RingsReader& operator=(const RingsReader&) = delete;
    ~RingsReader() {
        if (!is_owner_) {
            events.file.map = nullptr;
        }
        vigia_events_close(&events);
    }

    // All that is there now.
    std::vector<vigia_event> read_all() {
        std::vector<vigia_event> all;
        while (const vigia_event* event = vigia_events_next(&events)) {
            all.push_back(*event);
        }
        return all;
    }
    // Up to which number the records of a ring were given or lost.
    uint64_t position(uint32_t ring) const {
        const vigia_events_ring& reader = events.rings[ring];
        return reader.begin < reader.end ? reader.buffer[reader.begin].sequence - 1 : reader.cursor;
    }

    vigia_events events{};

private:
    bool is_owner_ = false;
};

} // namespace vigia::test
