// SPDX-License-Identifier: MIT
// A made-up host's last minutes, the same with every run: what it publishes tick by tick, and what
// its engine tells meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collector/base/clock.h"
#include "collector/recording/writer.h"
#include "collector/sampler/sample.h"
#include "test/support/fake_catalog.h"
#include "test/support/fake_events.h"
#include "test/support/fake_source.h"

namespace vigia::test {

struct History {
    explicit History(unsigned process_count = 20);
    // One second later: counters move, processes and containers come and go.
    void tick();

    FakeClock clock;
    FakeSource source;
    FakeCatalog catalog;
    bool with_memory = true; // of the next tick
    FakeEvents events;       // one process a tick that is born and dies
    uint64_t number = 0;     // ticks so far

private:
    void add_container(char digit);
    uint32_t next_pid_ = 1000;
};

// Records `ticks` of a new History at `path`. Throws on any error.
recording::WriterStats record_history(const std::string& path, unsigned ticks,
                                      unsigned process_count = 20);

// Everything that a sample tells but who wrote it and how often it was torn, as bytes.
std::string bytes_of(const Sample& sample);

// bytes_of() each sample that a recording gives, whatever is damaged in it left out; empty and
// `error` set if it cannot be opened.
std::vector<std::string> replayed(const std::string& path, std::string* error = nullptr);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

} // namespace vigia::test
