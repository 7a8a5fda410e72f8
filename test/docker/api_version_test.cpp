// SPDX-License-Identifier: MIT
#include "collector/docker/api_version.h"
#include "test/support/catch.h"

using namespace vigia::docker;

TEST_CASE("only two numbers with a dot between them are a version") {
    CHECK(parse_api_version("1.41") == ApiVersion{1, 41});
    for (const char* text : {"", "1", "1.", ".4", "1.4.1", "v1.41", "1.41 ", "-1.4",
                             "1.99999999999", "a.b", "1.4\n"}) {
        INFO(text);
        CHECK_FALSE(parse_api_version(text).has_value());
    }
}

TEST_CASE("the agreed version lies in what the engine serves, ours if possible") {
    struct Row {
        const char* newest;
        const char* minimum;
        const char* agreed;
    };
    const Row rows[] = {
        {"1.41", "1.12", "1.41"},                           // Debian 12
        {"1.40", "1.24", "1.40"},                           // Podman 3 and 4
        {"1.41", "1.24", "1.41"},                           // Podman 5
        {"1.47", "1.24", "1.47"}, {"1.52", "1.44", "1.47"}, // Docker 29
        {"1.56", "1.40", "1.47"}, {"1.60", "1.50", "1.50"}, // newer than anything we know
        {"1.12", "1.12", "1.12"}, {"1.30", "", "1.30"},
        {"1.41", "1.44", "1.41"}, // nonsense: a minimum above the newest is not believed
    };
    for (const Row& row : rows) {
        INFO(row.newest << " from " << row.minimum);
        auto agreed = negotiate(*parse_api_version(row.newest), parse_api_version(row.minimum));
        REQUIRE(agreed);
        CHECK(to_string(*agreed) == row.agreed);
    }
}

TEST_CASE("an engine from before 1.12 is refused by name") {
    auto agreed = negotiate({1, 11}, std::nullopt);
    REQUIRE_FALSE(agreed);
    CHECK(agreed.error().message().find("1.11") != std::string::npos);
}

TEST_CASE("a refusal says which version is wanted") {
    CHECK(version_asked_for("client version 1.47 is too new. Maximum supported API version is 1.41",
                            {1, 47}) == ApiVersion{1, 41});
    CHECK(version_asked_for("client version 1.41 is too old. Minimum supported API version is "
                            "1.44, please upgrade your client to a newer version",
                            {1, 41}) == ApiVersion{1, 44});
}

TEST_CASE("a refusal that asks for what was tried, or for something absurd, changes nothing") {
    CHECK_FALSE(version_asked_for("Maximum supported API version is 1.41", {1, 41}));
    CHECK_FALSE(version_asked_for("Maximum supported API version is 0.1", {1, 41}));
    CHECK_FALSE(version_asked_for("Maximum supported API version is x", {1, 41}));
    CHECK_FALSE(version_asked_for("no such thing", {1, 41}));
}
