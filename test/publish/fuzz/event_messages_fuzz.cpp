// SPDX-License-Identifier: MIT
// Any bytes as what the kernel sends: messages of the connector and of taskstats, lines of its log.
// What parses is made into events, over a /proc that knows nobody: an end without a start, threads
// of strangers, numbers that come again.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collector/publish/connector_message.h"
#include "collector/publish/oom_log.h"
#include "collector/publish/process_lives.h"
#include "collector/publish/taskstats_message.h"

namespace {

using namespace vigia;
using namespace vigia::publish;

class Nobody final : public ProcessLooker {
public:
    bool look(uint32_t /*pid*/, ProcessLook& /*process*/) override { return false; }
    bool read_user(uint32_t /*pid*/, uint32_t& /*uid*/) override { return false; }
    bool read_cgroup(uint32_t /*pid*/, uint64_t& /*cgroup_id*/) override { return false; }
    std::string_view read_executable(uint32_t /*pid*/) override { return {}; }
    const std::vector<uint32_t>& list(int& error) override {
        error = 0;
        return none_;
    }

private:
    std::vector<uint32_t> none_;
};

class Nowhere final : public EventSink {
    void put(vigia_event event) override {
        if (event.kind == VIGIA_EVENT_NONE) {
            __builtin_trap();
        }
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const Bytes all(reinterpret_cast<const std::byte*>(data), size);
    OomKill kill;
    (void)parse_oom_kill({reinterpret_cast<const char*>(data), size}, kill);
    (void)parse_family(all);
    Nobody looker;
    Nowhere sink;
    ProcessLives lives(looker, sink, 10'000'000, {true, true, true});
    ConnectorGaps gaps;
    Instant now{1'000'000'000, 1'000'000'000, 1'000'000'000};
    NetlinkMessage netlink;
    bool whole = false;
    for (Bytes rest = all; take_message(rest, netlink, whole);) {
        ProcessMessage message;
        ThreadUsage usage;
        now.monotonic_ns += 50'000'000;
        if (parse_process_message(netlink.payload, message)) {
            if (gaps.missing_before(message) > 0) {
                lives.note_loss(now);
            }
            lives.handle(message, now);
        } else if (parse_thread_usage(netlink.payload, usage)) {
            lives.note(usage, now);
        }
        (void)lives.settle(now, static_cast<Connector>(size % 3));
    }
    return 0;
}
