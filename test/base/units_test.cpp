// SPDX-License-Identifier: MIT
#include "collector/base/units.h"

#include <cstdlib>

#include "collector/base/clock.h"
#include "collector/base/result.h"
#include "test/support/catch.h"

using namespace vigia;

TEST_CASE("sizes are read with their unit") {
    CHECK(parse_size_bytes("512MiB").value() == 512ULL << 20);
    CHECK(parse_size_bytes("1.5GiB").value() == 1536ULL << 20);
    CHECK(parse_size_bytes("2 GB").value() == 2'000'000'000ULL);
    CHECK(parse_size_bytes("0B").value() == 0);
}

TEST_CASE("a size without a unit, or with a wrong one, is refused and told what was expected") {
    for (const char* text : {"512", "", "MiB", "-1MiB", "1e3MiB", "512Mib", "512 MiB ", "0x10B",
                             "nanMiB", "1.MiB", ".5MiB", "1.2.3MiB", "0.3B", "99999999TiB"}) {
        INFO(text);
        const auto result = parse_size_bytes(text);
        REQUIRE_FALSE(result);
        CHECK(result.error().kind() == ErrorKind::usage);
        CHECK(result.error().message().find(text) != std::string::npos);
    }
}

TEST_CASE("shares are read in percent only") {
    CHECK(parse_share_ratio("80%").value() == Approx(0.8));
    CHECK(parse_share_ratio("250 %").value() == Approx(2.5));
    CHECK(parse_share_ratio("0.5%").value() == Approx(0.005));
    for (const char* text : {"80", "0.8", "%", "-5%", "80%%", "eighty%"}) {
        INFO(text);
        CHECK_FALSE(parse_share_ratio(text));
    }
}

TEST_CASE("durations are read with units that fall from left to right") {
    CHECK(parse_duration_ns("30s").value() == 30'000'000'000ULL);
    CHECK(parse_duration_ns("500ms").value() == 500'000'000ULL);
    CHECK(parse_duration_ns("1h30m").value() == 5'400'000'000'000ULL);
    CHECK(parse_duration_ns("7d").value() == 604'800'000'000'000ULL);
    CHECK(parse_duration_ns("20µs").value() == 20'000ULL);
    for (const char* text :
         {"30", "", "s", "30m1h", "1s1s", "-1s", "1 s", "1w", "1h 30m", "400000d"}) {
        INFO(text);
        CHECK_FALSE(parse_duration_ns(text));
    }
}

TEST_CASE("quantities are shown with three digits and their unit") {
    CHECK(format_bytes(0) == "0 B");
    CHECK(format_bytes(1023) == "1023 B");
    CHECK(format_bytes(1024) == "1.00 KiB");
    CHECK(format_bytes(512ULL << 20) == "512 MiB");
    CHECK(format_bytes((1ULL << 30) - 1) == "1.00 GiB");
    CHECK(format_bytes(UINT64_MAX) == "16.0 EiB");
    CHECK(format_ratio(0.1234) == "12.3 %");
    CHECK(format_duration_ns(35'000) == "35.0 µs");
    CHECK(format_duration_ns(120'000'000) == "120 ms");
    CHECK(format_duration_ns(90'000'000'000ULL) == "1m30s");
    CHECK(format_duration_ns(59'960'000'000ULL) == "1m00s");
    CHECK(format_duration_ns(3'661'000'000'000ULL) == "1h01m");
    CHECK(format_duration_ns(90'000'000'000'000ULL) == "1d01h");
}

TEST_CASE("times are shown in the local zone") {
    setenv("TZ", "UTC", 1);
    tzset();
    CHECK(format_time(1'700'000'000'000'000'000ULL) == "2023-11-14 22:13:20");
    CHECK(format_time(1'700'000'000'000'000'000ULL, true) == "2023-11-14 22:13:20+0000");
}

TEST_CASE("an error carries its context from the inside out and its kind along") {
    const Error error = system_error("open /proc/vigia/info", EACCES).within("kernel source");
    CHECK(error.message() == "kernel source: open /proc/vigia/info: Permission denied");
    CHECK(error.kind() == ErrorKind::permission);
}

TEST_CASE("a fake clock moves only as it is told") {
    FakeClock clock;
    const Instant before = clock.now();
    clock.advance(5);
    clock.suspend(7);
    clock.step(-11);
    const Instant after = clock.now();
    CHECK(after.monotonic_ns - before.monotonic_ns == 5);
    CHECK(after.boottime_ns - before.boottime_ns == 12);
    CHECK(after.realtime_ns - before.realtime_ns == 1);
}
