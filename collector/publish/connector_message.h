// SPDX-License-Identifier: MIT
// Messages of the kernel's process connector (linux/cn_proc.h), from their bytes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "collector/publish/netlink.h"

namespace vigia::publish {

enum class ProcessMessageKind : uint8_t { acknowledgement, fork, exec, user, comm, exit, other };

struct ProcessMessage {
    ProcessMessageKind kind = ProcessMessageKind::other;
    uint32_t cpu = 0;
    uint32_t sequence = 0;    // counts the messages of this CPU
    uint64_t time_ns = 0;     // CLOCK_MONOTONIC
    uint32_t pid = 0;         // of the thread; of a fork the child's
    uint32_t tgid = 0;        // of its process; of a fork the child's
    uint32_t parent_tgid = 0; // fork and exit; 0: unknown
    uint32_t value = 0;       // exit: as wait() has it; user: real uid; acknowledgement: errno
    std::array<char, 16> comm{};
};

// `payload` is that of a netlink message. False if it is none of the process connector's, or
// shorter than its kind needs.
bool parse_process_message(Bytes payload, ProcessMessage& message);

// "Send me everything", or "no more".
std::vector<std::byte> connector_request(bool listen, uint32_t sequence);

// Messages that one CPU sent and that did not come: the gaps in its numbers. The first message of a
// CPU begins its count.
class ConnectorGaps {
public:
    // How many are missing before this one.
    uint64_t missing_before(const ProcessMessage& message);

private:
    struct Cpu {
        bool known = false;
        uint32_t next = 0;
    };
    std::vector<Cpu> cpus_;
};

} // namespace vigia::publish
