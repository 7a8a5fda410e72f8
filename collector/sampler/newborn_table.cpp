// SPDX-License-Identifier: MIT
#include "collector/sampler/newborn_table.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "collector/base/limits.h"

namespace vigia::sampler {
namespace {

std::size_t place_of(uint32_t pid) {
    return pid & (limits::newborns_remembered - 1);
}

// What the kernel makes of a program's file name, if that is known to its end.
std::array<char, 16> comm_of(const vigia_event_exec& event) {
    std::array<char, 16> comm{};
    if (event.file_name_length_bytes <= sizeof(event.file_name)) {
        const std::string_view whole(event.file_name, event.file_name_length_bytes);
        const std::string_view name = whole.substr(whole.rfind('/') + 1); // npos + 1 is 0
        std::memcpy(comm.data(), name.data(), std::min(name.size(), comm.size() - 1));
    }
    return comm;
}

} // namespace

void NewbornTable::prepare() {
    places_.resize(limits::newborns_remembered);
}

Newborn* NewbornTable::take(uint32_t pid, uint64_t start_time_ns) {
    if (places_.empty()) {
        return nullptr;
    }
    Newborn& place = places_[place_of(pid)];
    if (place.pid != pid || place.start_time_ns != start_time_ns) {
        place = {};
        place.pid = pid;
        place.start_time_ns = start_time_ns;
    }
    return &place;
}

void NewbornTable::born(const vigia_event_fork& event) {
    Newborn* newborn = take(event.pid, event.start_time_ns);
    if (newborn == nullptr) {
        return;
    }
    newborn->told_ns = event.time_ns;
    if ((event.valid & VIGIA_EVENT_VALID_NAME) != 0) {
        std::memcpy(newborn->comm.data(), event.comm, newborn->comm.size());
    }
    if ((event.valid & VIGIA_EVENT_VALID_USER) != 0) {
        newborn->knows_user = true;
        newborn->uid = event.uid;
    }
}

void NewbornTable::became(const vigia_event_exec& event) {
    Newborn* newborn = take(event.pid, event.start_time_ns);
    if (newborn == nullptr) {
        return;
    }
    newborn->told_ns = event.time_ns;
    newborn->comm =
        (event.valid & VIGIA_EVENT_VALID_NAME) != 0 ? comm_of(event) : std::array<char, 16>{};
    if ((event.valid & VIGIA_EVENT_VALID_USER) != 0) {
        newborn->knows_user = true;
        newborn->uid = event.uid;
    }
}

const Newborn* NewbornTable::find(uint32_t pid, uint64_t start_time_ns) const {
    if (places_.empty()) {
        return nullptr;
    }
    const Newborn& place = places_[place_of(pid)];
    return place.pid == pid && place.start_time_ns == start_time_ns ? &place : nullptr;
}

} // namespace vigia::sampler
