// SPDX-License-Identifier: MIT
#include "collector/cli/memory_views.h"

#include <cstring>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "collector/cli/memory_json.h"
#include "collector/cli/memory_panel.h"
#include "collector/cli/width.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::cli;
using nlohmann::json;

namespace {

constexpr uint64_t gib = 1ULL << 30;

struct Memory {
    Memory() {
        sample.record.valid = VIGIA_MEMORY_VALID_PAGES | VIGIA_MEMORY_VALID_EVENTS;
        sample.record.total_bytes = 16 * gib;
        sample.record.available_bytes = 4 * gib;
        sample.record.pages.dirty_bytes = 7;
        sample.record.events.dirtied_pages = 8; // WORKINGSET is not valid
        sample.rates.known = true;
        sample.rates.page_faults_per_second = 123;
        node.valid = zone.valid = VIGIA_MEMORY_VALID_PAGES;
        node.node = zone.node = 3;
        zone.min_bytes = 4096;
        std::memcpy(zone.name, "Nor\x1b[mal", 8);
        sample.nodes = {&node, 1};
        sample.zones = {&zone, 1};
    }

    vigia_memory_node node{};
    vigia_memory_zone zone{};
    MemorySample sample;
};

template <typename Row>
void check_columns(std::span<const Column<Row>> columns) {
    std::set<std::string_view> names;
    std::set<std::string_view> titles;
    for (const auto& column : columns) {
        INFO(column.info.name);
        CHECK(names.insert(column.info.name).second);
        CHECK(titles.insert(column.info.title).second);
        CHECK_FALSE(column.info.help.empty());
        CHECK(column.info.name.size() <= 31); // the help's columns stay aligned
        if (is_number(column.info.unit) && column.info.unit != Unit::identity) {
            CHECK(unit_of(column.info.name) == column.info.unit);
        }
    }
}

} // namespace

TEST_CASE("every column of the memory has a name, a title and a help of its own") {
    check_columns(memory_columns());
    check_columns(node_columns());
    check_columns(zone_columns());
}

TEST_CASE("memory as JSON has its nodes and zones inside, and null for what is not known") {
    const Memory memory;
    const json parsed = json::parse(memory_json(memory.sample));
    CHECK(parsed["total_bytes"] == 16 * gib);
    CHECK(parsed["used_bytes"] == 12 * gib);
    CHECK(parsed["dirty_bytes"] == 7);
    CHECK(parsed["page_faults_per_second"] == 123);
    CHECK(parsed["swap_total_bytes"].is_null());
    CHECK(parsed["dirtied_pages"].is_null());
    CHECK(parsed["refaulted_bytes_per_second"].is_null());
    REQUIRE(parsed["nodes"].size() == 1);
    CHECK(parsed["nodes"][0]["node"] == 3);
    CHECK(parsed["nodes"][0]["swap_cached_bytes"].is_null());
    REQUIRE(parsed["zones"].size() == 1);
    CHECK(parsed["zones"][0]["min_bytes"] == 4096);
    CHECK(parsed["zones"][0]["cma_bytes"].is_null());
}

TEST_CASE("the memory's panel fits any width, and shows no figure that is not known") {
    Memory memory;
    for (const std::size_t width : {20U, 40U, 80U, 140U}) {
        std::istringstream lines(render_memory_panel(memory.sample, {width, 0, false, true}));
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            CHECK(display_width(line) <= width);
        }
    }
    const std::string panel = render_memory_panel(memory.sample, {0, 0, false, true});
    CHECK(panel.find("12.0 GiB of 16.0 GiB, 4.00 GiB available") != std::string::npos);
    CHECK(panel.find("- free, - cached") != std::string::npos); // swap, of the kernel modules
    memory.sample.record.valid = 0;
    const std::string blind = render_memory_panel(memory.sample, {80, 0, false, true});
    CHECK(blind.find("nan") == std::string::npos);
    CHECK(blind.find("GiB") == std::string::npos);
}
