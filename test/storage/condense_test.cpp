// SPDX-License-Identifier: MIT
// Which rows are kept of a sample, and that nothing is lost from the sums.
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "storage/condense.h"
#include "storage/sqlite.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

std::unique_ptr<Batch> condensed(const Sample& sample, uint32_t processes_largest = 2) {
    auto batch = std::make_unique<Batch>();
    condense(sample, processes_largest, *batch);
    return batch;
}

int64_t sum(const Batch& batch, std::size_t column) {
    int64_t total = 0;
    for (uint32_t i = 0; i < batch.process_count; i++) {
        int64_t value = batch.processes[i].values[column];
        total += value == unknown ? 0 : value;
    }
    return total;
}

bool has_pid(const Batch& batch, uint32_t pid) {
    for (uint32_t i = 0; i < batch.process_count; i++) {
        if (batch.processes[i].pid == pid) {
            return true;
        }
    }
    return false;
}

} // namespace

TEST_CASE("active processes and the largest have rows, all others share one", "[condense]") {
    SampleMaker maker;
    maker.process(10, 0.5, 1 << 20);
    maker.process(20, 0, 900 << 20);
    maker.process(30, 0, 800 << 20);
    maker.process(40, 0, 3 << 20);
    maker.process(50, 0, 4 << 20);
    auto batch = condensed(maker.at_ts(start_ts));
    REQUIRE(batch->process_count == 4);
    CHECK(has_pid(*batch, 10));
    CHECK(has_pid(*batch, 20));
    CHECK(has_pid(*batch, 30));
    const ProcessRow& rest = batch->processes[3];
    CHECK(rest.pid == 0);
    CHECK(rest.values[process_column::rss_bytes] == 7 << 20);
    CHECK(rest.values[process_column::cpu_ns] == 0);
    CHECK(rest.values[process_column::tasks] == 2);
}

TEST_CASE("what ended is in the row of all others, so that sums stay true", "[condense]") {
    SampleMaker maker;
    maker.process(10, 0.5, 1 << 20);
    maker.container(std::string(64, 'a'), "web");
    maker.at_ts(start_ts);
    ExitRates ended;
    ended.known = true;
    ended.count = 40;
    ended.short_lived_count = 30;
    ended.cpu_ratio = 0.25;
    ended.major_faults_per_second = 3;
    maker.sample().system.exits = ended;
    maker.sample().lost_events = 2;
    auto batch = condensed(maker.sample());
    CHECK(sum(*batch, process_column::cpu_ns) == 750'000'000);
    CHECK(sum(*batch, process_column::major_faults) == 3);
    REQUIRE(batch->process_count == 2);
    CHECK(batch->processes[1].pid == 0);
    CHECK(batch->system[system_column::exits] == 40);
    CHECK(batch->system[system_column::short_lived] == 30);
    CHECK(batch->system[system_column::exits_cpu_ns] == 250'000'000);
    CHECK(batch->system[system_column::lost_events] == 2);
    CHECK(batch->containers[0].values[container_column::exits] == unknown); // nobody told
}

TEST_CASE("where nobody tells what ended it is unknown, and no row is made for it", "[condense]") {
    SampleMaker maker;
    maker.process(10, 0.5, 1 << 20);
    auto batch = condensed(maker.at_ts(start_ts));
    CHECK(batch->process_count == 1);
    CHECK(batch->system[system_column::exits] == unknown);
    CHECK(batch->system[system_column::exits_cpu_ns] == unknown);
    CHECK(batch->system[system_column::lost_events] == unknown);
}

TEST_CASE("a process that only reads, writes, faults or waits for a CPU is active", "[condense]") {
    SampleMaker maker;
    maker.process(1, 0, 0).rates.read_bytes_per_second = 10;
    maker.process(2, 0, 0).rates.write_bytes_per_second = 10;
    maker.process(3, 0, 0).rates.major_faults_per_second = 1;
    maker.process(4, 0, 0).rates.run_delay_ratio = 0.1;
    maker.process(5, 0, 0);
    auto batch = condensed(maker.at_ts(start_ts), 0);
    CHECK(batch->process_count == 5);
    CHECK(!has_pid(*batch, 5));
}

TEST_CASE("for every column the sum of the rows is the sum of all processes", "[condense]") {
    auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 40; round++) {
        SampleMaker maker;
        std::size_t count = random() % 2'000;
        int64_t cpu = 0;
        int64_t rss = 0;
        int64_t written = 0;
        uint64_t interval_ns = 100'000'000 + random() % 3'000'000'000;
        for (std::size_t i = 0; i < count; i++) {
            double ratio = random() % 2 == 0 ? 0 : static_cast<double>(random() % 100'000) / 1e5;
            ProcessSample& process =
                maker.process(static_cast<uint32_t>(i + 1), ratio, random() % (1 << 30));
            process.rates.write_bytes_per_second =
                random() % 3 == 0 ? static_cast<double>(random() % 1'000'000) / 7 : 0;
            auto ns = static_cast<double>(interval_ns);
            cpu += std::llround(ratio * ns);
            written += std::llround(process.rates.write_bytes_per_second * (ns / 1e9));
            rss += static_cast<int64_t>(process.record.rss_bytes);
        }
        auto largest = static_cast<uint32_t>(random() % 40);
        auto batch = condensed(maker.at(start_ts * second_ns, interval_ns), largest);
        CHECK(batch->process_count <= limits::store_process_rows_per_tick + 1);
        CHECK(sum(*batch, process_column::cpu_ns) == cpu);
        CHECK(sum(*batch, process_column::rss_bytes) == rss);
        CHECK(sum(*batch, process_column::write_bytes) == written);
        CHECK(sum(*batch, process_column::tasks) == static_cast<int64_t>(count));
    }
}

