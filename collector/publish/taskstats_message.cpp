// SPDX-License-Identifier: MIT
#include "collector/publish/taskstats_message.h"

#include <linux/genetlink.h>
#include <linux/taskstats.h>

#include <algorithm>

namespace vigia::publish {
namespace {

constexpr uint64_t us = 1'000;
constexpr uint64_t kib = 1'024;
constexpr uint64_t tick_maximum_ns = 10'000'000; // of kernels built for 100 ticks a second
constexpr uint8_t flag_group = 0x20;             // AGROUP of linux/acct.h
constexpr uint16_t version_group = 12;           // from here on ac_tgid and AGROUP are there
constexpr std::size_t least_bytes = offsetof(taskstats, ac_utimescaled); // all that is read always

std::vector<std::byte> request(uint8_t command) {
    const genlmsghdr head{command, 1, 0};
    std::vector<std::byte> bytes(sizeof(head));
    std::memcpy(bytes.data(), &head, sizeof(head));
    return bytes;
}

// The attribute's struct, as far as this kernel's goes; what it lacks is zero.
bool read_stats(Bytes payload, taskstats& stats) {
    if (payload.size() < least_bytes) {
        return false;
    }
    std::memcpy(static_cast<void*>(&stats), payload.data(),
                std::min(payload.size(), sizeof(stats)));
    return true;
}

// The scheduler charges a thread at ticks and switches; most short lives end before the first. One
// that never slept has run all the time but when it waited for a CPU. (A longer rest than between
// two ticks was something else: its control group's limit.)
uint64_t runtime_of(const taskstats& stats) {
    const uint64_t charged_ns = stats.cpu_run_virtual_total;
    const uint64_t age_ns = stats.ac_etime * us;
    if (stats.nvcsw != 0 || stats.cpu_count == 0 || age_ns < stats.cpu_delay_total) {
        return charged_ns;
    }
    const uint64_t awake_ns = age_ns - stats.cpu_delay_total;
    return awake_ns > charged_ns && awake_ns - charged_ns <= tick_maximum_ns ? awake_ns
                                                                             : charged_ns;
}

bool fill_thread(uint32_t tid, const taskstats& stats, ThreadUsage& usage) {
    if (stats.ac_pid != tid || tid == 0) { // a struct that we do not know
        return false;
    }
    usage.tid = tid;
    usage.parent_pid = stats.ac_ppid;
    usage.uid = stats.ac_uid;
    usage.status = stats.ac_exitcode;
    usage.age_ns = stats.ac_etime * us;
    usage.charged_ns = stats.cpu_run_virtual_total;
    usage.runtime_ns = runtime_of(stats);
    usage.user_ns = stats.ac_utime * us;
    usage.system_ns = stats.ac_stime * us;
    usage.rss_peak_bytes = stats.hiwater_rss * kib;
    usage.minor_faults = stats.ac_minflt;
    usage.major_faults = stats.ac_majflt;
    usage.read_bytes = stats.read_bytes;
    usage.write_bytes = stats.write_bytes;
    usage.read_calls = stats.read_syscalls;
    usage.write_calls = stats.write_syscalls;
    std::memcpy(usage.comm.data(), stats.ac_comm, usage.comm.size());
    usage.tells_end = stats.version >= version_group && stats.ac_tgid != 0;
    if (usage.tells_end) {
        usage.tgid = stats.ac_tgid;
        usage.is_end = (stats.ac_flag & flag_group) != 0;
        usage.process_age_ns = stats.ac_tgetime * us;
    }
    return true;
}

// An aggregate: who, and what was used.
struct Aggregate {
    bool has_id = false;
    bool has_stats = false;
    uint32_t id = 0;
    taskstats stats{};
};

bool parse_aggregate(Bytes bytes, uint16_t id_type, Aggregate& aggregate) {
    NetlinkAttribute attribute;
    bool whole = false;
    while (take_attribute(bytes, attribute, whole)) {
        if (attribute.type == id_type) {
            aggregate.has_id = read_at(attribute.payload, 0, aggregate.id);
        } else if (attribute.type == TASKSTATS_TYPE_STATS) {
            aggregate.has_stats = read_stats(attribute.payload, aggregate.stats);
        }
    }
    return whole && aggregate.has_id && aggregate.has_stats;
}

} // namespace

bool parse_thread_usage(Bytes payload, ThreadUsage& usage) {
    genlmsghdr head{};
    usage = {};
    if (!read_at(payload, 0, head) || head.cmd != TASKSTATS_CMD_NEW) {
        return false;
    }
    Bytes bytes = payload.subspan(sizeof(head));
    NetlinkAttribute attribute;
    bool whole = false;
    bool has_thread = false;
    while (take_attribute(bytes, attribute, whole)) {
        Aggregate part;
        if (attribute.type == TASKSTATS_TYPE_AGGR_PID) {
            has_thread = parse_aggregate(attribute.payload, TASKSTATS_TYPE_PID, part) &&
                         fill_thread(part.id, part.stats, usage);
        } else if (attribute.type == TASKSTATS_TYPE_AGGR_TGID && has_thread) {
            if (!parse_aggregate(attribute.payload, TASKSTATS_TYPE_TGID, part) ||
                (usage.tgid != 0 && usage.tgid != part.id)) {
                return false;
            }
            usage.tgid = part.id;
            usage.has_process = true;
            usage.process_charged_ns = part.stats.cpu_run_virtual_total;
        }
    }
    return whole && has_thread;
}

uint16_t parse_family(Bytes payload) {
    genlmsghdr head{};
    if (!read_at(payload, 0, head)) {
        return 0;
    }
    Bytes bytes = payload.subspan(sizeof(head));
    NetlinkAttribute attribute;
    bool whole = false;
    while (take_attribute(bytes, attribute, whole)) {
        uint16_t number = 0;
        if (attribute.type == CTRL_ATTR_FAMILY_ID && read_at(attribute.payload, 0, number)) {
            return number;
        }
    }
    return 0;
}

std::vector<std::byte> family_request() {
    std::vector<std::byte> bytes = request(CTRL_CMD_GETFAMILY);
    put_attribute(bytes, CTRL_ATTR_FAMILY_NAME,
                  Bytes(reinterpret_cast<const std::byte*>(TASKSTATS_GENL_NAME),
                        sizeof(TASKSTATS_GENL_NAME)));
    return bytes;
}

std::vector<std::byte> register_request(std::string_view cpus, bool on) {
    std::vector<std::byte> bytes = request(TASKSTATS_CMD_GET);
    std::vector<std::byte> text(cpus.size() + 1); // with its NUL
    std::memcpy(text.data(), cpus.data(), cpus.size());
    put_attribute(bytes,
                  on ? TASKSTATS_CMD_ATTR_REGISTER_CPUMASK : TASKSTATS_CMD_ATTR_DEREGISTER_CPUMASK,
                  text);
    return bytes;
}

std::vector<std::byte> usage_request(uint32_t tid) {
    std::vector<std::byte> bytes = request(TASKSTATS_CMD_GET);
    put_attribute(bytes, TASKSTATS_CMD_ATTR_PID,
                  Bytes(reinterpret_cast<const std::byte*>(&tid), sizeof(tid)));
    return bytes;
}

} // namespace vigia::publish
