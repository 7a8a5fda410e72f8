// SPDX-License-Identifier: MIT
// The part of the configuration that becomes policy: [policy], [protect], [class.NAME], [[rule]].
#pragma once

#include "collector/config/reader.h"
#include "policy/config.h"

namespace vigia::config {

void read_policy(Table& root, policy::Config& config, bool& default_rules);
void read_protect(Table& root, policy::Config& config);
void read_classes(Table& root, policy::Config& config);
void read_rules(Table& root, policy::Config& config);

} // namespace vigia::config
