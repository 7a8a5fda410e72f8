// SPDX-License-Identifier: MIT
#include "collector/service/paths.h"

#include <cstdlib>
#include <unistd.h>

#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::service;

TEST_CASE("an engine's socket tells by its name whether it is Podman's") {
    const auto engines = engines_at({"/run/docker.sock", "/run/podman/podman.sock"});
    REQUIRE(engines.size() == 2);
    CHECK(engines[0].runtime == Runtime::docker);
    CHECK(engines[1].runtime == Runtime::podman);
}

TEST_CASE("the usual sockets are looked for when the configuration names none") {
    unsetenv("DOCKER_HOST");
    unsetenv("CONTAINER_HOST");
    const auto engines = default_engines();
    REQUIRE(engines.size() >= 2);
    CHECK(engines[0].socket_path == "/run/docker.sock");
}

TEST_CASE("the engines' own variables say where they are, if it is a socket") {
    setenv("DOCKER_HOST", "unix:///a/docker.sock", 1);
    setenv("CONTAINER_HOST", "tcp://127.0.0.1:1", 1);
    const auto engines = default_engines();
    CHECK(engines[0].socket_path == "/a/docker.sock");
    CHECK(engines[1].socket_path == "/run/podman/podman.sock");
    CHECK(engines[1].runtime == Runtime::podman);
    unsetenv("DOCKER_HOST");
    unsetenv("CONTAINER_HOST");
}

TEST_CASE("root's files lie under /var and /run, everybody else's in their own folders") {
    if (geteuid() == 0) {
        CHECK(default_database_path() == "/var/lib/vigia/history.db");
        CHECK(default_run_directory() == "/run/vigia");
    } else {
        setenv("XDG_STATE_HOME", "/state", 1);
        setenv("XDG_RUNTIME_DIR", "/runtime", 1);
        CHECK(default_database_path() == "/state/vigia/history.db");
        CHECK(default_run_directory() == "/runtime/vigia");
    }
}
