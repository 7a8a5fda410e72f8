// SPDX-License-Identifier: MIT
#include "collector/cli/value.h"

#include <cmath>

#include <vigia/cgroups.h>

#include "test/support/catch.h"

using namespace vigia::cli;

TEST_CASE("values read as people write them") {
    CHECK(to_human(uint64_t{12345}, Unit::identity) == "12345");
    CHECK(to_human(uint64_t{18'446'744'073'709'551'614U}, Unit::identity) ==
          "18446744073709551614");
    CHECK(to_human(uint64_t{0}, Unit::bytes) == "0");
    CHECK(to_human(uint64_t{536'870'912}, Unit::bytes) == "512 MiB");
    CHECK(to_human(2048.4, Unit::bytes_per_second) == "2.00 KiB");
    CHECK(to_human(0.123, Unit::cpu_ratio) == "12.3");
    CHECK(to_human(64.0, Unit::cpu_ratio) == "6400");
    CHECK(to_human(uint64_t{99'999}, Unit::count) == "99999");
    CHECK(to_human(uint64_t{1'234'567}, Unit::count) == "1.23 M");
    CHECK(to_human(uint64_t{999'999}, Unit::count) == "1 M");
    CHECK(to_human(int64_t{-20}, Unit::count) == "-20");
    CHECK(to_human(0.25, Unit::per_second) == "0.2");
    CHECK(to_human(true, Unit::text) == "yes");
    CHECK(to_human(uint64_t{90'000'000'000}, Unit::duration_ns) == "1m30s");
}

TEST_CASE("what cannot be known is a dash, and no limit is none") {
    CHECK(to_human(Value{}, Unit::bytes) == "-");
    CHECK(to_human(std::nan(""), Unit::ratio) == "-");
    CHECK(to_human(INFINITY, Unit::bytes) == "-");
    CHECK(to_human(std::string(), Unit::text) == "-");
    CHECK(to_human(uint64_t{0}, Unit::time_ns) == "-");
    CHECK(to_human(VIGIA_NO_LIMIT, Unit::bytes) == "none");
}

TEST_CASE("negative and huge numbers do not disturb") {
    CHECK(to_human(-5.0, Unit::bytes) == "0");
    CHECK_FALSE(to_human(1e300, Unit::bytes).empty());
    CHECK_FALSE(to_human(1e300, Unit::duration_ns).empty());
    CHECK_FALSE(to_human(1e300, Unit::count).empty());
}

TEST_CASE("the unit stands last in a field's name") {
    CHECK(unit_of("rss_bytes") == Unit::bytes);
    CHECK(unit_of("read_bytes_per_second") == Unit::bytes_per_second);
    CHECK(unit_of("forks_per_second") == Unit::per_second);
    CHECK(unit_of("cpu_runtime_ns") == Unit::duration_ns);
    CHECK(unit_of("created_realtime_ns") == Unit::time_ns);
    CHECK(unit_of("ts") == Unit::time_s);
    CHECK(unit_of("cpu_ratio") == Unit::ratio);
    CHECK(unit_of("cgroup_id") == Unit::identity);
    CHECK(unit_of("thread_count") == Unit::count);
}

TEST_CASE("order is by size across kinds of numbers, and nothing comes first") {
    CHECK(less(uint64_t{2}, 2.5));
    CHECK(less(int64_t{-1}, uint64_t{0}));
    CHECK_FALSE(less(uint64_t{2}, uint64_t{2}));
    CHECK(less(uint64_t{18'446'744'073'709'551'614U}, uint64_t{18'446'744'073'709'551'615U}));
    CHECK(less(std::string("a"), std::string("b")));
    CHECK(less(Value{}, uint64_t{0}));
}
