// SPDX-License-Identifier: MIT
// Events that a test makes up.
#pragma once

#include <cstring>
#include <deque>

#include "collector/source/event_source.h"

namespace vigia::test {

// Gives what was put into `waiting`. One thread.
class FakeEvents final : public source::EventSource {
public:
    std::deque<vigia_event> waiting;
    source::EventCounters counted; // `received` is ours
    uint64_t features = ~uint64_t{0};

    vigia_event& add(vigia_event_kind kind, uint64_t time_ns, uint32_t pid,
                     uint64_t cgroup_id = 1) {
        vigia_event event{};
        event.sequence = ++sequence_;
        event.time_ns = time_ns;
        event.kind = static_cast<uint16_t>(kind);
        event.valid = VIGIA_EVENT_VALID_CGROUP;
        event.pid = pid;
        event.cgroup_id = cgroup_id;
        waiting.push_back(event);
        return waiting.back();
    }

    const vigia_event* next() override {
        if (waiting.empty()) {
            return nullptr;
        }
        given_ = waiting.front();
        waiting.pop_front();
        ++counted.received;
        return &given_;
    }
    source::EventCounters counters() const override { return counted; }
    bool is_open() const override { return features != 0; }
    bool reports(vigia_event_kind kind) const override {
        return (features & VIGIA_EVENTS_FEATURE(kind)) != 0;
    }
    vigia_writer_kind writer() const override { return VIGIA_WRITER_KERNEL; }

private:
    uint64_t sequence_ = 0;
    vigia_event given_{};
};

} // namespace vigia::test
