// SPDX-License-Identifier: MIT
// The two netlink interfaces that tell of processes: the connector (what happens) and taskstats
// (what the dead had used). Both want CAP_NET_ADMIN in the initial namespaces; since Linux 6.6 the
// connector answers everybody there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/publish/connector_message.h"
#include "collector/publish/event_origin.h"
#include "collector/publish/netlink.h"
#include "collector/publish/taskstats_message.h"

namespace vigia::publish {

// One thread, as the classes below.
class ProcessConnector {
public:
    // Subscribed, and answered; else the reason in `absence`. Takes a tenth of a second where the
    // kernel does not answer.
    static std::unique_ptr<ProcessConnector> open(std::size_t buffer_bytes, Absence& absence);
    ~ProcessConnector(); // unsubscribes
    ProcessConnector(const ProcessConnector&) = delete;
    ProcessConnector& operator=(const ProcessConnector&) = delete;

    int descriptor() const { return socket_.descriptor(); }
    // Appends what is there, a bounded number of messages; none: that was all. Adds to `lost` how
    // many messages did not come, of any kind and of threads too: known exactly as soon as a later
    // one of their CPU came.
    Receipt receive(std::vector<ProcessMessage>& messages, uint64_t& lost);
    uint64_t malformed() const { return malformed_ + socket_.refused(); }

private:
    explicit ProcessConnector(NetlinkSocket socket) : socket_(std::move(socket)) {}
    bool subscribe(Absence& absence);

    NetlinkSocket socket_;
    ConnectorGaps gaps_;
    bool subscribed_ = false;
    uint64_t malformed_ = 0;
};

class TaskStatistics {
public:
    static std::unique_ptr<TaskStatistics> open(std::size_t buffer_bytes, Absence& absence);
    ~TaskStatistics(); // the kernel forgets a listener that is gone
    TaskStatistics(const TaskStatistics&) = delete;
    TaskStatistics& operator=(const TaskStatistics&) = delete;

    int descriptor() const { return socket_.descriptor(); }
    // Which fields this kernel fills, by what it says of ourselves.
    bool has_runtime() const { return has_runtime_; }
    bool has_memory() const { return has_memory_; } // peak RSS and I/O: CONFIG_TASK_XACCT
    bool tells_end() const { return tells_end_; }
    // Appends what is there, a bounded number of records; none: that was all.
    Receipt receive(std::vector<ThreadUsage>& usages);
    uint64_t malformed() const { return malformed_ + socket_.refused(); }

private:
    explicit TaskStatistics(NetlinkSocket socket) : socket_(std::move(socket)) {}
    int find_family();
    int ask(const std::vector<std::byte>& request, std::optional<ThreadUsage>& answer);
    bool examine(Absence& absence);

    NetlinkSocket socket_;
    uint16_t family_ = 0;
    bool has_runtime_ = false;
    bool has_memory_ = false;
    bool tells_end_ = false;
    uint64_t malformed_ = 0;
};

} // namespace vigia::publish
