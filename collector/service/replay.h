// SPDX-License-Identifier: MIT
// The daemon over a recording: the same sampler, policy and store, and the recording's time. Always
// a dry run: there is no container engine to ask anything of.
#pragma once

#include <cstdint>

#include "collector/recording/replay.h"
#include "collector/service/daemon.h"

namespace vigia::service {

// Goes through `replay` from where it stands to its end, `speed` times as fast as it was (0: as
// fast as it can), or until a signal or the end of `options.for_ns`. A history is kept only where
// `options` name a database, so that none of the present is mixed with the past. Says what it does
// on stderr. Returns the exit code: 0, 1 failed, 2 the words or the configuration are wrong, 4 a
// named file does not exist.
int run_replay(const DaemonOptions& options, recording::Replay& replay, uint64_t speed);

} // namespace vigia::service
