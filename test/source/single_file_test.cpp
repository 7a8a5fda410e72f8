// SPDX-License-Identifier: MIT
#include "collector/source/single_file.h"

#include <cerrno>
#include <filesystem>

#include <vigia/control.h>

#include "test/support/abi_writer.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using test::AbiWriter;
using test::TemporaryDirectory;

void publish(AbiWriter& writer, uint64_t total_bytes) {
    vigia_memory record{};
    record.total_bytes = total_bytes;
    writer.begin();
    writer.add(VIGIA_MEMORY_REGION, record);
    writer.publish();
}

uint64_t total_in(const Result<vigia_view>& view) {
    if (!view) {
        FAIL(view.error().message());
    }
    return static_cast<const vigia_memory*>(vigia_record(&*view, VIGIA_MEMORY_REGION, 0))
        ->total_bytes;
}

TEST_CASE("a file that a directory lacks is not found, and found when it comes") {
    const TemporaryDirectory scratch;
    SingleFile file(scratch.file("memory"), VIGIA_FILE_MEMORY);
    REQUIRE_FALSE(file.acquire(0));
    CHECK(file.acquire(0).error().kind() == ErrorKind::not_found);
    AbiWriter writer(scratch.file("memory"), VIGIA_FILE_MEMORY, 4);
    CHECK(file.acquire(0).error().kind() == ErrorKind::unavailable); // nothing published
    publish(writer, 7);
    CHECK(total_in(file.acquire(0)) == 7);
}

TEST_CASE("a single file that was replaced or left behind is opened again") {
    const TemporaryDirectory scratch;
    SingleFile file(scratch.file("memory"), VIGIA_FILE_MEMORY);
    AbiWriter first(scratch.file("memory"), VIGIA_FILE_MEMORY, 4, 1);
    publish(first, 1);
    CHECK(total_in(file.acquire(0)) == 1);
    AbiWriter second(scratch.file("memory"), VIGIA_FILE_MEMORY, 8, 2);
    publish(second, 2);
    first.mark_dead();
    CHECK(total_in(file.acquire(0)) == 2);
    CHECK(file.header().writer_instance == 2);
    std::filesystem::remove(scratch.file("memory"));
    second.mark_dead();
    CHECK(file.acquire(0).error().kind() == ErrorKind::not_found);
}

TEST_CASE("a file of another kind is refused") {
    const TemporaryDirectory scratch;
    AbiWriter writer(scratch.file("memory"), VIGIA_FILE_INFO, 1);
    SingleFile file(scratch.file("memory"), VIGIA_FILE_MEMORY);
    CHECK(file.acquire(0).error().kind() == ErrorKind::damaged);
}

struct KernelFile {
    explicit KernelFile(const std::string& path) : writer(path, header()) {}

    static vigia_file_header header() {
        vigia_file_header made =
            test::make_header(VIGIA_FILE_MEMORY, test::regions_of(VIGIA_FILE_MEMORY, 4));
        made.writer_kind = VIGIA_WRITER_KERNEL;
        return made;
    }

    AbiWriter writer;
};

TEST_CASE("the kernel's file is asked for a snapshot of the wanted age") {
    const TemporaryDirectory scratch;
    KernelFile kernel(scratch.file("memory"));
    uint64_t asked_ns = 0;
    uint64_t walks = 0;
    SingleFile file(scratch.file("memory"), VIGIA_FILE_MEMORY,
                    [&](int, unsigned long request, void* argument) {
                        CHECK(request == VIGIA_IOC_REFRESH);
                        asked_ns = static_cast<vigia_refresh*>(argument)->max_age_ns;
                        publish(kernel.writer, ++walks);
                        return 0;
                    });
    CHECK(total_in(file.acquire(5000)) == 1);
    CHECK(asked_ns == 5000);
    CHECK(total_in(file.acquire(0)) == 2);
}

TEST_CASE("an interrupted or outlived question is asked again, and what stays wrong is said") {
    const TemporaryDirectory scratch;
    KernelFile kernel(scratch.file("memory"));
    std::vector<int> answers{0, ESTALE, EINTR}; // the last one first
    SingleFile file(scratch.file("memory"), VIGIA_FILE_MEMORY, [&](int, unsigned long, void*) {
        const int answer = answers.back();
        answers.pop_back();
        publish(kernel.writer, 9);
        return answer;
    });
    CHECK(total_in(file.acquire(0)) == 9);
    CHECK(answers.empty());
    SingleFile refused(scratch.file("memory"), VIGIA_FILE_MEMORY,
                       [](int, unsigned long, void*) { return EPERM; });
    CHECK(refused.acquire(0).error().kind() == ErrorKind::permission);
    SingleFile always_old(scratch.file("memory"), VIGIA_FILE_MEMORY,
                          [](int, unsigned long, void*) { return ESTALE; });
    CHECK(always_old.acquire(0).error().kind() == ErrorKind::unavailable);
}

} // namespace
} // namespace vigia::source
