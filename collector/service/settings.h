// SPDX-License-Identifier: MIT
// The configuration's words, the command line's words over them, and the defaults of this host.
#pragma once

#include "collector/base/result.h"
#include "collector/config/config.h"
#include "collector/service/daemon.h"
#include "storage/store.h"

namespace vigia::service {

// What is in force: options over files over defaults, with every path filled in. Errors: usage
// (with file and line where a file is at fault), not_found for a named file that is not there.
Result<config::Settings> load_settings(const DaemonOptions& options);

// The part of it that the store needs.
storage::StoreConfig store_config(const config::StorageSettings& settings);

} // namespace vigia::service
