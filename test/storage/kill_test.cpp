// SPDX-License-Identifier: MIT
// SIGKILL at random moments: the database stays whole, at most one tick is missing, and every
// decision that was acknowledged is there.
#include <csignal>
#include <random>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

// What the child has been promised, told through a pipe before anything else happens.
struct Told {
    char what; // 't': tick `number` is committed; 'd': decision `number` was acknowledged
    int64_t number;
};

void tell(int pipe, char what, int64_t number) {
    Told told{what, number};
    if (::write(pipe, &told, sizeof(told)) != sizeof(told)) {
        ::_exit(3);
    }
}

[[noreturn]] void write_until_killed(const std::string& path, int pipe, int64_t first_ts) {
    auto store = Store::open(config_at(path));
    if (!store) {
        ::_exit(2);
    }
    SampleMaker maker;
    for (uint32_t p = 1; p <= 100; p++) {
        maker.process(p, 0.001 * p, p << 20, "p");
    }
    for (int64_t ts = first_ts;; ts++) {
        auto id = static_cast<int64_t>((*store)->next_decision_id());
        (*store)->record(some_decision(static_cast<uint64_t>(id), policy::Phase::decided),
                         [=](Status status) {
                             if (status) {
                                 tell(pipe, 'd', id);
                             }
                         });
        (*store)->submit(maker.at_ts(ts));
        if ((*store)->flush(long_enough_ns)) {
            tell(pipe, 't', ts);
        }
    }
}

struct Promises {
    int64_t newest_tick = 0;
    int64_t newest_decision = 0;
};

Promises run_and_kill(const std::string& path, int64_t first_ts, std::chrono::microseconds life) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::close(pipe[0]);
        write_until_killed(path, pipe[1], first_ts);
    }
    ::close(pipe[1]);
    std::this_thread::sleep_for(life);
    ::kill(child, SIGKILL);
    Promises promises;
    Told told;
    while (::read(pipe[0], &told, sizeof(told)) == sizeof(told)) {
        (told.what == 't' ? promises.newest_tick : promises.newest_decision) = told.number;
    }
    ::close(pipe[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    return promises;
}

} // namespace

TEST_CASE("killed at any moment, nothing that was promised is lost", "[kill]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    int64_t ts = start_ts;
    int64_t decisions = 0;
    bool any = false;
    for (int round = 0; round < 25; round++) {
        Promises promises =
            run_and_kill(path, ts, std::chrono::microseconds(1'000 + random() % 120'000));
        if (!exists(path)) {
            continue; // killed before it had begun
        }
        auto store = open_store(path); // checks the database, and runs what the killed one left
        REQUIRE(store->stats().notice.empty());
        int64_t newest = sql_integer(path, "SELECT coalesce(max(ts), 0) FROM system_raw");
        if (promises.newest_tick > 0) {
            any = true;
            CHECK(newest >= promises.newest_tick);
            CHECK(newest <= promises.newest_tick + 1);
        }
        decisions = std::max(decisions, promises.newest_decision);
        if (decisions > 0) {
            CHECK(sql_integer(path, "SELECT count(*) FROM decision WHERE id <= " +
                                        std::to_string(decisions)) == decisions);
        }
        // A tick is there whole or not at all.
        CHECK(sql_integer(path, "SELECT count(*) FROM (SELECT ts FROM process_raw GROUP BY ts "
                                "HAVING count(*) != 100)") == 0);
        ts = std::max(ts, newest + 1);
        store.reset();
        REQUIRE(sql_text(path, "PRAGMA quick_check") == "ok");
    }
    CHECK(any);
}
