// SPDX-License-Identifier: MIT
// A detector measures one thing on one sample. It keeps nothing: durations, hysteresis and windows
// are the engine's (hold.h, rise.h), the same for every detector.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "collector/sampler/sample.h"
#include "policy/config.h"

namespace vigia::policy {

// What a detector looks at, and so which containers it makes candidates.
enum class Scope : uint8_t {
    container, // one container: those for which it holds are candidates
    selection, // how many there are: as many of the rule's containers go as are too many
    host,      // the host: one of the rule's containers goes at a time
};

// What is measured. Only the fields of the detector's scope are set.
struct Subject {
    const Sample& sample;
    const ContainerSample* container = nullptr;
    std::optional<std::size_t> running; // containers in the rule's selection; unknown: nothing
    std::optional<uint64_t> rise;       // of counter(), within the detector's window
};

class Detector {
public:
    virtual ~Detector() = default;
    virtual Scope scope() const = 0;
    // "bytes", "ratio", ...: of measure() and of the threshold.
    virtual std::string_view unit() const = 0;
    // What is measured, as a person says it: "memory", "running containers".
    virtual std::string_view noun() const = 0;
    // After which events it may hold, or hold no more, so that they are judged at once: bits
    // VIGIA_EVENTS_FEATURE(kind).
    virtual uint64_t events() const { return 0; }
    // The value, or nothing where this host, kernel or moment cannot know it: then it never holds.
    virtual std::optional<double> measure(const Subject& subject) const = 0;
    // True: measure() wants the rise of counter(), or the sum of occurrences(), within the window
    // instead of a level.
    virtual bool windowed() const { return false; }
    virtual std::optional<uint64_t> counter(const ContainerSample&) const { return {}; }
    // For those that count events themselves: how many lie between the sample before and this one.
    virtual std::optional<uint64_t> occurrences(const Subject&) const { return {}; }
};

// How the configuration writes a threshold: which of these forms a detector accepts.
enum Quantity : uint8_t {
    quantity_size = 1,   // "512MiB"
    quantity_share = 2,  // "80%"
    quantity_rate = 4,   // "50MiB/s"
    quantity_count = 8,  // 10
    quantity_number = 16 // 2.5
};

// One row of builtin.cpp.
struct DetectorKind {
    std::string_view name;
    uint8_t quantities; // Quantity, or-ed
    std::unique_ptr<Detector> (*make)(const DetectorConfig& config);
};

} // namespace vigia::policy
