// SPDX-License-Identifier: MIT
// The live views and their columns. Getters are pure functions of a row; rows point into a sample
// and live no longer than it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "collector/cli/columns.h"
#include "collector/sampler/sample.h"

namespace vigia::cli {

// Names of users, each looked up once. One thread.
class UserNames {
public:
    // The user's name, or the number as text where there is none.
    const std::string& name(uint32_t uid);

private:
    std::unordered_map<uint32_t, std::string> names_;
};

struct ProcessRow {
    const ProcessSample* process;
    const Sample* sample;
    UserNames* users;
};

struct ExitRow {
    const ExitSample* exit;
    const Sample* sample;
    UserNames* users;
};

// One event, with what is known of whom it is about.
struct EventRow {
    vigia_event event;
    Instant now; // of all clocks, to tell the event's time by
    std::string container;
    std::string container_id;
    std::string comm;
};

struct ContainerRow {
    const ContainerSample* container;
    const Sample* sample;
};

struct SystemRow {
    const Sample* sample;
};

struct CpuRow {
    const CpuSample* cpu;
    const Sample* sample;
};

struct MountRow {
    const vigia_mount* mount;
    const Sample* sample;
};

std::span<const Column<ProcessRow>> process_columns();
std::span<const Column<ExitRow>> exit_columns();
std::span<const Column<EventRow>> event_columns();
std::span<const Column<ContainerRow>> container_columns();
std::span<const Column<SystemRow>> system_columns();
std::span<const Column<CpuRow>> cpu_columns();
std::span<const Column<MountRow>> mount_columns();

// The container of this index, which may be gone, or nullptr.
const ContainerSample* container_at(const Sample& sample, int32_t index);
// The container that a process belongs to, or nullptr.
const ContainerSample* container_of(const Sample& sample, const ProcessSample& process);
// comm or a path without the NULs behind it.
std::string_view name_in(std::span<const char> field);
std::string_view state_name(uint32_t state); // of enum vigia_process_state: "running"

} // namespace vigia::cli
