// SPDX-License-Identifier: MIT
// S7: how many events one reader takes, from the rings of the kernel's file compiled in user space.
// Rounds in turn on one thread, best round counts: rings are filled, and read to their end. The
// rival is copying the same records with memcpy, which checks and merges nothing.
// Usage: bench_ring [--smoke]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "test/support/rings.h"

namespace {

using vigia::test::Rings;
using vigia::test::RingsReader;
using Clock = std::chrono::steady_clock;

constexpr uint32_t capacity = 8192; // the module's default
constexpr double target_per_second = 20e6;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Fills all rings but the last few records; each ring has every ring_count-th event, in bursts.
uint64_t fill(Rings& rings, uint32_t ring_count, uint64_t& now_ns) {
    constexpr uint32_t burst = 8;
    const uint64_t count = uint64_t{ring_count} * (capacity - burst);
    for (uint64_t i = 0; i < count; i++) {
        rings.write(static_cast<uint32_t>(i / burst % ring_count), ++now_ns, VIGIA_EVENT_EXIT);
    }
    return count;
}

struct Cost {
    double write_ns = std::numeric_limits<double>::max();
    double read_ns = std::numeric_limits<double>::max();
    double copy_ns = std::numeric_limits<double>::max();
    uint64_t missing = 0;
};

double copy_all(Rings& rings, uint32_t ring_count, std::vector<vigia_event>& to) {
    const auto begin = Clock::now();
    uint64_t sum = 0;
    for (uint32_t ring = 0; ring < ring_count; ring++) {
        for (uint32_t i = 0; i < capacity; i += 64) {
            std::memcpy(to.data(), rings.writer(ring)->records + i * sizeof(vigia_event),
                        64 * sizeof(vigia_event));
            for (const vigia_event& event : to) {
                sum += event.time_ns;
            }
        }
    }
    const double seconds = seconds_since(begin);
    return sum == 0 ? std::numeric_limits<double>::max() : seconds;
}

Cost measure(uint32_t ring_count, int rounds) {
    Rings rings(ring_count, capacity);
    RingsReader reader(rings);
    std::vector<vigia_event> to(64);
    Cost cost;
    uint64_t now_ns = 0, sum = 0;
    for (int round = 0; round < rounds; round++) {
        auto begin = Clock::now();
        const uint64_t count = fill(rings, ring_count, now_ns);
        const auto events = static_cast<double>(count);
        cost.write_ns = std::min(cost.write_ns, seconds_since(begin) * 1e9 / events);
        begin = Clock::now();
        uint64_t received = 0;
        while (const vigia_event* event = vigia_events_next(&reader.events)) {
            sum += event->time_ns;
            received++;
        }
        cost.read_ns = std::min(cost.read_ns, seconds_since(begin) * 1e9 / events);
        cost.copy_ns = std::min(cost.copy_ns, copy_all(rings, ring_count, to) * 1e9 /
                                                  (static_cast<double>(ring_count) * capacity));
        cost.missing += count - received;
    }
    if (sum == 0) {
        cost.missing++;
    }
    return cost;
}

// Returns false if the row falls short.
bool report(uint32_t ring_count, const Cost& cost) {
    const double per_second = 1e9 / cost.read_ns;
    const bool good = per_second >= target_per_second && cost.missing == 0;
    std::printf("S7\tevents read by one reader, merged from %u rings\t%.1f\tmillion/s\t>= 20\tthe "
                "same bytes by memcpy, million/s\t%.1f\t%.2f\t%s\n",
                ring_count, per_second / 1e6, 1e3 / cost.copy_ns, cost.copy_ns / cost.read_ns,
                good ? "pass" : "short");
    std::printf("S7\tevents written into %u rings by one thread\t%.1f\tmillion/s\tfor "
                "information\t-\t-\t-\tpass\n",
                ring_count, 1e3 / cost.write_ns);
    std::printf("S7\tevents of %u rings lost, or missing\t%llu\tevents\t0\t-\t-\t-\t%s\n",
                ring_count, static_cast<unsigned long long>(cost.missing),
                cost.missing == 0 ? "pass" : "short");
    return good;
}

} // namespace

int main(int argc, char** argv) {
    const bool smoke = argc > 1 && std::string_view(argv[1]) == "--smoke";
    bool good = true;
    for (const uint32_t ring_count : {2U, 16U}) {
        good = report(ring_count, measure(ring_count, smoke ? 2 : 60)) && good;
    }
    return good || smoke ? 0 : 1;
}
