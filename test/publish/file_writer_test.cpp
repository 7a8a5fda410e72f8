// SPDX-License-Identifier: MIT
// The three-slot protocol of the publisher's files against a reader in another process.
#include "collector/publish/file_writer.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include <vigia/reader.h>

#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using publish::Directory;
using publish::FileLayout;
using publish::FileWriter;
using test::TemporaryDirectory;

namespace {

constexpr uint32_t record_count = 64;

FileLayout layout(uint32_t capacity) {
    return {VIGIA_FILE_PROCESSES, {sizeof(vigia_process)}, {capacity}};
}

// A snapshot whose records all carry its number.
void write_snapshot(FileWriter& writer, uint64_t number) {
    writer.begin({});
    auto* records = writer.records<vigia_process>(VIGIA_PROCESSES_REGION);
    for (uint32_t i = 0; i < record_count; ++i) {
        records[i].pid = i + 1;
        records[i].start_time_ns = records[i].cpu_runtime_ns = number;
        records[i].involuntary_switches = number;
    }
    writer.slot().record_count[VIGIA_PROCESSES_REGION] = record_count;
    if (!writer.publish(0)) {
        throw std::runtime_error("publish");
    }
}

// The number of the snapshot, nothing if it was overwritten meanwhile; throws if it is a mixture
// and yet was called valid.
std::optional<uint64_t> read_snapshot(const vigia_file& file) {
    vigia_view view{};
    if (vigia_acquire(&file, &view) == 0) {
        return std::nullopt;
    }
    uint64_t number = 0;
    bool mixed = view.count[0] != record_count;
    for (uint32_t i = 0; i < view.count[0]; ++i) {
        const auto* record = static_cast<const vigia_process*>(vigia_record(&view, 0, i));
        number = i == 0 ? record->start_time_ns : number;
        mixed |= record->start_time_ns != number || record->cpu_runtime_ns != number ||
                 record->involuntary_switches != number;
    }
    if (vigia_still_valid(&view) == 0) {
        return std::nullopt;
    }
    if (mixed) {
        throw std::runtime_error("a mixed snapshot was called valid");
    }
    return number;
}

} // namespace

TEST_CASE("a writer at full speed never lets a mixed snapshot through") {
    const TemporaryDirectory scratch;
    auto directory = Directory::take(scratch.file("v"));
    REQUIRE(directory);
    auto writer = FileWriter::create(*directory, "processes", layout(record_count), 7);
    REQUIRE(writer);
    vigia_file file{};
    REQUIRE(vigia_open(scratch.file("v/processes").c_str(), VIGIA_FILE_PROCESSES, &file) ==
            nullptr);
    const pid_t child = ::fork(); // writes the same mapping until it is killed
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (uint64_t number = 1;; ++number) {
            write_snapshot(*writer, number);
        }
    }
    uint64_t last = 0;
    uint64_t good = 0;
    bool in_order = true;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < end) {
        if (const auto number = read_snapshot(file)) {
            in_order = in_order && *number >= last;
            last = *number;
            ++good;
        }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(in_order);
    CHECK(good > 0);
    CHECK(last > 1);
    vigia_close(&file);
}

TEST_CASE("a file has its name only with a whole header, and a larger one only with a snapshot") {
    const TemporaryDirectory scratch;
    auto directory = Directory::take(scratch.file("v"));
    REQUIRE(directory);
    auto writer = FileWriter::create(*directory, "processes", layout(record_count), 7);
    REQUIRE(writer);
    const std::string path = scratch.file("v/processes");
    vigia_file first{};
    REQUIRE(vigia_open(path.c_str(), VIGIA_FILE_PROCESSES, &first) == nullptr);
    CHECK(first.header.writer_instance == 7);
    CHECK(first.header.layout_generation == 1);
    vigia_view view{};
    CHECK(vigia_acquire(&first, &view) == 0); // nothing yet, and it says so
    write_snapshot(*writer, 1);
    CHECK(read_snapshot(first) == 1);

    REQUIRE(writer->reserve({record_count * 10}));
    CHECK(vigia_is_live(&first) != 0); // the old one serves until the new one can
    CHECK(read_snapshot(first) == 1);
    write_snapshot(*writer, 2);
    CHECK(vigia_is_live(&first) == 0);
    vigia_file second{};
    REQUIRE(vigia_open(path.c_str(), VIGIA_FILE_PROCESSES, &second) == nullptr);
    CHECK(second.header.layout_generation == 2);
    CHECK(second.header.total_size_bytes > first.header.total_size_bytes);
    CHECK(read_snapshot(second) == 2);
    CHECK(vigia_is_live(&second) != 0);
    vigia_close(&first);
    vigia_close(&second);
}
