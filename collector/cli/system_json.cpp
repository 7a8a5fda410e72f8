// SPDX-License-Identifier: MIT
#include "collector/cli/system_json.h"

#include "collector/cli/json_members.h"
#include "collector/cli/views.h"

namespace vigia::cli {

std::string system_json(const Sample& sample) {
    JsonWriter json;
    json.begin_object();
    write_members(json, system_columns(), SystemRow{&sample});
    json.key("cpus").begin_array();
    for (const CpuSample& cpu : sample.system.cpus) {
        json.begin_object();
        write_members(json, cpu_columns(), CpuRow{&cpu, &sample});
        json.end_object();
    }
    json.end_array().key("mounts").begin_array();
    for (const vigia_mount& mount : sample.system.mounts) {
        json.begin_object();
        write_members(json, mount_columns(), MountRow{&mount, &sample});
        json.end_object();
    }
    return json.end_array().end_object().text();
}

} // namespace vigia::cli
