// SPDX-License-Identifier: MIT
#include "collector/publish/events_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <boost/interprocess/detail/os_file_functions.hpp>
#include <boost/interprocess/exceptions.hpp>

namespace vigia::publish {
namespace {

namespace ipc = boost::interprocess;

constexpr const char* file_name = "events";
constexpr uint64_t ring_alignment_bytes = 128; // two cache lines: heads lie in lines of their own

// A file that is open already, as Boost wants to see one.
struct OpenFile {
    int descriptor;
    ipc::mapping_handle_t get_mapping_handle() const {
        return ipc::ipcdetail::mapping_handle_from_file_handle(descriptor);
    }
};

vigia_file_header make_header(uint64_t features, uint64_t instance, uint32_t capacity) {
    vigia_file_header header{};
    header.magic = VIGIA_FILE_MAGIC;
    header.endian_tag = VIGIA_ENDIAN_TAG;
    header.abi_version = VIGIA_ABI_VERSION;
    header.abi_compatible = VIGIA_ABI_COMPATIBLE;
    header.writer_kind = VIGIA_WRITER_PUBLISHER;
    header.features = features;
    header.writer_instance = instance;
    header.layout_generation = 1;
    header.state = VIGIA_FILE_LIVE;
    constexpr uint64_t begin =
        (sizeof(header) + ring_alignment_bytes - 1) / ring_alignment_bytes * ring_alignment_bytes;
    vigia_rings_lay_out(&header, begin, 1, capacity);
    return header;
}

} // namespace

Result<EventsFile> EventsFile::create(const Directory& directory, uint64_t features,
                                      uint64_t writer_instance, uint32_t capacity) {
    const vigia_file_header header = make_header(features, writer_instance, capacity);
    const Result<std::string> path = directory.create_file(file_name, header.total_size_bytes);
    if (!path) {
        return path.error();
    }
    EventsFile events(directory, capacity);
    if (Status mapped = events.map(*path, header); !mapped) {
        return mapped.error();
    }
    if (Status committed = directory.commit_file(file_name); !committed) {
        return committed.error();
    }
    events.path_ = directory.path() + "/" + file_name;
    return events;
}

Status EventsFile::map(const std::string& path, const vigia_file_header& header) {
    file_.reset(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!file_) {
        return system_error("open " + path, errno);
    }
    try {
        ipc::mapped_region map(OpenFile{file_.get()}, ipc::read_write, 0, header.total_size_bytes);
        std::memcpy(map.get_address(), &header, sizeof(header));
        map_.swap(map);
    } catch (const ipc::interprocess_exception& failure) {
        return system_error("map " + path, failure.get_native_error());
    }
    vigia_ring_at(static_cast<vigia_file_header*>(map_.get_address()), 0)->cpu = VIGIA_RING_ANY_CPU;
    vigia_ring_writer_start(&writer_, static_cast<vigia_file_header*>(map_.get_address()), 0);
    return {};
}

// Boost's mapped_region swaps on move: the source has to end up empty, or its end would remove the
// file.
EventsFile::EventsFile(EventsFile&& other) noexcept
    : directory_(other.directory_), capacity_(other.capacity_), path_(std::move(other.path_)),
      file_(std::move(other.file_)), writer_(other.writer_), last_ns_(other.last_ns_),
      generation_(other.generation_), unannounced_(other.unannounced_) {
    map_.swap(other.map_);
}

EventsFile::~EventsFile() {
    if (map_.get_address() != nullptr) {
        announce();
        vigia_rings_end(static_cast<vigia_file_header*>(map_.get_address()));
        directory_->remove_file(file_name);
    }
}

void EventsFile::put(vigia_event event) {
    event.time_ns = last_ns_ = std::max(event.time_ns, last_ns_);
    uint64_t number = 0;
    vigia_event* place = vigia_ring_begin(&writer_, &number);
    vigia_ring_fill(place, &event);
    vigia_ring_commit(place, number);
    ++unannounced_;
}

void EventsFile::drop(uint64_t count) {
    vigia_ring_drop(writer_.ring, count);
}

void EventsFile::announce() {
    if (unannounced_ == 0) {
        return;
    }
    unannounced_ = 0;
    vigia_rings_announce(static_cast<vigia_file_header*>(map_.get_address()), ++generation_);
    [[maybe_unused]] const int touched = ::futimens(file_.get(), nullptr);
}

} // namespace vigia::publish
