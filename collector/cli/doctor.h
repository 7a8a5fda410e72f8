// SPDX-License-Identifier: MIT
// What a host offers to Vigia, one finding a line, with a remedy for each gap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/cli/engine_names.h"
#include "collector/publish/event_origin.h"
#include "collector/sampler/sample.h"
#include "collector/source/source.h"

namespace vigia::cli {

enum class Mark : uint8_t { ok, warn, fail };
std::string_view to_string(Mark mark);

struct Finding {
    std::string check; // one or two words
    Mark mark = Mark::ok;
    std::string text;   // what was found
    std::string remedy; // what to do about it; empty if nothing has to be done
};

using Findings = std::vector<Finding>;

// Where the host's own files lie; a test shows another host.
struct HostPaths {
    std::string proc = "/proc";
    std::string sys = "/sys";
    std::string modules = "/lib/modules"; // then the kernel's release
};

// The file's text without the last line feed; empty if it cannot be read. At most 64 KiB.
std::string read_text(const std::string& path);
// True if `word` is one of the words of `text`.
bool has_word(std::string_view text, std::string_view word);

// doctor_modules.cpp
Finding check_modules(const HostPaths& paths);
// doctor_kernel_files.cpp: only where the kernel writes the files; `descriptions` is not empty
Findings check_kernel_files(const Sample& sample,
                            const std::vector<source::Description>& descriptions);
// What the file `events` of a directory says of itself.
struct EventsReport {
    std::string path;
    bool is_kernel = false;
    bool is_open = false;
    std::string error;          // why it is not open
    uint64_t features = 0;      // VIGIA_EVENTS_FEATURE bits
    uint64_t dropped_count = 0; // since its writer began
};
// doctor_events.cpp; `origins`: what a publisher with our rights has, unless the kernel writes
EventsReport read_events(const std::string& directory, bool is_kernel);
Finding check_events(const EventsReport& report, const std::vector<publish::EventOrigin>& origins);
// doctor_kernel.cpp
Finding check_pressure(const HostPaths& paths);
Finding check_controllers(const HostPaths& paths);
// doctor_host.cpp
Finding check_privileges(const HostPaths& paths);
Finding check_open_files();
Finding check_clock();
Finding check_locale();
// doctor_source.cpp: the source, the cgroups as it sees them, and the containers
void check_source(Findings& findings);
// doctor_engine.cpp
Finding check_engines(const std::vector<EngineReport>& reports);
// doctor_database.cpp
void check_database(const std::string& path, Findings& findings);

} // namespace vigia::cli