TEST_CASE("with more active processes than rows the busiest keep theirs", "[condense]") {
    SampleMaker maker;
    uint32_t count = 3 * limits::store_process_rows_per_tick;
    for (uint32_t i = 1; i <= count; i++) {
        maker.process(i, i / 1e4, 1 << 20);
    }
    maker.process(count + 1, 0, 1 << 30); // idle and large
    auto batch = condensed(maker.at_ts(start_ts), 1);
    CHECK(batch->process_count == limits::store_process_rows_per_tick + 1);
    CHECK(has_pid(*batch, count));
    CHECK(has_pid(*batch, count + 1));
    CHECK(!has_pid(*batch, 1));
}

TEST_CASE("what is not known is stored as not known, never as zero", "[condense]") {
    SampleMaker maker;
    maker.process(1, 0, 1 << 20).record.valid &= ~VIGIA_PROCESS_VALID_IO;
    maker.process(2, 0, 1 << 20).rates.known = false;
    maker.sample().system.rates.known = false;
    auto batch = condensed(maker.at_ts(start_ts), 2);
    CHECK(batch->processes[0].values[process_column::read_bytes] == unknown);
    CHECK(batch->processes[0].values[process_column::cpu_ns] == 0);
    CHECK(batch->processes[1].values[process_column::cpu_ns] == unknown);
    CHECK(batch->processes[1].values[process_column::rss_bytes] == 1 << 20);
    CHECK(batch->system[system_column::cpu_ns] == unknown);
    CHECK(batch->system[system_column::memory_total_bytes] == 8LL << 30);
}

TEST_CASE("rates and counters that make no sense are held within bounds", "[condense]") {
    SampleMaker maker;
    ProcessSample& process = maker.process(1, std::numeric_limits<double>::infinity(), UINT64_MAX);
    process.rates.read_bytes_per_second = std::numeric_limits<double>::quiet_NaN();
    process.rates.write_bytes_per_second = -5;
    maker.process(2, 1e300, UINT64_MAX);
    maker.process(3, 0, UINT64_MAX);
    auto batch = condensed(maker.at(start_ts * second_ns, UINT64_MAX), 1);
    CHECK(batch->processes[0].values[process_column::cpu_ns] == INT64_MAX);
    CHECK(batch->processes[0].values[process_column::read_bytes] == 0);
    CHECK(batch->processes[0].values[process_column::write_bytes] == 0);
}

TEST_CASE("containers beyond the bound share one row", "[condense]") {
    SampleMaker maker;
    std::size_t count = limits::store_container_rows_per_tick + 10;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; i++) {
        maker.container("c" + std::to_string(i));
    }
    maker.container("exited").has_cgroup = false;
    auto batch = condensed(maker.at_ts(start_ts));
    REQUIRE(batch->container_count == limits::store_container_rows_per_tick + 1);
    const ContainerRow& rest = batch->containers[batch->container_count - 1];
    CHECK(rest.identity.id.size_bytes == 0);
    CHECK(rest.values[container_column::cpu_ns] == 10 * 500'000'000LL);
    CHECK(rest.values[container_column::memory_bytes] == 10 * (100LL << 20));
    CHECK(batch->system[system_column::containers] == static_cast<int64_t>(count));
}

TEST_CASE("the longest names of as many rows as there can be all fit", "[condense]") {
    SampleMaker maker;
    std::string text(10'000, 'x');
    for (std::size_t i = 0; i < limits::store_container_rows_per_tick; i++) {
        maker.container(text, text, text);
    }
    for (uint32_t i = 1; i <= limits::store_process_rows_per_tick; i++) {
        maker.process(i, 0.1, 1 << 20, "w", text);
    }
    auto batch = condensed(maker.at_ts(start_ts));
    CHECK(batch->text_size_bytes <= sizeof(batch->text));
    const ContainerRow& last = batch->containers[limits::store_container_rows_per_tick - 1];
    CHECK(last.identity.id.size_bytes == limits::container_name_bytes);
    CHECK(last.identity.image.size_bytes == limits::image_name_bytes);
    const ProcessRow& process = batch->processes[batch->process_count - 2];
    CHECK(process.command_line.size_bytes == limits::store_command_line_bytes);
}
