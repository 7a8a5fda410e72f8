// SPDX-License-Identifier: MIT
// What each command does. All return the program's exit code; data goes to stdout, everything else
// to stderr.
#pragma once

#include "collector/cli/options.h"

namespace vigia::cli {

int run(const Finished& finished);
int run(const DaemonCommand& command);
int run(const PublishCommand& command);
int run(const RecordCommand& command);
int run(const RehearseCommand& command);
int run(const SystemCommand& command);
int run(const MemoryCommand& command);
int run(const ProcessesCommand& command);
int run(const ProcessCommand& command);
int run(const ContainersCommand& command);
int run(const EventsCommand& command);
int run(const HistoryCommand& command);
int run(const WhyCommand& command);
int run(const DoctorCommand& command);
int run(const VersionCommand& command);

} // namespace vigia::cli
