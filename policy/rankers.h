// SPDX-License-Identifier: MIT
// The built-in rankers, for builtin.cpp alone. They hold nothing and live as long as the program.
#pragma once

#include "policy/ranker.h"

namespace vigia::policy {

const Ranker& largest_memory();
const Ranker& most_cpu();
const Ranker& most_io();
const Ranker& newest();
const Ranker& oldest();
const Ranker& most_restarts();

} // namespace vigia::policy
