// SPDX-License-Identifier: MIT
// The host's page state from the text of /proc/meminfo, vmstat and zoneinfo. One thread. Nothing is
// allocated after the first round, but for a node or zone that is new.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <vigia/memory.h>

#include "collector/publish/memory_fields.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {

class MemoryText {
public:
    explicit MemoryText(PageSizes sizes);

    // One round: begin, then the texts that could be read, in any order, then finish. A group of
    // fields of which one is missing is zero and not valid.
    void begin();
    void take_meminfo(std::string_view text);
    void take_vmstat(std::string_view text);
    void take_zoneinfo(std::string_view text);
    void finish();

    const vigia_memory& host() const { return host_; }
    const std::vector<vigia_memory_node>& nodes() const { return nodes_; }
    const std::vector<vigia_memory_zone>& zones() const { return zones_; }

private:
    vigia_memory_node& node(uint32_t number);
    void take_node_lines(TextScan& scan, vigia_memory_node& node);
    void take_zone_lines(TextScan& scan, vigia_memory_node& node, vigia_memory_zone& zone);
    void add_zone(vigia_memory_node& node, vigia_memory_zone& zone);

    vigia_memory host_{};
    std::vector<vigia_memory_node> nodes_;
    std::vector<vigia_memory_zone> zones_;
    MemoryFields host_fields_;
    MemoryFields node_fields_;
    MemoryFields zone_fields_;
};

} // namespace vigia::publish
