// SPDX-License-Identifier: MIT
#include "collector/source/source.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "collector/base/clock.h"
#include "test/support/abi_directory.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using test::AbiDirectory;
using test::AbiWriter;
using test::TemporaryDirectory;

std::unique_ptr<Source> opened(const std::string& directory) {
    auto source = open_directory(directory);
    REQUIRE(source);
    return std::move(source).value();
}

uint32_t process_count(Source& source) {
    const auto snapshots = source.acquire();
    if (!snapshots) {
        FAIL(snapshots.error().message());
    }
    return snapshots->processes.count[VIGIA_PROCESSES_REGION];
}

Error acquire_error(Source& source) {
    const auto snapshots = source.acquire();
    REQUIRE_FALSE(snapshots);
    return snapshots.error();
}

TEST_CASE("a snapshot is read in place") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(3);
    const auto source = opened(directory.path());
    const auto snapshots = source->acquire();
    REQUIRE(snapshots);
    CHECK(snapshots->writer_instance == 1);
    CHECK(snapshots->writer == VIGIA_WRITER_PUBLISHER);
    REQUIRE(snapshots->processes.count[VIGIA_PROCESSES_REGION] == 3);
    const auto* process = static_cast<const vigia_process*>(
        vigia_record(&snapshots->processes, VIGIA_PROCESSES_REGION, 2));
    CHECK(process->pid == 3);
    CHECK(process->rss_bytes == 3 * 1024);
    CHECK(snapshots->still_valid());
    CHECK(source->counters().acquired == 1);
    CHECK(source->counters().reopened == 0);
}

TEST_CASE("a directory without a snapshot opens but is unavailable") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    const auto source = opened(directory.path());
    const Error error = acquire_error(*source);
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.message() == directory.file("info") + ": nothing has been published yet");
    writer.publish(1);
    CHECK(process_count(*source) == 1);
}

TEST_CASE("a directory of which one file has no snapshot yet is unavailable") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    AbiWriter cgroups(directory.file("cgroups"), VIGIA_FILE_CGROUPS, 16);
    const Error error = acquire_error(*opened(directory.path()));
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.message() == directory.file("cgroups") + ": nothing has been published yet");
}

TEST_CASE("a reading stays valid through two more snapshots and not through three") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    const auto source = opened(directory.path());
    const auto snapshots = source->acquire();
    REQUIRE(snapshots);
    writer.publish(2);
    writer.publish(3);
    CHECK(snapshots->still_valid());
    writer.publish(4);
    CHECK_FALSE(snapshots->still_valid());
}

TEST_CASE("a lapsed view of any of the four files makes the reading invalid") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    const auto source = opened(directory.path());
    for (AbiWriter* file : {&writer.info, &writer.system, &writer.processes, &writer.cgroups}) {
        const auto snapshots = source->acquire();
        REQUIRE(snapshots);
        CHECK(snapshots->still_valid());
        for (int i = 0; i < 3; i++) {
            file->begin();
            file->publish();
        }
        CHECK_FALSE(snapshots->still_valid());
    }
}

TEST_CASE("read() starts over when the writer laps it, a bounded and counted number of times") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    const auto source = opened(directory.path());
    unsigned laps = 2;
    unsigned readings = 0;
    const auto lapped = [&](const Snapshots&) {
        readings++;
        for (int i = 0; laps > 0 && i < 3; i++) {
            writer.publish(readings);
        }
        laps -= laps > 0;
    };
    CHECK(read(*source, lapped));
    CHECK(readings == 3);
    CHECK(source->counters().torn_readings == 2);

    laps = 1'000;
    readings = 0;
    const Status status = read(*source, lapped);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind() == ErrorKind::unavailable);
    CHECK(readings == limits::snapshot_read_attempts);
    CHECK(source->counters().torn_readings == 2 + limits::snapshot_read_attempts);
}

