// SPDX-License-Identifier: MIT
#include "collector/sampler/memory_sampler.h"

#include <string>

#include "collector/source/single_file.h"
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

// The file `memory` of a directory, and nothing else.
class MemoryAlone final : public source::Source {
public:
    explicit MemoryAlone(const std::string& directory)
        : file_(directory + "/memory", VIGIA_FILE_MEMORY) {}
    Status refresh(uint64_t) override { return {}; }
    Result<source::Snapshots> acquire() override {
        return Error(ErrorKind::not_found, "only the memory is here");
    }
    Result<vigia_view> acquire_memory(uint64_t max_age_ns) override {
        return file_.acquire(max_age_ns);
    }
    std::string description() const override { return file_.path(); }

private:
    source::SingleFile file_;
};

constexpr uint64_t page_size_bytes = 16'384;

const MemorySample& take(MemorySampler& sampler, MemoryAlone& source) {
    const auto sample = sampler.take(source, 0, page_size_bytes);
    if (!sample) {
        FAIL(sample.error().message());
    }
    return **sample;
}

TEST_CASE("rates of the memory are taken over the writer's own interval") {
    const TemporaryDirectory scratch;
    AbiWriter writer(scratch.file("memory"), VIGIA_FILE_MEMORY, 4);
    MemoryAlone source(scratch.path());
    MemorySampler sampler;
    vigia_memory record{};
    record.page_faults = 100;
    record.scanned_direct_pages = 1;
    publish(writer, 1'000'000'000, record);
    CHECK_FALSE(take(sampler, source).rates.known);
    record.page_faults = 300;
    record.scanned_direct_pages = 2;
    record.scanned_kswapd_pages = 1;
    record.freed_pages = 5;
    publish(writer, 3'000'000'000, record);
    const MemorySample& sample = take(sampler, source);
    CHECK(sample.rates.known);
    CHECK(sample.interval_ns == 2'000'000'000);
    CHECK(sample.rates.page_faults_per_second == 100);
    CHECK(sample.rates.scanned_bytes_per_second == static_cast<double>(page_size_bytes));
    CHECK(sample.record.freed_pages == 5);
    REQUIRE(sample.zones.size() == 1);
    CHECK(std::string(sample.zones[0].name).size() == VIGIA_ZONE_NAME_SIZE_BYTES - 1);
    // nothing new: the same sample with its rates
    CHECK(take(sampler, source).rates.page_faults_per_second == 100);
}

TEST_CASE("a counter that went back and another writer give no rate") {
    const TemporaryDirectory scratch;
    MemoryAlone source(scratch.path());
    MemorySampler sampler;
    vigia_memory record{};
    record.oom_kills = record.page_faults = 100;
    {
        AbiWriter writer(scratch.file("memory"), VIGIA_FILE_MEMORY, 4, 1);
        publish(writer, 1'000'000'000, record);
        take(sampler, source);
        record.page_faults = 50;
        publish(writer, 2'000'000'000, record);
        CHECK(take(sampler, source).rates.page_faults_per_second == 0);
        writer.mark_dead();
    }
    AbiWriter other(scratch.file("memory"), VIGIA_FILE_MEMORY, 4, 2);
    record.page_faults = 1000;
    publish(other, 3'000'000'000, record);
    const MemorySample& sample = take(sampler, source);
    CHECK_FALSE(sample.rates.known);
    CHECK(sample.rates.page_faults_per_second == 0);
    CHECK(sample.record.page_faults == 1000);
}

TEST_CASE("a source without memory says so, and another one is read at once") {
    const TemporaryDirectory without;
    const TemporaryDirectory with;
    MemoryAlone empty(without.path());
    MemoryAlone source(with.path());
    MemorySampler sampler;
    const auto none = sampler.take(empty, 0, page_size_bytes);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind() == ErrorKind::not_found);
    AbiWriter writer(with.file("memory"), VIGIA_FILE_MEMORY, 4);
    publish(writer, 1, {});
    CHECK(take(sampler, source).nodes.empty());
}

} // namespace
} // namespace vigia::sampler
