// SPDX-License-Identifier: MIT
// A reader that holds its transaction for long must not make the log grow without bound.
#include "collector/base/limits.h"
#include "test/storage/fixture.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::storage;

namespace {

void fill(SampleMaker& maker) {
    maker.clear();
    for (uint32_t p = 1; p <= 450; p++) {
        maker.process(p, 0.001 * p, p << 20);
    }
}

} // namespace

TEST_CASE("with a slow reader samples are dropped at the cap, decisions still kept, and all goes "
          "on when the reader has gone",
          "[reader]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.size_cap_bytes = limits::store_size_cap_minimum_bytes;
    auto store = open_store(config);
    SampleMaker maker;
    fill(maker);
    int64_t ts = start_ts;
    auto tick = [&] {
        REQUIRE(store->submit(maker.at_ts(ts++)));
        return store->flush(long_enough_ns);
    };
    REQUIRE(tick());
    auto reader = Connection::open(path, Connection::Access::read_only);
    REQUIRE(reader);
    REQUIRE(reader->execute("BEGIN"));
    REQUIRE(reader->integer("SELECT count(*) FROM system_raw"));

    Status last;
    for (int i = 0; i < 2'000 && last; i++) {
        last = tick();
        REQUIRE(store->stats().size_bytes <= config.size_cap_bytes);
    }
    REQUIRE(!last);
    CHECK(last.error().message().find("reading it for long") != std::string::npos);
    CHECK(!store->stats().writable);
    CHECK(store->stats().batches_failed >= 1);
    record(*store, some_decision(1));
    CHECK(store->stats().size_bytes <= config.size_cap_bytes);

    REQUIRE(reader->execute("COMMIT"));
    CHECK(tick());
    CHECK(store->stats().writable);
    CHECK(store->stats().last_error.empty());
    CHECK(sql_integer(path, "SELECT sum(value) FROM v_event WHERE kind = 'samples_lost'") ==
          static_cast<int64_t>(store->stats().batches_failed));
    for (int i = 0; i < 200; i++) {
        REQUIRE(tick());
    }
    CHECK(store->stats().size_bytes <= config.size_cap_bytes);
}

TEST_CASE("readers that come and go hinder nothing", "[reader]") {
    Folder folder;
    std::string path = folder.file("history.db");
    auto config = config_at(path);
    config.size_cap_bytes = limits::store_size_cap_minimum_bytes;
    auto store = open_store(config);
    SampleMaker maker;
    fill(maker);
    for (int64_t i = 0; i < 600; i++) {
        REQUIRE(store->submit(maker.at_ts(start_ts + i)));
        if (i % 5 == 0) {
            CHECK(sql_integer(path, "SELECT count(*) FROM system_raw") >= 0);
        }
        flush(*store);
    }
    CHECK(store->stats().batches_failed == 0);
}