TEST_CASE("a file that was replaced by a larger one is reopened, the others are not") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    const auto source = opened(directory.path());
    CHECK(process_count(*source) == 1);
    AbiWriter larger(directory.file("processes"), VIGIA_FILE_PROCESSES, 1'000);
    larger.begin();
    for (uint32_t pid = 1; pid <= 999; pid++) {
        larger.add(VIGIA_PROCESSES_REGION, AbiDirectory::process(pid, "more"));
    }
    larger.publish();
    SECTION("marked dead, as a writer does it") {
        writer.processes.mark_dead();
    }
    SECTION("replaced without a word") {}
    CHECK(process_count(*source) == 999);
    CHECK(source->counters().reopened == 1);
}

TEST_CASE("the files of a writer that was restarted are reopened") {
    TemporaryDirectory directory;
    auto first = std::make_unique<AbiDirectory>(directory.path(), 1);
    first->publish(1);
    const auto source = opened(directory.path());
    CHECK(process_count(*source) == 1);
    SECTION("after it left in good order") {
        for (AbiWriter* file : {&first->info, &first->system, &first->processes, &first->cgroups}) {
            file->mark_dead();
        }
    }
    SECTION("after it was killed") {}
    first.reset();
    AbiDirectory second(directory.path(), 2);
    second.publish(5);
    const auto snapshots = source->acquire();
    REQUIRE(snapshots);
    CHECK(snapshots->writer_instance == 2);
    CHECK(snapshots->processes.count[VIGIA_PROCESSES_REGION] == 5);
    CHECK(source->counters().reopened == 4);
}

TEST_CASE("files of two runs of the writer are not read together") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path(), 1);
    writer.publish(1);
    const auto source = opened(directory.path());
    AbiWriter other(directory.file("cgroups"), VIGIA_FILE_CGROUPS, 4, 2);
    other.begin();
    other.publish();
    const Error error = acquire_error(*source);
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.message().find("different runs of the writer") != std::string::npos);
    const auto another = open_directory(directory.path());
    REQUIRE_FALSE(another);
    CHECK(another.error().kind() == ErrorKind::unavailable);
    AbiDirectory second(directory.path(), 2);
    second.publish(7);
    CHECK(process_count(*source) == 7);
}

TEST_CASE("a writer that leaves takes the source with it until one comes back") {
    TemporaryDirectory directory;
    {
        AbiDirectory writer(directory.path(), 1);
        writer.publish(1);
    }
    const auto source = opened(directory.path());
    SECTION("its files are gone") {
        std::filesystem::remove(directory.file("info"));
        const Error error = acquire_error(*source);
        CHECK(error.kind() == ErrorKind::not_found);
        CHECK(error.message().find("open " + directory.file("info") + ": ") == 0);
        CHECK(error.message().find("is its writer") != std::string::npos);
        CHECK(acquire_error(*source).kind() == ErrorKind::not_found);
        CHECK(source->description().find("no writer") == 0);
    }
    SECTION("its files stay behind, marked dead") {
        AbiDirectory dying(directory.path(), 1);
        dying.publish(1);
        CHECK(process_count(*source) == 1);
        dying.processes.mark_dead();
        const Error error = acquire_error(*source);
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK(error.message().find("its writer has left") != std::string::npos);
        CHECK_FALSE(open_directory(directory.path()));
    }
    AbiDirectory second(directory.path(), 2);
    second.publish(3);
    CHECK(process_count(*source) == 3);
}

