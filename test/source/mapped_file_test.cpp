// SPDX-License-Identifier: MIT
// What the source says about files that it cannot use: the file, what is wrong, what to do.
#include "collector/source/mapped_file.h"
#include "collector/source/source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "test/support/abi_directory.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using test::AbiDirectory;
using test::AbiWriter;
using test::TemporaryDirectory;

Error open_error(const std::string& path) {
    const auto file = MappedFile::open(path, VIGIA_FILE_PROCESSES);
    REQUIRE_FALSE(file);
    return file.error();
}

bool says(const Error& error, const std::string& text) {
    INFO(error.message());
    return error.message().find(text) != std::string::npos;
}

// Runs `use` as a user without privilege, if this one has any.
void without_privilege(const std::function<void()>& use) {
    const uid_t user = ::geteuid();
    REQUIRE((user != 0 || ::seteuid(65'534) == 0));
    use();
    REQUIRE((user != 0 || ::seteuid(user) == 0));
}

TEST_CASE("a file that is not there is named, with who should have made it") {
    TemporaryDirectory directory;
    const Error error = open_error(directory.file("processes"));
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(says(error, "open " + directory.file("processes") + ": No such file"));
    CHECK(says(error, "is its writer (vigia daemon, vigia publish) running?"));
    CHECK(says(open_error("/proc/vigia-no-such/processes"),
               "its module is not loaded: modprobe vigia_processes"));
}

TEST_CASE("a file without permission is named, with the group that has it") {
    TemporaryDirectory directory;
    AbiWriter writer(directory.file("processes"), VIGIA_FILE_PROCESSES, 1);
    const std::string path = directory.file("processes");
    SECTION("the file") {
        REQUIRE(::chmod(path.c_str(), 0) == 0);
    }
    SECTION("the directory") {
        REQUIRE(::chmod(directory.path().c_str(), 0) == 0);
    }
    REQUIRE((::geteuid() != 0 || ::chown(path.c_str(), 0, 0) == 0));
    without_privilege([&] {
        const Error error = open_error(path);
        CHECK(error.kind() == ErrorKind::permission);
        CHECK(says(error, "open " + path + ": Permission denied; is the user in group vigia?"));
    });
    REQUIRE(::chmod(directory.path().c_str(), 0700) == 0);
}

TEST_CASE("what is no regular file is refused without waiting for it") {
    TemporaryDirectory directory;
    const std::string path = directory.file("processes");
    SECTION("a FIFO without a writer") {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    SECTION("a directory") {
        REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    }
    const Error error = open_error(path);
    CHECK(error.kind() == ErrorKind::damaged);
    CHECK(says(error, path + " is not a Vigia file"));
}

TEST_CASE("an empty, a foreign and a truncated file are damaged") {
    TemporaryDirectory directory;
    const std::string path = directory.file("processes");
    std::string reason = VIGIA_ERROR_SHORT;
    SECTION("empty") {
        std::ofstream file(path);
    }
    SECTION("text") {
        std::ofstream file(path);
        file << std::string(10'000, 'x');
        reason = VIGIA_ERROR_MAGIC;
    }
    SECTION("shorter than a header") {
        AbiWriter writer(path, VIGIA_FILE_PROCESSES, 1);
        REQUIRE(::truncate(path.c_str(), 100) == 0);
    }
    SECTION("shorter than its last slot") {
        AbiWriter writer(path, VIGIA_FILE_PROCESSES, 1);
        REQUIRE(::truncate(path.c_str(), static_cast<off_t>(writer.size_bytes()) - 1) == 0);
    }
    SECTION("of another kind") {
        AbiWriter writer(path, VIGIA_FILE_CGROUPS, 1);
        reason = VIGIA_ERROR_KIND;
    }
    const Error error = open_error(path);
    CHECK(error.kind() == ErrorKind::damaged);
    CHECK(error.message() == path + " " + reason + "; remove it and start its writer again");
}

TEST_CASE("a file without a size in its inode is judged by the header that can be read") {
    CHECK(says(open_error("/proc/self/comm"), VIGIA_ERROR_SHORT));
    CHECK(says(open_error("/proc/self/limits"), VIGIA_ERROR_MAGIC));
}

TEST_CASE("files of other versions say which side to upgrade") {
    TemporaryDirectory directory;
    const std::string path = directory.file("processes");
    vigia_file_header header =
        test::make_header(VIGIA_FILE_PROCESSES, test::regions_of(VIGIA_FILE_PROCESSES, 1));
    SECTION("newer") {
        header.abi_version = VIGIA_ABI_VERSION + 1;
        header.abi_compatible = VIGIA_ABI_VERSION + 1;
        AbiWriter writer(path, header);
        const Error error = open_error(path);
        CHECK(error.kind() == ErrorKind::newer);
        CHECK(error.message() == path + " " + VIGIA_ERROR_NEWER);
    }
    SECTION("older") {
        header.abi_version = 0;
        AbiWriter writer(path, header);
        const Error error = open_error(path);
        CHECK(error.kind() == ErrorKind::failed);
        CHECK(error.message() == path + " " + VIGIA_ERROR_OLDER);
    }
}

TEST_CASE("a source names the one of its files that it cannot use") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(1);
    for (const char* name : {"info", "system", "processes", "cgroups"}) {
        const std::string path = directory.file(name);
        const std::string saved = path + ".saved";
        REQUIRE(::rename(path.c_str(), saved.c_str()) == 0);
        std::ofstream(path) << "not what it should be";
        const auto source = open_directory(directory.path());
        REQUIRE_FALSE(source);
        CHECK(source.error().message().find(path + " ") == 0);
        REQUIRE(::rename(saved.c_str(), path.c_str()) == 0);
    }
    CHECK(open_directory(directory.path()));
}

TEST_CASE("a writer of an unknown kind is refused as newer") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    vigia_file_header header =
        test::make_header(VIGIA_FILE_INFO, test::regions_of(VIGIA_FILE_INFO, 1));
    for (const uint32_t kind : {0U, 4U, ~0U}) {
        header.writer_kind = kind;
        AbiWriter info(directory.file("info"), header);
        const auto source = open_directory(directory.path());
        REQUIRE_FALSE(source);
        CHECK(source.error().kind() == ErrorKind::newer);
    }
}

} // namespace
} // namespace vigia::source
