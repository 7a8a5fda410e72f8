// SPDX-License-Identifier: MIT
// The built-in actions, for builtin.cpp alone. They hold nothing and live as long as the program.
#pragma once

#include "policy/action.h"

namespace vigia::policy {

const Action& warn_action();
const Action& limit_action();
const Action& pause_action();
const Action& stop_action();
const Action& kill_action();
const Action& remove_action();

} // namespace vigia::policy
