// SPDX-License-Identifier: MIT
// From parsed text to the ABI's record. Pure functions.
#pragma once

#include <vigia/processes.h>

#include "collector/publish/proc_text.h"

namespace vigia::publish {

struct ProcessHost;

vigia_process_state process_state(char letter);

// Everything that stat says, with the times of schedstat where they are finer and consistent.
// cpu_runtime_ns never falls.
void fill_from_stat(vigia_process& record, const ProcStat& stat, const ProcSchedstat& schedstat,
                    const ProcessHost& host);
void fill_from_status(vigia_process& record, const ProcStatus& status);
void fill_from_io(vigia_process& record, const ProcIo& io);

} // namespace vigia::publish
