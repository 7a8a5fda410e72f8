// SPDX-License-Identifier: MIT
// The part of the configuration that is not policy.
#pragma once

#include "collector/config/config.h"
#include "collector/config/reader.h"

namespace vigia::config {

// interval, source, run_directory and [system].
void read_sampling(Table& root, Settings& settings);
void read_storage(Table& root, StorageSettings& storage);
void read_engine(Table& root, EngineSettings& engine);
void read_recording(Table& root, RecordingSettings& recording);

} // namespace vigia::config
