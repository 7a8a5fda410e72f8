// SPDX-License-Identifier: MIT
#include "collector/publish/connector_message.h"

#include <linux/connector.h>

#include "collector/base/limits.h"

namespace vigia::publish {
namespace {

// linux/cn_proc.h, whose names moved out of a struct in Linux 6.6.
constexpr uint32_t event_acknowledgement = 0;
constexpr uint32_t event_fork = 0x1;
constexpr uint32_t event_exec = 0x2;
constexpr uint32_t event_user = 0x4;
constexpr uint32_t event_comm = 0x200;
constexpr uint32_t event_exit = 0x80000000;
constexpr uint32_t mcast_listen = 1;
constexpr uint32_t mcast_ignore = 2;

// struct proc_event begins with what, cpu and timestamp_ns; then comes what belongs to the kind.
constexpr std::size_t what_offset = 0;
constexpr std::size_t cpu_offset = 4;
constexpr std::size_t time_offset = 8;
constexpr std::size_t body_offset = 16;

// A jump backwards, or by more than this, is no loss but a count that began anew.
constexpr uint32_t gap_maximum = 1U << 30;

bool read_words(Bytes event, std::size_t index, uint32_t& first, uint32_t& second) {
    return read_at(event, body_offset + index * 4, first) &&
           read_at(event, body_offset + (index + 1) * 4, second);
}

// struct exit_proc_event: pid, tgid, exit_code, exit_signal, and since 4.18 the parent's.
bool parse_exit(Bytes event, ProcessMessage& message) {
    uint32_t signal_to_parent = 0;
    uint32_t parent_pid = 0;
    const bool whole = read_words(event, 0, message.pid, message.tgid) &&
                       read_words(event, 2, message.value, signal_to_parent);
    if (!read_words(event, 4, parent_pid, message.parent_tgid)) {
        message.parent_tgid = 0;
    }
    return whole;
}

bool parse_body(uint32_t what, Bytes event, ProcessMessage& message) {
    using Kind = ProcessMessageKind;
    uint32_t unused = 0;
    switch (what) {
    case event_acknowledgement:
        message.kind = Kind::acknowledgement;
        return read_at(event, body_offset, message.value);
    case event_fork:
        message.kind = Kind::fork;
        return read_words(event, 0, unused, message.parent_tgid) &&
               read_words(event, 2, message.pid, message.tgid);
    case event_exec:
        message.kind = Kind::exec;
        return read_words(event, 0, message.pid, message.tgid);
    case event_user:
        message.kind = Kind::user;
        return read_words(event, 0, message.pid, message.tgid) &&
               read_at(event, body_offset + 8, message.value);
    case event_comm:
        message.kind = Kind::comm;
        return read_words(event, 0, message.pid, message.tgid) &&
               read_at(event, body_offset + 8, message.comm);
    case event_exit:
        message.kind = Kind::exit;
        return parse_exit(event, message);
    default:
        message.kind = Kind::other;
        return true;
    }
}

} // namespace

bool parse_process_message(Bytes payload, ProcessMessage& message) {
    cn_msg head{};
    if (!read_at(payload, 0, head) || head.id.idx != CN_IDX_PROC || head.id.val != CN_VAL_PROC ||
        head.len > payload.size() - sizeof(head)) {
        return false;
    }
    const Bytes event = payload.subspan(sizeof(head), head.len);
    uint32_t what = 0;
    message = {};
    message.sequence = head.seq;
    const bool known =
        read_at(event, what_offset, what) && read_at(event, cpu_offset, message.cpu) &&
        read_at(event, time_offset, message.time_ns) && parse_body(what, event, message);
    const bool about_somebody = message.kind != ProcessMessageKind::acknowledgement &&
                                message.kind != ProcessMessageKind::other;
    return known && (!about_somebody || (message.pid != 0 && message.tgid != 0));
}

std::vector<std::byte> connector_request(bool listen, uint32_t sequence) {
    cn_msg head{};
    head.id = {CN_IDX_PROC, CN_VAL_PROC};
    head.seq = sequence;
    const uint32_t operation = listen ? mcast_listen : mcast_ignore;
    head.len = sizeof(operation);
    std::vector<std::byte> bytes(sizeof(head) + sizeof(operation));
    std::memcpy(bytes.data(), &head, sizeof(head));
    std::memcpy(bytes.data() + sizeof(head), &operation, sizeof(operation));
    return bytes;
}

uint64_t ConnectorGaps::missing_before(const ProcessMessage& message) {
    if (message.cpu >= limits::cpus_maximum) { // answers have none
        return 0;
    }
    if (message.cpu >= cpus_.size()) {
        cpus_.resize(message.cpu + 1);
    }
    Cpu& cpu = cpus_[message.cpu];
    const uint32_t gap = message.sequence - cpu.next;
    const bool counts = cpu.known && gap < gap_maximum;
    cpu = {true, message.sequence + 1};
    return counts ? gap : 0;
}

} // namespace vigia::publish
