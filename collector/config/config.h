// SPDX-License-Identifier: MIT
// The configuration of the daemon: one TOML file and its conf.d drop-ins. Unknown keys, wrong types
// and quantities without a unit are refused with file and line; nothing is half applied. All keys
// with their meaning: deploy/vigia.toml.
//
//   /etc/vigia/vigia.toml            (missing: defaults; missing when named by --config: an error)
//   /etc/vigia/conf.d/*.toml         (in byte order, names with a leading dot are passed over)
//
// A later file wins key by key. Rules add up, and so does [protect]: no drop-in can unprotect what
// another one protects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/result.h"
#include "policy/config.h"

namespace vigia::config {

struct StorageSettings {
    bool enabled = true;
    std::string path; // empty: chosen by the service: /var/lib/vigia or the user's state folder
    uint64_t size_cap_bytes = 512ULL << 20;
    uint64_t raw_age_ns = 7ULL * 24 * 3600 * 1'000'000'000;
    uint64_t rollup_age_ns = 365ULL * 24 * 3600 * 1'000'000'000;
    uint32_t processes_largest = 20;
};

struct EngineSettings {
    bool enabled = true;
    std::vector<std::string> sockets; // empty: the usual Docker and Podman sockets that exist
};

// Beside the daemon's work: everything that it sees, whole, for a while.
struct RecordingSettings {
    bool enabled = false;
    std::string directory; // empty: chosen by the service: beside the database's usual place
    uint64_t size_cap_bytes = 256ULL << 20;
    uint64_t age_ns = 7ULL * 24 * 3600 * 1'000'000'000;
};

struct Settings {
    uint64_t interval_ns = 1'000'000'000;
    std::string source = "auto"; // auto, kernel, publisher, or a directory
    std::string run_directory;   // for a publisher's files; empty: chosen by the service
    std::vector<std::string> mounts{"/"};
    StorageSettings storage;
    EngineSettings engine;
    RecordingSettings recording;
    policy::Config policy;
    std::vector<std::string> files; // that were read, in order
};

// All errors at once, one "file:line: key: what was expected" per line; kind usage.
// Text of one file; `name` is for messages. For tests and `--check-config`.
Result<Settings> parse(const std::string& text, const std::string& name);
// `path` and the conf.d beside it; an empty path means /etc/vigia/vigia.toml if it exists.
Result<Settings> load(const std::string& path);
// The classes that exist from the start, and the rules in force when no configuration has any and
// none says `default_rules = false`: the classic behaviour (10 containers, 3 low, 2 high).
const std::string& default_rules_toml();

} // namespace vigia::config