TEST_CASE("a publisher that was silent for many of its intervals is reported") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    const uint64_t now_ns = SystemClock().now().monotonic_ns;
    vigia_info info{};
    info.refresh_interval_ns = 2 * ns_per_second;
    const auto source = opened(directory.path());
    if (now_ns < 60 * ns_per_second) {
        FAIL("this host has just booted: its clock cannot show an old snapshot");
    }

    writer.publish_info(info, now_ns - 30 * ns_per_second);
    const Error error = acquire_error(*source);
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.message() ==
          directory.path() + ": nothing was published for more than 20.0 s, and every 2.00 s was "
                             "promised: the writer hangs or was killed; start it again (vigia "
                             "daemon, vigia publish)");
    writer.publish_info(info, now_ns - 50 * ns_per_second);
    CHECK(acquire_error(*source).message() == error.message()); // a log says it once

    writer.publish_info(info, now_ns - 12 * ns_per_second); // only six intervals
    CHECK(process_count(*source) == 1);
    info.refresh_interval_ns = ns_per_second / 10;
    writer.publish_info(info, now_ns - 5 * ns_per_second); // many, but hardly any time
    CHECK(process_count(*source) == 1);
    info.refresh_interval_ns = 0; // works on demand
    writer.publish_info(info, now_ns - 30 * ns_per_second);
    CHECK(process_count(*source) == 1);
}

TEST_CASE("a file that became shorter under its mapping is damaged, and reopened when mended") {
    TemporaryDirectory directory;
    auto writer = std::make_unique<AbiDirectory>(directory.path(), 1);
    writer->publish(3);
    const auto source = opened(directory.path());
    const std::string name = GENERATE("info", "system", "processes", "cgroups");
    const bool whole = GENERATE(true, false);
    CHECK(process_count(*source) == 3);
    const auto size_bytes = std::filesystem::file_size(directory.file(name));
    std::filesystem::resize_file(directory.file(name), whole ? 0 : size_bytes - 1);
    for (int attempt = 0; attempt < 2; attempt++) {
        const Error error = acquire_error(*source);
        INFO(error.message());
        CHECK(error.kind() == ErrorKind::damaged);
        CHECK(error.message().find(directory.file(name)) == 0);
        CHECK(error.message().find("start its writer again") != std::string::npos);
    }
    for (const char* file : {"info", "system", "processes", "cgroups"}) {
        std::filesystem::remove(directory.file(file));
    }
    AbiDirectory next(directory.path(), 2);
    next.publish(5);
    CHECK(process_count(*source) == 5);
}

TEST_CASE("refresh calls the publisher of this process and passes its error on") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    std::vector<uint64_t> asked;
    const auto refresh = [&](uint64_t max_age_ns) -> Status {
        asked.push_back(max_age_ns);
        if (asked.size() == 2) {
            return Error(ErrorKind::failed, "disk full");
        }
        writer.publish(2);
        return {};
    };
    auto source = open_directory(directory.path(), refresh);
    REQUIRE(source);
    CHECK((*source)->refresh(7));
    CHECK(process_count(**source) == 2);
    const Status failed = (*source)->refresh(8);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message() == "disk full");
    CHECK(asked == std::vector<uint64_t>{7, 8});
    CHECK((*source)->description() == "publisher in this process, files in " + directory.path());
    CHECK(opened(directory.path())->refresh(1));
    CHECK(opened(directory.path())->description() == "publisher, files in " + directory.path());
}

TEST_CASE("a thousand replaced files leave no mapping and no descriptor behind") {
    TemporaryDirectory directory;
    auto writer = std::make_unique<AbiDirectory>(directory.path(), 1);
    writer->publish(1);
    const auto source = opened(directory.path());
    const auto held = [] {
        std::size_t descriptors = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator("/proc/self/fd")) {
            descriptors++;
        }
        return descriptors;
    };
    REQUIRE(process_count(*source) == 1);
    const std::size_t before = held();
    for (uint64_t instance = 2; instance < 252; instance++) {
        writer = std::make_unique<AbiDirectory>(directory.path(), instance);
        writer->publish(static_cast<uint32_t>(instance % 16));
        REQUIRE(process_count(*source) == instance % 16);
    }
    CHECK(source->counters().reopened == 1'000);
    CHECK(held() == before);
    std::ifstream maps("/proc/self/maps");
    std::size_t mapped = 0;
    for (std::string line; std::getline(maps, line);) {
        mapped += line.find(directory.path()) != std::string::npos;
    }
    CHECK(mapped == 8); // the four files, mapped by the source and by the writer
}

} // namespace
} // namespace vigia::source
