// SPDX-License-Identifier: MIT
#include "collector/service/log.h"

#include <string>
#include <vector>

#include "test/support/catch.h"

using vigia::service::Log;

namespace {

struct Lines {
    std::vector<std::string> said;
    Log log{[this](std::string_view line) { said.emplace_back(line); }};
};

} // namespace

TEST_CASE("a lasting condition is said when it begins, when it changes and when it ends") {
    Lines lines;
    for (int tick = 0; tick < 3; ++tick) {
        lines.log.condition("database", "disk full", "written again");
    }
    lines.log.condition("database", "read-only", "written again");
    for (int tick = 0; tick < 3; ++tick) {
        lines.log.condition("database", "", "written again");
    }
    CHECK(lines.said ==
          std::vector<std::string>{"warning: disk full", "warning: read-only", "written again"});
}

TEST_CASE("conditions of different topics do not mix") {
    Lines lines;
    lines.log.condition("a", "x");
    lines.log.condition("b", "x");
    lines.log.condition("a", "x");
    CHECK(lines.said.size() == 2);
}

TEST_CASE("lines that are held come out in order and once") {
    Lines lines;
    lines.log.hold();
    lines.log.info("first");
    lines.log.warn("second");
    CHECK(lines.said.empty());
    lines.log.release();
    lines.log.release();
    lines.log.info("third");
    CHECK(lines.said == std::vector<std::string>{"first", "warning: second", "third"});
}

TEST_CASE("a name in the log cannot start a line or move the cursor") {
    Lines lines;
    lines.log.info("container evil\n12:00:00  decision 1\x1B[2J");
    CHECK(lines.said[0] == "container evil\\n12:00:00  decision 1\\x1B[2J");
}
