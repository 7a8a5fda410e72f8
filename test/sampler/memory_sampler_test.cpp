// SPDX-License-Identifier: MIT
#include "collector/sampler/memory_sampler.h"

#include <unistd.h>

#include "test/support/abi_writer.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia::sampler {
namespace {

using test::AbiWriter;
using test::TemporaryDirectory;

void publish(AbiWriter& writer, uint64_t at_ns, const vigia_memory& record) {
    writer.begin();
    writer.slot().begin_monotonic_ns = at_ns;
    writer.add(VIGIA_MEMORY_REGION, record);
    vigia_memory_zone zone{};
    zone.free_bytes = at_ns;
    std::memset(zone.name, 'x', sizeof(zone.name)); // a writer that forgot the end
    writer.add(VIGIA_MEMORY_REGION_ZONES, zone);
    writer.publish();
}

const MemorySample& take(MemorySampler& sampler, const std::string& directory) {
    const auto sample = sampler.take(directory, 0);
    if (!sample) {
        FAIL(sample.error().message());
    }
    return **sample;
}

TEST_CASE("rates of the memory are taken over the writer's own interval") {
    const TemporaryDirectory scratch;
    AbiWriter writer(scratch.file("memory"), VIGIA_FILE_MEMORY, 4);
    MemorySampler sampler;
    vigia_memory record{};
    record.page_faults = 100;
    record.scanned_direct_pages = 1;
    publish(writer, 1'000'000'000, record);
    CHECK_FALSE(take(sampler, scratch.path()).rates.known);
    record.page_faults = 300;
    record.scanned_direct_pages = 2;
    record.scanned_kswapd_pages = 1;
    record.freed_pages = 5;
    publish(writer, 3'000'000'000, record);
    const MemorySample& sample = take(sampler, scratch.path());
    CHECK(sample.rates.known);
    CHECK(sample.interval_ns == 2'000'000'000);
    CHECK(sample.rates.page_faults_per_second == 100);
    CHECK(sample.rates.scanned_bytes_per_second == static_cast<double>(::sysconf(_SC_PAGESIZE)));
    CHECK(sample.record.freed_pages == 5);
    REQUIRE(sample.zones.size() == 1);
    CHECK(std::string(sample.zones[0].name).size() == VIGIA_ZONE_NAME_SIZE_BYTES - 1);
    // nothing new: the same sample with its rates
    CHECK(take(sampler, scratch.path()).rates.page_faults_per_second == 100);
}

TEST_CASE("a counter that went back and another writer give no rate") {
    const TemporaryDirectory scratch;
    MemorySampler sampler;
    vigia_memory record{};
    record.oom_kills = record.page_faults = 100;
    {
        AbiWriter writer(scratch.file("memory"), VIGIA_FILE_MEMORY, 4, 1);
        publish(writer, 1'000'000'000, record);
        take(sampler, scratch.path());
        record.page_faults = 50;
        publish(writer, 2'000'000'000, record);
        CHECK(take(sampler, scratch.path()).rates.page_faults_per_second == 0);
        writer.mark_dead();
    }
    AbiWriter other(scratch.file("memory"), VIGIA_FILE_MEMORY, 4, 2);
    record.page_faults = 1000;
    publish(other, 3'000'000'000, record);
    const MemorySample& sample = take(sampler, scratch.path());
    CHECK_FALSE(sample.rates.known);
    CHECK(sample.rates.page_faults_per_second == 0);
    CHECK(sample.record.page_faults == 1000);
}

TEST_CASE("a directory without memory says so, and another one is read at once") {
    const TemporaryDirectory without;
    const TemporaryDirectory with;
    MemorySampler sampler;
    const auto none = sampler.take(without.path(), 0);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind() == ErrorKind::not_found);
    AbiWriter writer(with.file("memory"), VIGIA_FILE_MEMORY, 4);
    publish(writer, 1, {});
    CHECK(take(sampler, with.path()).nodes.empty());
}

} // namespace
} // namespace vigia::sampler
