// SPDX-License-Identifier: MIT
#include "collector/cli/when.h"

#include <cstdlib>
#include <ctime>

#include "collector/base/clock.h"
#include "test/support/catch.h"

using namespace vigia;
using vigia::cli::parse_when;

namespace {

// A zone with summer time for as long as a test runs.
class Zone {
public:
    explicit Zone(const char* name) {
        setenv("TZ", name, 1);
        tzset();
    }
    ~Zone() {
        unsetenv("TZ");
        tzset();
    }
};

constexpr const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3"; // needs no zone files
constexpr uint64_t now = 1'763'632'800 * ns_per_second;      // 2025-11-20 11:00:00 in Berlin

int64_t seconds(std::string_view text) {
    const auto found = parse_when(text, now);
    INFO(text);
    REQUIRE(found);
    return static_cast<int64_t>(*found / ns_per_second);
}

constexpr int64_t now_s = 1'763'632'800;

} // namespace

TEST_CASE("a duration is that long ago") {
    CHECK(seconds("10m") == now_s - 600);
    CHECK(seconds("10m ago") == now_s - 600);
    CHECK(seconds("-10m") == now_s - 600);
    CHECK(seconds("1h30m") == now_s - 5400);
    CHECK(seconds("  1H  ago ") == now_s - 3600);
    CHECK(seconds("2 hours ago") == now_s - 7200);
    CHECK(seconds("1 day") == now_s - 86'400);
    CHECK(seconds("3 weeks ago") == now_s - 21 * 86'400);
    CHECK(seconds("5 min ago") == now_s - 300);
    CHECK(*parse_when("500ms", now) == now - 500 * ns_per_millisecond);
    CHECK(seconds("now") == now_s);
}

TEST_CASE("days have names and begin at local midnight") {
    const Zone zone(berlin);
    CHECK(seconds("today") == now_s - 11 * 3600);
    CHECK(seconds("yesterday") == now_s - 35 * 3600);
    CHECK(seconds("Yesterday 18:00") == now_s - 17 * 3600);
    CHECK(seconds("today 10:30:15") == now_s - 1800 + 15);
}

TEST_CASE("a time of day alone is the last time it was that late") {
    const Zone zone(berlin);
    CHECK(seconds("10:00") == now_s - 3600);
    CHECK(seconds("11:00") == now_s);
    CHECK(seconds("11:00:01") == now_s - 86'400 + 1);
    CHECK(seconds("23:59") == now_s - 11 * 3600 - 60);
}

TEST_CASE("calendar days, with and without a time and a zone") {
    const Zone zone(berlin);
    CHECK(seconds("2025-11-20") == now_s - 11 * 3600);
    CHECK(seconds("2025-11-20 11:00") == now_s);
    CHECK(seconds("2025-11-20T11:00:00") == now_s);
    CHECK(seconds("2025-11-20T10:00:00Z") == now_s);
    CHECK(seconds("2025-11-20T15:30:00+05:30") == now_s);
    CHECK(seconds("2025-11-20 05:00-0500") == now_s);
    CHECK(seconds("2024-02-29") == 1'709'161'200); // a leap day
    CHECK(seconds("@1763632800") == now_s);
    CHECK(seconds("@0") == 0);
}

TEST_CASE("yesterday has 23 or 25 hours when the clocks change") {
    const Zone zone(berlin);
    const uint64_t after_spring = 1'743'400'800 * ns_per_second; // 2025-03-31 08:00 CEST
    CHECK(*parse_when("yesterday", after_spring) / ns_per_second == 1'743'289'200);
    CHECK(*parse_when("today", after_spring) / ns_per_second == 1'743'372'000);
    const uint64_t after_autumn = 1'761'548'400 * ns_per_second; // 2025-10-27 08:00 CET
    CHECK(*parse_when("yesterday", after_autumn) / ns_per_second == 1'761'429'600);
}

TEST_CASE("what is no time is refused with what can be said") {
    for (const char* text : {"",
                             " ",
                             "10",
                             "tomorrow",
                             "25:00",
                             "10:60",
                             "10:00:60",
                             "1:00",
                             "2025-13-01",
                             "2025-02-29",
                             "2025-11-31",
                             "2025-11-20 10",
                             "2025-11-20 10:00 CET",
                             "20-11-2025",
                             "2025-11-20T10:00:00+99:00",
                             "@",
                             "@-5",
                             "@1e9",
                             "99999999999d",
                             "yesterdayish",
                             "yesterday 18",
                             "ago",
                             "- 5m x",
                             "\x1b[31m",
                             "@99999999999999999999"}) {
        INFO(text);
        const auto found = parse_when(text, now);
        REQUIRE_FALSE(found);
        CHECK(found.error().kind() == ErrorKind::usage);
        CHECK(found.error().message().find("2 hours ago") != std::string::npos);
        CHECK(found.error().message().find('\x1b') == std::string::npos);
    }
}
