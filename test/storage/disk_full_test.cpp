// SPDX-License-Identifier: MIT
// A full disk, a read-only one, and folders that this user may not write.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

// A disk that can be filled and freed: a small tmpfs in a mount namespace of our own, or, without
// the privilege for that, a limit on the size of our files.
class SmallDisk {
public:
    explicit SmallDisk(const std::string& folder) : path_(folder) {
        if (::unshare(CLONE_NEWNS) == 0 &&
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=3m") == 0) {
            mounted_ = true;
        }
    }
    ~SmallDisk() {
        free();
        if (mounted_) {
            ::umount2(path_.c_str(), MNT_DETACH);
        }
    }

    void fill() {
        if (!mounted_) {
            limit_files(600 << 10);
            return;
        }
        int file = ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(file >= 0);
        std::string block(4'096, 'x');
        while (::write(file, block.data(), block.size()) > 0) {
        }
        REQUIRE(errno == ENOSPC);
        ::close(file);
    }

    void free() {
        if (mounted_) {
            ::unlink(ballast().c_str());
        } else {
            limit_files(RLIM_INFINITY);
        }
    }

    void set_read_only(bool read_only) {
        if (!mounted_) {
            REQUIRE(::chmod(path_.c_str(), read_only ? 0555 : 0755) == 0);
            return;
        }
        unsigned long flag = read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL;
        REQUIRE(::mount("none", path_.c_str(), nullptr, MS_REMOUNT | flag, nullptr) == 0);
    }

private:
    std::string ballast() const { return path_ + "/ballast"; }
    static void limit_files(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit;
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = bytes;
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }

    std::string path_;
    bool mounted_ = false;
};

void fill(SampleMaker& maker) {
    for (uint32_t p = 1; p <= 400; p++) {
        maker.process(p, 0.001 * p, p << 20);
    }
}

// Runs `work` as a user who owns nothing here; true if it returned true.
template <typename Work>
bool as_nobody(Work work) {
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        constexpr uid_t nobody = 65'534;
        bool dropped = ::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0);
        ::_exit(dropped && work() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("on a full disk the store lives, counts what is lost, and recovers by itself", "[disk]") {
    Folder folder;
    std::string path = folder.file("history.db");
    SmallDisk disk(folder.path());
    auto store = open_store(path);
    SampleMaker maker;
    fill(maker);
    int64_t ts = start_ts;
    auto tick = [&] {
        REQUIRE(store->submit(maker.at_ts(ts++)));
        return store->flush(long_enough_ns);
    };
    for (int i = 0; i < 5; i++) {
        REQUIRE(tick());
    }
    disk.fill();
    Status last;
    for (int i = 0; i < 300 && last; i++) {
        last = tick();
    }
    REQUIRE(!last);
    CHECK(!store->stats().writable);
    CHECK(store->stats().last_error.find(path) != std::string::npos);
    std::string said = store->stats().last_error;
    for (int i = 0; i < 20; i++) {
        CHECK(!tick());
    }
    CHECK(store->stats().last_error == said); // one message for one trouble
    CHECK(store->stats().batches_failed >= 20);

    Status decided;
    policy::Decision large = some_decision(9);
    large.reason = std::string(100'000, 'r');
    store->record(large, [&](Status status) { decided = status; });
    (void)store->flush(long_enough_ns);
    CHECK(!decided); // and so nobody acts on it

    disk.free();
    REQUIRE(tick());
    CHECK(store->stats().writable);
    CHECK(store->stats().last_error.empty());
    record(*store, some_decision(10));
    CHECK(sql_text(path, "PRAGMA quick_check") == "ok");
    CHECK(sql_integer(path, "SELECT max(ts) FROM system_raw") == ts - 1);
    CHECK(sql_integer(path, "SELECT sum(value) FROM v_event WHERE kind = 'samples_lost'") ==
          static_cast<int64_t>(store->stats().batches_failed));
    CHECK(sql_integer(path, "SELECT count(*) FROM decision") == 1);
    store.reset();
}

TEST_CASE("a disk that becomes read-only is survived as well", "[disk]") {
    Folder folder;
    std::string path = folder.file("history.db");
    SmallDisk disk(folder.path());
    auto store = open_store(path);
    store.reset();
    disk.set_read_only(true);
    auto refused = Store::open(config_at(path));
    REQUIRE(!refused);
    CHECK(refused.error().message().find(path) != std::string::npos);
    // Closed properly, it can still be read where nothing can be written.
    CHECK(open_history(path)->system({}));
    disk.set_read_only(false);
    CHECK(open_store(path)->stats().writable);
}

TEST_CASE("a log that was left behind on a read-only disk is explained", "[disk]") {
    Folder folder;
    std::string path = folder.file("history.db");
    SmallDisk disk(folder.path());
    {
        auto store = open_store(path);
        SampleMaker maker;
        REQUIRE(store->submit(maker.at_ts(start_ts)));
        flush(*store);
        // As after a kill: the database and its log, without the index.
        std::filesystem::copy_file(path, folder.file("killed.db"));
        std::filesystem::copy_file(path + "-wal", folder.file("killed.db-wal"));
    }
    disk.set_read_only(true);
    auto history = History::open(folder.file("killed.db"));
    disk.set_read_only(false);
    REQUIRE(!history);
    CHECK(history.error().kind() == ErrorKind::permission);
    CHECK(history.error().message().find("write-ahead log") != std::string::npos);
}

TEST_CASE("a folder that this user may not write, or read, is said to be so", "[disk]") {
    Folder folder;
    std::string path = folder.file("history.db");
    open_store(path);
    CHECK(as_nobody([&] {
              auto store = Store::open(config_at(path));
              return !store && store.error().kind() == ErrorKind::permission;
          }) == (::geteuid() == 0));
    CHECK(as_nobody([&] {
              auto history = History::open(path);
              return !history && history.error().kind() == ErrorKind::permission;
          }) == (::geteuid() == 0));
}
