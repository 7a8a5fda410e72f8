// SPDX-License-Identifier: MIT
#include "collector/docker/rfc3339.h"
#include "test/support/catch.h"

using vigia::docker::parse_rfc3339_ns;

TEST_CASE("the engine's times are read to the nanosecond, with any offset") {
    CHECK(parse_rfc3339_ns("1970-01-02T00:00:00Z") == 86'400'000'000'000);
    CHECK(parse_rfc3339_ns("2026-11-20T03:42:10.123456789Z") == 1'795'146'130'123'456'789);
    CHECK(parse_rfc3339_ns("2026-11-20T04:42:10.123456789+01:00") == 1'795'146'130'123'456'789);
    CHECK(parse_rfc3339_ns("2026-11-20T03:42:10.5Z") == 1'795'146'130'500'000'000);
    CHECK(parse_rfc3339_ns("2026-11-20T03:42:10.1234567891234Z") == 1'795'146'130'123'456'789);
}

TEST_CASE("never, and anything that is no time, is 0") {
    for (const char* text :
         {"0001-01-01T00:00:00Z", "", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
          "2026-11-20 03:42:10Z", "2026-11-20T24:00:00Z", "2026-11-20T03:42:10",
          "2026-11-20T03:42:10Zx", "2026-11-20T03:42:10+1:00", "9999-01-01T00:00:00Z", "-1-1-1"}) {
        INFO(text);
        CHECK(parse_rfc3339_ns(text) == 0);
    }
}
