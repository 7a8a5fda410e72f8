// SPDX-License-Identifier: MIT
// A recording in the views: one moment of it, or all of it as it went on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collector/base/result.h"
#include "collector/cli/live.h"
#include "collector/cli/options.h"
#include "collector/recording/replay.h"

namespace vigia::cli {

// True for "replay:FILE".
bool is_replay(std::string_view source);

// Opens the recording that `source` names, with the part of it that `options` say: --from and --to.
// Times that are relative ("10m ago") or incomplete ("10:00") count from its end. Errors: usage,
// and those of Replay::open().
Result<std::unique_ptr<recording::Replay>> open_recording(std::string_view source,
                                                          const ReplayOptions& options);

// The feed of `options.source`. --watch: from --from to --to, at --speed. Else the moment --at, or
// the end.
Result<std::unique_ptr<SampleFeed>> open_replay(const LiveOptions& options);

} // namespace vigia::cli
