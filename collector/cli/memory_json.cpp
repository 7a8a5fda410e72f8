// SPDX-License-Identifier: MIT
#include "collector/cli/memory_json.h"

#include "collector/cli/json_members.h"
#include "collector/cli/memory_views.h"

namespace vigia::cli {

std::string memory_json(const MemorySample& sample) {
    JsonWriter json;
    json.begin_object();
    write_members(json, memory_columns(), MemoryRow{&sample});
    json.key("nodes").begin_array();
    for (const vigia_memory_node& node : sample.nodes) {
        json.begin_object();
        write_members(json, node_columns(), NodeRow{&node});
        json.end_object();
    }
    json.end_array().key("zones").begin_array();
    for (const vigia_memory_zone& zone : sample.zones) {
        json.begin_object();
        write_members(json, zone_columns(), ZoneRow{&zone});
        json.end_object();
    }
    return json.end_array().end_object().text();
}

} // namespace vigia::cli
