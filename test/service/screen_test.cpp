// SPDX-License-Identifier: MIT
#include "collector/service/screen.h"

#include <cstring>

#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::service;

namespace {

std::string find_row(const std::vector<std::string>& lines, std::string_view label) {
    for (const std::string& line : lines) {
        if (line.starts_with(label)) {
            return line;
        }
    }
    return {};
}

struct Given {
    config::Settings settings;
    Beginning beginning{"publisher: no modules", "none at /run/docker.sock", false,
                        "/var/lib/vigia/h.db", 512U << 20};
    Sample sample;
    ContainerSample container;
    ProcessSample processes[2]{};

    Given() {
        std::memcpy(sample.info.hostname, "host\x1B[31m", 10);
        std::memcpy(sample.info.kernel_release, "6.1", 4);
        sample.info.cpu_count = 2;
        sample.info.cgroup_mode = VIGIA_CGROUP_V2;
        sample.system.record.memory_total_bytes = 1ULL << 30;
        container.has_cgroup = true;
        container.process_count = 1;
        processes[1].container = 0;
        sample.containers = {&container, 1};
        sample.processes = processes;
        settings.policy.rules.resize(1);
        settings.policy.rules[0].name = "too-many";
    }
};

} // namespace

TEST_CASE(
    "the first screen says what is watched, from where, what would be done and where it is kept") {
    Given given;
    const auto lines = first_screen(given.settings, given.beginning, given.sample, 0);
    CHECK(lines.size() <= 12);
    CHECK(lines[0].find("dry run") != std::string::npos);
    CHECK(find_row(lines, "source") == "source      publisher: no modules");
    CHECK(find_row(lines, "host") ==
          "host        host\\x1B[31m, Linux 6.1, 2 CPUs, 1.00 GiB memory, cgroup v2");
    CHECK(find_row(lines, "sees") ==
          "sees        2 processes (1 in containers), 1 container running, 0 control groups");
    CHECK(find_row(lines, "database").find("at most 512 MiB") != std::string::npos);
    CHECK(find_row(lines, "would do") == "would do    nothing now");
    given.beginning.engine_present = true;
    CHECK(find_row(first_screen(given.settings, given.beginning, given.sample, 0), "would do") ==
          "would do    nothing: no rule is broken now");
    CHECK(find_row(lines, "rules").find("too-many") != std::string::npos);
}

TEST_CASE("decisions in dry run are announced as not done") {
    Given given;
    const auto lines = first_screen(given.settings, given.beginning, given.sample, 2);
    CHECK(find_row(lines, "would do").find("nothing of it is done without --enforce") !=
          std::string::npos);
}

TEST_CASE("an enforcing daemon says so in its first line") {
    Given given;
    given.settings.policy.mode = policy::Mode::enforce;
    const auto lines = first_screen(given.settings, given.beginning, given.sample, 0);
    CHECK(lines[0].find("ENFORCING") != std::string::npos);
    CHECK(find_row(lines, "would do").empty());
}

TEST_CASE("the last screen counts what was done and what it cost") {
    Ending ending;
    ending.duration_ns = 30'000'000'000;
    ending.cpu_ns = 300'000'000;
    ending.samples = 30;
    ending.database = "/h.db";
    ending.store.rows_written = 7;
    const auto lines = last_screen(ending);
    CHECK(lines[0].find("30 samples") != std::string::npos);
    CHECK(lines[1].find("1.00 %") != std::string::npos);
    CHECK(lines[2].find("7 rows") != std::string::npos);
}
