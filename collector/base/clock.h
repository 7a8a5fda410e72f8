// SPDX-License-Identifier: MIT
// The three clocks that Vigia looks at, behind one seam, so that a test can stop, step and suspend
// them.
#pragma once

#include <cstdint>

namespace vigia {

// One reading of all three clocks, in ns.
struct Instant {
    uint64_t monotonic_ns =
        0; // CLOCK_MONOTONIC: durations; stands still while the host is suspended
    uint64_t boottime_ns = 0; // CLOCK_BOOTTIME: the same, running through a suspension
    uint64_t realtime_ns = 0; // CLOCK_REALTIME: what people call the time; may jump
};

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

// The host's clocks. Thread-safe.
class SystemClock final : public Clock {
public:
    Instant now() const override;
};

// A clock that only a test moves. Not thread-safe.
class FakeClock final : public Clock {
public:
    Instant now() const override { return now_; }
    void set(Instant now) { now_ = now; }
    // Time passes: all three clocks move.
    void advance(uint64_t duration_ns) {
        now_.monotonic_ns += duration_ns;
        now_.boottime_ns += duration_ns;
        now_.realtime_ns += duration_ns;
    }
    // The host sleeps: monotonic time stands still.
    void suspend(uint64_t duration_ns) {
        now_.boottime_ns += duration_ns;
        now_.realtime_ns += duration_ns;
    }
    // Somebody sets the time of day.
    void step(int64_t realtime_ns) { now_.realtime_ns += static_cast<uint64_t>(realtime_ns); }

private:
    Instant now_{1'000'000'000, 1'000'000'000, 1'700'000'000'000'000'000};
};

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr uint64_t ns_per_millisecond = 1'000'000;

} // namespace vigia
