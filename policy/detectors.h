// SPDX-License-Identifier: MIT
// The makers of the built-in detectors, for builtin.cpp alone.
#pragma once

#include <memory>

#include "policy/detector.h"

namespace vigia::policy {

using DetectorPointer = std::unique_ptr<Detector>;

// Of a container. Rates need two samples; pressure needs PSI in the kernel.
DetectorPointer make_memory_above(const DetectorConfig& config);
DetectorPointer make_cpu_above(const DetectorConfig& config);
DetectorPointer make_io_above(const DetectorConfig& config);
DetectorPointer make_read_above(const DetectorConfig& config);
DetectorPointer make_write_above(const DetectorConfig& config);
DetectorPointer make_pids_above(const DetectorConfig& config);
DetectorPointer make_cpu_pressure_above(const DetectorConfig& config);
DetectorPointer make_memory_pressure_above(const DetectorConfig& config);
DetectorPointer make_io_pressure_above(const DetectorConfig& config);
DetectorPointer make_oom_kills_above(const DetectorConfig& config);
DetectorPointer make_execs_above(const DetectorConfig& config); // needs events of the source
DetectorPointer make_restarts_above(const DetectorConfig& config);

// Of the rule's selection.
DetectorPointer make_count_above(const DetectorConfig& config);

// Of the host.
DetectorPointer make_host_memory_above(const DetectorConfig& config);
DetectorPointer make_host_swap_above(const DetectorConfig& config);
DetectorPointer make_host_cpu_above(const DetectorConfig& config);
DetectorPointer make_host_load_above(const DetectorConfig& config);
DetectorPointer make_host_memory_pressure_above(const DetectorConfig& config);
DetectorPointer make_host_storage_above(const DetectorConfig& config);

} // namespace vigia::policy
