// SPDX-License-Identifier: MIT
// What the live tests judge by: it must be able to say no.
#include "test/publish/differential.h"

#include "test/support/catch.h"

using namespace vigia::test;

TEST_CASE("a counter has to lie between the two readings every time") {
    Differential result;
    result.compare("1 (init)", "read_calls", Kind::counter, 15, 10, 20, 0);
    CHECK(result.findings(2).empty());
    result.compare("1 (init)", "read_calls", Kind::counter, 9, 10, 20, 0);
    CHECK(result.findings(2) == "1 (init) read_calls: 9 published, 10 before, 20 after\n");
    CHECK(result.compared() == 2);
}

TEST_CASE("a gauge that stands still and is wrong in every round is wrong") {
    Differential result;
    result.compare("1 (init)", "rss_bytes", Kind::gauge, 7, 5, 5, 1);
    CHECK(result.findings(2).empty());
    result.compare("1 (init)", "rss_bytes", Kind::gauge, 7, 5, 5, 1);
    CHECK(result.findings(2) == "1 (init) rss_bytes: 7 published, 5 before, 5 after\n");
}

TEST_CASE("one good round clears a gauge, and one that moved proves nothing") {
    Differential result;
    result.compare("1 (init)", "rss_bytes", Kind::gauge, 6, 5, 5, 1);
    result.compare("1 (init)", "rss_bytes", Kind::gauge, 9, 5, 5, 1);
    result.compare("1 (init)", "swap_bytes", Kind::gauge, 9, 5, 6, 1);
    result.compare("1 (init)", "swap_bytes", Kind::gauge, 3, 5, 6, 1);
    CHECK(result.findings(2).empty());
}
