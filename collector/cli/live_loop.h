// SPDX-License-Identifier: MIT
// The loop of all live views: sample, render, show; once, or again and again.
#pragma once

#include <functional>
#include <string>

#include "collector/cli/live.h"
#include "collector/cli/options.h"
#include "collector/cli/terminal.h"
#include "collector/sampler/sample.h"

namespace vigia::cli {

// One sample as it is to be shown.
struct Shown {
    std::string text;
    std::string note;     // for the person, beside the data
    bool found = true;    // false: what was asked for is not there
    bool lacking = false; // the note says what is missing
};

struct Frame {
    Terminal terminal;
    std::size_t lines = 0; // a table's rows should not take more; 0: no bound
    bool first = true;     // of a series: CSV has one header
};

using RenderSample = std::function<Shown(const Sample& sample, const Frame& frame)>;

// What the options say, or the default.
uint64_t interval_of(const LiveOptions& options);

// `title` is the command's name.
int run_live(const char* title, const LiveOptions& options, const RenderSample& render_sample,
             Observer observer = {});

} // namespace vigia::cli
