// SPDX-License-Identifier: MIT
#include "collector/recording/writer.h"

#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/recording/camera.h"
#include "collector/recording/reader.h"
#include "test/recording/history.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::recording;

namespace {

// Records ticks until `file` says no or fails; how many are in it.
unsigned fill(Writer& file, History& history, unsigned ticks, Status* failed = nullptr) {
    Camera camera(0);
    Content content;
    for (unsigned i = 0; i < ticks; ++i) {
        history.tick();
        REQUIRE(camera.take(history.source, &history.catalog, nullptr, content));
        const auto appended = file.append(content);
        if (!appended || !*appended) {
            if (failed != nullptr && !appended) {
                *failed = appended.error();
            }
            return i;
        }
    }
    return ticks;
}

// Files of this process cannot grow beyond this: what a full disk looks like to a writer.
void limit_files(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

} // namespace

TEST_CASE("a recording is never made over another file, and is its owner's alone") {
    const TemporaryDirectory folder;
    const std::string path = folder.file("a.vigrec");
    record_history(path, 3);
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const std::string before = read_file(path);
    CHECK_FALSE(Writer::create({path, 1, 0}, {}));
    CHECK(read_file(path) == before);
    CHECK(Writer::create({folder.file("no/a"), 1, 0}, {}).error().kind() == ErrorKind::not_found);
}

TEST_CASE("a snapshot that was recorded already is not recorded again") {
    History history;
    Camera camera(0);
    Content content;
    history.tick();
    CHECK(*camera.take(history.source, &history.catalog, nullptr, content));
    CHECK_FALSE(*camera.take(history.source, &history.catalog, nullptr, content));
    history.tick();
    CHECK(*camera.take(history.source, &history.catalog, nullptr, content));
}

TEST_CASE("the catalog is written when it changes, and again when it was lost") {
    History history;
    Camera camera(0);
    Content content;
    const auto take = [&] {
        history.tick();
        REQUIRE(camera.take(history.source, &history.catalog, nullptr, content));
        return content.has_catalog;
    };
    CHECK(take());       // the first one, without a container
    CHECK(take());       // number 2 brings a container
    CHECK_FALSE(take()); // nothing new
    camera.forget_catalog();
    CHECK(take());
}

TEST_CASE("a sample costs little when little has changed") {
    const TemporaryDirectory folder;
    const WriterStats stats = record_history(folder.file("a.vigrec"), 60, 200);
    CHECK(stats.samples == 60);
    CHECK(stats.processes > 60 * 190);
    CHECK(stats.raw_bytes > stats.processes * sizeof(vigia_process));
    CHECK(stats.size_bytes < stats.raw_bytes / 20);
    CHECK(stats.size_bytes == read_file(folder.file("a.vigrec")).size());
}

TEST_CASE("a file never grows beyond its cap, with its index") {
    for (const uint64_t cap_bytes : {uint64_t{4'000}, uint64_t{20'000}, uint64_t{50'000}}) {
        const TemporaryDirectory folder;
        History history;
        auto writer = Writer::create({folder.file("a.vigrec"), ns_per_second, cap_bytes}, {});
        REQUIRE(writer);
        const unsigned count = fill(**writer, history, 1'000);
        CHECK(count < 1'000);
        REQUIRE((**writer).close());
        const std::string bytes = read_file(folder.file("a.vigrec"));
        CHECK(bytes.size() <= cap_bytes);
        CHECK(bytes.size() + 6'000 > cap_bytes); // and is not much smaller
        const auto reader = Reader::open(folder.file("a.vigrec"));
        REQUIRE(reader);
        CHECK_FALSE((**reader).losses().index_rebuilt);
        CHECK(replayed(folder.file("a.vigrec")).size() == count);
    }
}

TEST_CASE("on a full disk the file stays readable, and goes on when there is room again") {
    const TemporaryDirectory folder;
    History history;
    auto writer = Writer::create({folder.file("a.vigrec"), ns_per_second, 0}, {});
    REQUIRE(writer);
    limit_files(16'001); // not even at a chunk's end
    Status failed;
    const unsigned before = fill(**writer, history, 1'000, &failed);
    const uint64_t full_bytes = read_file(folder.file("a.vigrec")).size();
    limit_files(RLIM_INFINITY);
    CHECK(before > 10);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message().find("a.vigrec") != std::string::npos);
    CHECK(full_bytes <= 16'001);
    CHECK(replayed(folder.file("a.vigrec")).size() == before);
    CHECK(fill(**writer, history, 50) == 50);
    REQUIRE((**writer).close());
    CHECK(replayed(folder.file("a.vigrec")).size() == before + 50);
}

TEST_CASE("a recorder that was killed leaves every sample that it had appended") {
    const TemporaryDirectory folder;
    const std::string path = folder.file("a.vigrec");
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        History history;
        auto writer = Writer::create({path, ns_per_second, 0}, {});
        for (unsigned i = 1; writer; ++i) {
            fill(**writer, history, 1);
            if (write(pipe[1], &i, sizeof(i)) != sizeof(i)) {
                break;
            }
        }
        _exit(1);
    }
    close(pipe[1]);
    unsigned promised = 0;
    while (promised < 100 && read(pipe[0], &promised, sizeof(promised)) == sizeof(promised)) {
    }
    kill(child, SIGKILL);
    while (read(pipe[0], &promised, sizeof(promised)) == sizeof(promised)) {
    }
    close(pipe[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const auto reader = Reader::open(path);
    REQUIRE(reader);
    CHECK((**reader).losses().index_rebuilt);
    CHECK((**reader).losses().damaged_chunks == 0);
    const std::size_t found = replayed(path).size();
    CHECK(found >= promised);
    CHECK(found <= promised + 1);
}
