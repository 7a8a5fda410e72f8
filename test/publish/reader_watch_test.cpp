// SPDX-License-Identifier: MIT
// Readers of a file, found by what the kernel knows of them.
#include "collector/publish/reader_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include <vigia/events_reader.h>

#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using vigia::publish::ReaderNews;
using vigia::publish::ReaderWatch;
using vigia::publish::UniqueFd;
using vigia::test::TemporaryDirectory;

namespace {

constexpr std::size_t size_bytes = 4096;

// A file that its writer has mapped, as events are.
struct Written {
    Written() : file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        REQUIRE(file);
        REQUIRE(::ftruncate(file.get(), size_bytes) == 0);
        map = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
        REQUIRE(map != MAP_FAILED);
        watch = ReaderWatch::open(path, file.get());
        REQUIRE(watch != nullptr);
    }
    ~Written() { ::munmap(map, size_bytes); }
    bool is_readable() const {
        pollfd polled{watch->descriptor(), POLLIN, 0};
        return ::poll(&polled, 1, 0) == 1;
    }

    TemporaryDirectory scratch;
    std::string path = scratch.file("file");
    UniqueFd file;
    void* map = MAP_FAILED;
    std::unique_ptr<ReaderWatch> watch;
};

} // namespace

TEST_CASE("a reader is seen as long as it has the file open or mapped, and no longer") {
    const Written written;
    CHECK_FALSE(written.watch->anybody()); // the writer's own mapping is none
    CHECK(written.watch->acknowledge() == ReaderNews::none);
    UniqueFd reader(::open(written.path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(reader);
    CHECK(written.is_readable());
    CHECK(written.watch->acknowledge() == ReaderNews::came);
    CHECK_FALSE(written.is_readable());
    CHECK(written.watch->anybody());
    void* map = ::mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, reader.get(), 0);
    REQUIRE(map != MAP_FAILED);
    reader.reset();
    CHECK(written.watch->anybody()); // mapped, though closed
    CHECK(written.watch->acknowledge() == ReaderNews::none);
    REQUIRE(::munmap(map, size_bytes) == 0);
    CHECK(written.watch->acknowledge() == ReaderNews::went);
    CHECK_FALSE(written.watch->anybody());
    for (int i = 0; i < 3; ++i) { // came and went before anybody looked
        CHECK(UniqueFd(::open(written.path.c_str(), O_RDONLY | O_CLOEXEC)));
    }
    CHECK(written.watch->acknowledge() == ReaderNews::came);
    CHECK(written.watch->acknowledge() == ReaderNews::none);
    CHECK_FALSE(written.watch->anybody());
}

TEST_CASE("to look for readers keeps nobody from opening the file") {
    const Written written;
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(written.watch->anybody());
        const UniqueFd reader(::open(written.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        REQUIRE(reader); // a lease that were left would refuse this
        CHECK(written.watch->anybody());
    }
}

TEST_CASE("a file that is not there cannot be watched") {
    const TemporaryDirectory scratch;
    CHECK(ReaderWatch::open(scratch.file("none"), -1) == nullptr);
}

TEST_CASE("who opens the events while somebody looks for readers waits for a moment") {
    const TemporaryDirectory scratch;
    const std::string path = scratch.file("events");
    const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(file);
    sigset_t broken;
    sigset_t before;
    ::sigemptyset(&broken);
    ::sigaddset(&broken, SIGIO);
    REQUIRE(::pthread_sigmask(SIG_BLOCK, &broken, &before) == 0);
    const f_owner_ex self{F_OWNER_TID, ::gettid()};
    REQUIRE(::fcntl(file.get(), F_SETOWN_EX, &self) == 0);
    REQUIRE(::fcntl(file.get(), F_SETLEASE, F_WRLCK) == 0);
    const char* error = nullptr;
    std::thread reader([&] {
        vigia_events events{};
        error = vigia_events_open(path.c_str(), VIGIA_EVENTS_OLDEST, &events);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(::fcntl(file.get(), F_SETLEASE, F_UNLCK) == 0);
    reader.join();
    const timespec at_once{};
    ::sigtimedwait(&broken, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    REQUIRE(error != nullptr); // the file is empty
    CHECK(std::string_view(error) != VIGIA_ERROR_OPEN);
}
