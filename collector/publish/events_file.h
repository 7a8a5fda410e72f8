// SPDX-License-Identifier: MIT
// The file `events` of a publisher: one ring for all CPUs, by the protocol of <vigia/events.h>.
// One thread.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include <boost/interprocess/mapped_region.hpp>

#include <vigia/events_writer.h>

#include "collector/base/result.h"
#include "collector/publish/directory.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

// Takes events of all kinds.
class EventSink {
public:
    virtual ~EventSink() = default;
    // `record` is one of the structs of vigia/events.h, but for its sequence.
    template <typename Record>
    void write(const Record& record) {
        static_assert(sizeof(Record) == sizeof(vigia_event));
        put(std::bit_cast<vigia_event>(record));
    }

private:
    virtual void put(vigia_event event) = 0;
};

class EventsFile final : public EventSink {
public:
    // Makes <directory>/events for `capacity` records, a power of two. `features` says which kinds
    // this writer reports. `directory` must outlive it.
    static Result<EventsFile> create(const Directory& directory, uint64_t features,
                                     uint64_t writer_instance, uint32_t capacity);
    // Marks the file dead and removes it.
    ~EventsFile() override;
    EventsFile(EventsFile&& other) noexcept;
    EventsFile& operator=(EventsFile&&) = delete;

    // Events that cannot be written: readers count them among the lost.
    void drop(uint64_t count);

    const std::string& path() const { return path_; }
    // By which it is mapped: the only one of ours.
    int descriptor() const { return file_.get(); }

    // Records that readers have not been told of.
    uint64_t unannounced() const { return unannounced_; }
    uint32_t capacity() const { return capacity_; }
    // Tells them: by the header's generation, and by the file's change time, which inotify sees.
    void announce();

private:
    EventsFile(const Directory& directory, uint32_t capacity)
        : directory_(&directory), capacity_(capacity) {}
    Status map(const std::string& path, const vigia_file_header& header);
    // Raises a record's time to that of the one before: times ascend.
    void put(vigia_event event) override;

    const Directory* directory_;
    uint32_t capacity_;
    std::string path_;
    UniqueFd file_;
    boost::interprocess::mapped_region map_;
    vigia_ring_writer writer_{};
    uint64_t last_ns_ = 0;
    uint64_t generation_ = 0;
    uint64_t unannounced_ = 0;
};

} // namespace vigia::publish
