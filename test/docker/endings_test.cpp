// SPDX-License-Identifier: MIT
#include "collector/docker/endings.h"

#include <csignal>

#include "test/support/catch.h"

using vigia::docker::Endings;

TEST_CASE("a stop that Vigia did not ask for is a person's") {
    Endings endings;
    endings.kill_event("a", SIGTERM);
    endings.die_event("a", 0, true);
    CHECK(endings.ended_by_person("a", 0, false));
    endings.stop_event("a");
    CHECK(endings.ended_by_person("a", 0, false));
}

TEST_CASE("a stop that Vigia asked for is not a person's") {
    Endings endings;
    endings.we_ask("a");
    endings.kill_event("a", SIGTERM);
    endings.kill_event("a", SIGKILL);
    endings.die_event("a", 137, true);
    endings.stop_event("a");
    CHECK_FALSE(endings.ended_by_person("a", 137, false));
}

TEST_CASE("a person who was faster than Vigia is believed") {
    Endings endings;
    endings.kill_event("a", SIGTERM);
    endings.we_ask("a");
    endings.die_event("a", 143, true);
    CHECK(endings.ended_by_person("a", 143, false));
}

TEST_CASE("Vigia's request that did nothing leaves the next stop to a person") {
    Endings endings;
    endings.we_ask("a");
    endings.we_did_nothing("a");
    endings.kill_event("a", SIGTERM);
    endings.die_event("a", 143, true);
    CHECK(endings.ended_by_person("a", 143, false));
}

TEST_CASE("a restart clears who stopped it before") {
    Endings endings;
    endings.kill_event("a", SIGTERM);
    endings.die_event("a", 143, true);
    endings.start_event("a");
    endings.die_event("a", 1, true);
    CHECK_FALSE(endings.ended_by_person("a", 1, false));
}

TEST_CASE("a signal that talks to a program does not make its end a person's") {
    Endings endings;
    for (int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH}) {
        endings.kill_event("a", signal);
    }
    endings.die_event("a", 1, true);
    CHECK_FALSE(endings.ended_by_person("a", 1, false));
    endings.stop_event("a"); // but a stop whose signal was SIGWINCH is still seen
    CHECK(endings.ended_by_person("a", 1, false));
}

TEST_CASE("a kill event without a signal counts as one that ends") {
    Endings endings;
    endings.kill_event("a", std::nullopt);
    endings.die_event("a", 0, true);
    CHECK(endings.ended_by_person("a", 0, false));
}

TEST_CASE("an end that was not seen is a person's if its exit code says killed or terminated") {
    Endings endings;
    CHECK(endings.ended_by_person("a", 137, false));
    CHECK(endings.ended_by_person("a", 143, false));
    CHECK(endings.ended_by_person("a", std::nullopt, false)); // not known yet: careful
    CHECK_FALSE(endings.ended_by_person("a", 0, false));
    CHECK_FALSE(endings.ended_by_person("a", 1, false));
    CHECK_FALSE(endings.ended_by_person("a", 137, true)); // the OOM killer did it
}

TEST_CASE("an end seen too soon to know what led to it is treated like one not seen") {
    Endings endings;
    endings.die_event("a", 143, false);
    CHECK(endings.ended_by_person("a", 143, false));
    endings.die_event("b", 143, true);
    CHECK_FALSE(endings.ended_by_person("b", 143, false));
    endings.oom_event("c");
    endings.die_event("c", 137, false);
    CHECK_FALSE(endings.ended_by_person("c", 137, false));
}

TEST_CASE("an end not seen that Vigia asked for is Vigia's") {
    Endings endings;
    endings.we_ask("a");
    CHECK_FALSE(endings.ended_by_person("a", 137, false));
}
