// SPDX-License-Identifier: MIT
// Messages of the connector and of taskstats from their bytes, well-formed and not. Every buffer is
// exactly as long as it says, so that AddressSanitizer sees a byte too far.
#include <algorithm>
#include <memory>
#include <random>

#include "collector/publish/connector_message.h"
#include "collector/publish/taskstats_message.h"
#include "test/publish/event_bytes.h"
#include "test/support/catch.h"

using namespace vigia::publish;
using namespace vigia::test;

namespace {

constexpr uint32_t fork_event = 0x1;
constexpr uint32_t exec_event = 0x2;
constexpr uint32_t user_event = 0x4;
constexpr uint32_t comm_event = 0x200;
constexpr uint32_t exit_event = 0x80000000;

// On the heap, in a block of its own of just this length.
class Exact {
public:
    explicit Exact(Bytes bytes) : size_(bytes.size()), bytes_(new std::byte[size_]) {
        std::copy(bytes.begin(), bytes.end(), bytes_.get());
    }
    Bytes bytes() const { return {bytes_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> bytes_;
};

bool parses(Bytes bytes, ProcessMessage& message) {
    return parse_process_message(Exact(bytes).bytes(), message);
}

bool parses(Bytes bytes, ThreadUsage& usage) {
    return parse_thread_usage(Exact(bytes).bytes(), usage);
}

ByteList wrapped(const ByteList& payload) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<uint32_t>(sizeof(header) + payload.size());
    ByteList bytes;
    put(bytes, header);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

std::vector<ByteList> connector_samples() {
    return {connector_bytes(fork_event, 1, 7, 100, {10, 10, 20, 20, 0, 0}),
            connector_bytes(exec_event, 1, 8, 110, {20, 20, 0, 0, 0, 0}),
            connector_bytes(user_event, 0, 9, 120, {20, 20, 33, 34, 0, 0}),
            connector_bytes(comm_event, 0, 10, 130, {20, 20, 0x6c697665, 0, 0, 0}),
            connector_bytes(exit_event, 1, 11, 140, {20, 20, 0x700, 17, 10, 10}),
            connector_bytes(0, 0xffffffff, 1, 150, {1, 0, 0, 0, 0, 0})};
}

} // namespace

TEST_CASE("a message of the connector says who, when and what") {
    const auto samples = connector_samples();
    ProcessMessage message;
    REQUIRE(parses(samples[0], message));
    CHECK(message.kind == ProcessMessageKind::fork);
    CHECK(message.parent_tgid == 10);
    CHECK(message.pid == 20);
    CHECK(message.time_ns == 100);
    CHECK(message.cpu == 1);
    CHECK(message.sequence == 7);
    REQUIRE(parses(samples[2], message));
    CHECK(message.value == 33);
    REQUIRE(parses(samples[3], message));
    CHECK(std::string(message.comm.data()) == "evil");
    REQUIRE(parses(samples[4], message));
    CHECK(message.kind == ProcessMessageKind::exit);
    CHECK(message.value == 0x700);
    CHECK(message.parent_tgid == 10);
    REQUIRE(parses(samples[5], message));
    CHECK(message.kind == ProcessMessageKind::acknowledgement);
    CHECK(message.value == 1);
}

TEST_CASE("an exit of a kernel that does not name the parent is an exit all the same") {
    ProcessMessage message;
    REQUIRE(parses(connector_bytes(exit_event, 0, 1, 5, {20, 20, 9, 17}), message));
    CHECK(message.parent_tgid == 0);
    CHECK(message.value == 9);
}

TEST_CASE("a message of the connector cut at any byte is refused") {
    for (const ByteList& sample : connector_samples()) {
        for (std::size_t size = 0; size < sample.size(); ++size) {
            ProcessMessage message;
            CHECK_FALSE(parses(Bytes(sample).first(size), message)); // its length lies
        }
    }
}

TEST_CASE("a message of the connector whose length is honest but too short is refused") {
    for (uint32_t words = 0; words < 4; ++words) {
        ProcessMessage message;
        const std::vector<uint32_t> some(words, 20);
        CHECK_FALSE(parses(connector_bytes(exit_event, 0, 1, 5, some), message));
        CHECK_FALSE(parses(connector_bytes(fork_event, 0, 1, 5, some), message));
        CHECK_FALSE(parses(connector_bytes(comm_event, 0, 1, 5, some), message));
    }
}

TEST_CASE("messages of other connectors, and about nobody, are refused") {
    ProcessMessage message;
    ByteList other = connector_samples()[0];
    other[0] = std::byte{9};
    CHECK_FALSE(parses(other, message));
    CHECK_FALSE(parses(connector_bytes(exit_event, 0, 1, 5, {0, 20, 0, 0, 0, 0}), message));
    CHECK_FALSE(parses(connector_bytes(exec_event, 0, 1, 5, {20, 0, 0, 0, 0, 0}), message));
    REQUIRE(parses(connector_bytes(0x40000000, 0, 1, 5, {20, 20, 0, 0, 0, 0}), message));
    CHECK(message.kind == ProcessMessageKind::other);
}

TEST_CASE("the gaps in a CPU's numbers are what was lost, across the wrap too") {
    ConnectorGaps gaps;
    const auto see = [&gaps](uint32_t cpu, uint32_t sequence) {
        ProcessMessage message;
        message.cpu = cpu;
        message.sequence = sequence;
        return gaps.missing_before(message);
    };
    CHECK(see(0, 100) == 0);
    CHECK(see(0, 101) == 0);
    CHECK(see(1, 5) == 0);
    CHECK(see(0, 105) == 3);
    CHECK(see(1, 6) == 0);
    CHECK(see(0xffffffff, 6) == 0); // an answer, not a CPU
    CHECK(see(1, 3) == 0);          // began anew
    CHECK(see(1, 0xffffffff) == 0);
    CHECK(see(1, 1) == 1);
}

TEST_CASE("an exit record says what its thread used") {
    ThreadUsage usage;
    taskstats stats = stats_of(21, 20);
    stats.ac_flag = 0x20;
    REQUIRE(parses(usage_bytes(stats, 5'000'000), usage));
    CHECK(usage.tid == 21);
    CHECK(usage.tgid == 20);
    CHECK(usage.tells_end);
    CHECK(usage.is_end);
    CHECK(usage.runtime_ns == 1'500'000);
    CHECK(usage.user_ns == 2'000'000);
    CHECK(usage.system_ns == 1'000'000);
    CHECK(usage.rss_peak_bytes == 65'536);
    CHECK(usage.minor_faults == 9);
    CHECK(usage.major_faults == 3);
    CHECK(usage.read_bytes == 4'096);
    CHECK(usage.has_process);
    CHECK(usage.process_charged_ns == 5'000'000);
}

TEST_CASE("a thread that never slept ran whenever it did not wait for a CPU") {
    taskstats stats = stats_of(21, 20);
    const auto runtime_ns = [&stats] {
        ThreadUsage usage;
        REQUIRE(parses(usage_bytes(stats), usage));
        CHECK(usage.charged_ns == stats.cpu_run_virtual_total);
        return usage.runtime_ns;
    };
    stats.cpu_count = 2;
    stats.ac_etime = 9'000;
    stats.cpu_delay_total = 6'000'000;
    stats.cpu_run_virtual_total = 1'500'000;
    CHECK(runtime_ns() == 3'000'000);
    stats.nvcsw = 1;
    CHECK(runtime_ns() == 1'500'000);
    stats.nvcsw = 0;
    stats.ac_etime = 900'000; // held back by a limit
    CHECK(runtime_ns() == 1'500'000);
    stats.ac_etime = 1'000; // less than it waited
    CHECK(runtime_ns() == 1'500'000);
    stats.ac_etime = 9'000;
    stats.cpu_count = 0; // a kernel that does not count waiting
    CHECK(runtime_ns() == 1'500'000);
}

TEST_CASE("an exit record of an older kernel is shorter, and names no process") {
    ThreadUsage usage;
    taskstats stats = stats_of(21, 0);
    stats.version = 10;
    const std::size_t size = offsetof(taskstats, ac_tgid);
    REQUIRE(parses(usage_bytes(stats, 0, size), usage));
    CHECK(usage.tgid == 0);
    CHECK_FALSE(usage.tells_end);
    CHECK(usage.runtime_ns == 1'500'000);
    CHECK_FALSE(parses(usage_bytes(stats, 0, 64), usage)); // no kernel's
}

TEST_CASE("an exit record of a struct that is laid out otherwise is refused") {
    ThreadUsage usage;
    taskstats stats = stats_of(21, 20);
    ByteList bytes = usage_bytes(stats);
    stats.ac_pid = 4711; // what stands where the pid should be
    const auto* moved = reinterpret_cast<const std::byte*>(&stats);
    std::copy(moved, moved + sizeof(stats), bytes.end() - sizeof(stats));
    CHECK_FALSE(parses(bytes, usage));
    CHECK_FALSE(parses(usage_bytes(stats_of(0, 0)), usage));
}

TEST_CASE("an exit record cut at any byte is refused, or is whole without what was cut") {
    const ByteList alone = usage_bytes(stats_of(21, 20));
    const ByteList both = usage_bytes(stats_of(21, 20), 5'000'000);
    for (std::size_t size = 0; size < both.size(); ++size) {
        ThreadUsage usage;
        const bool taken = parses(Bytes(both).first(size), usage);
        CHECK(taken == (size == alone.size()));
    }
}

TEST_CASE("no byte of a message can be changed so that a parser reads past its end") {
    const unsigned seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<ByteList> samples = connector_samples();
    samples.push_back(usage_bytes(stats_of(21, 20), 5'000'000));
    samples.push_back(family_request());
    uint64_t parsed = 0;
    for (const ByteList& sample : samples) {
        for (std::size_t at = 0; at < sample.size(); ++at) {
            for (const unsigned value :
                 {0U, 1U, 3U, 0x7fU, 0x80U, 0xffU, static_cast<unsigned>(random() & 0xffU)}) {
                ByteList changed = sample;
                changed[at] = static_cast<std::byte>(value);
                ProcessMessage message;
                ThreadUsage usage;
                parsed += parses(changed, message) ? 1 : 0;
                parsed += parses(changed, usage) ? 1 : 0;
                parsed += parse_family(Exact(changed).bytes()) != 0 ? 1 : 0;
                const Exact datagram(wrapped(changed));
                Bytes rest = datagram.bytes();
                NetlinkMessage netlink;
                bool whole = false;
                CHECK(take_message(rest, netlink, whole));
            }
        }
    }
    CHECK(parsed > 0);
}

TEST_CASE("a datagram with a message that is longer than it says nothing of what follows") {
    ByteList bytes = wrapped({});
    const ByteList second = wrapped(connector_samples()[0]);
    bytes.insert(bytes.end(), second.begin(), second.end());
    NetlinkMessage message;
    bool whole = false;
    Bytes rest(bytes);
    CHECK(take_message(rest, message, whole));
    CHECK(take_message(rest, message, whole));
    CHECK_FALSE(take_message(rest, message, whole));
    CHECK(whole);
    for (const uint32_t lie : {0U, 15U, 1'000'000U, 0xffffffffU}) {
        std::memcpy(bytes.data(), &lie, sizeof(lie));
        const Exact exact(bytes);
        rest = exact.bytes();
        CHECK_FALSE(take_message(rest, message, whole));
        CHECK_FALSE(whole);
    }
}
