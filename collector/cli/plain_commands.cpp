// SPDX-License-Identifier: MIT
// The commands that are one call: help and complaints, the daemon, the version.
#include "collector/cli/commands.h"

#include <fmt/format.h>

#include <vigia/version.h>

#include "collector/cli/render.h"
#include "collector/cli/replay_feed.h"
#include "collector/cli/terminal.h"
#include "collector/cli/writers.h"
#include "collector/service/replay.h"

namespace vigia::cli {
namespace {

int put(const std::string& text) {
    const auto written = write_stdout(text);
    return written ? exit_ok : fail(written.error());
}

} // namespace

int run(const Finished& finished) {
    for (const char letter : finished.to_stderr) {
        std::fputc(letter, stderr);
    }
    const int code = put(finished.to_stdout);
    return code != exit_ok ? code : finished.exit_code;
}

int run(const DaemonCommand& command) {
    const bool replays = command.source && is_replay(*command.source);
    if (!replays && command.replay.is_given()) {
        return fail(Error(ErrorKind::usage, "--from, --to and --speed are about a recording: "
                                            "--source replay:FILE"));
    }
    if (!replays || command.check_config) {
        return service::run_daemon(command);
    }
    auto replay = open_recording(*command.source, command.replay);
    if (!replay) {
        return fail(replay.error());
    }
    return service::run_replay(command, **replay, command.replay.speed.value_or(1));
}

int run(const VersionCommand& command) {
    Grid grid;
    grid.columns = {{"version", "VIGIA", Unit::text},
                    {"abi_version", "ABI", Unit::identity},
                    {"abi_compatible", "READS ABI FROM", Unit::identity}};
    grid.rows = {
        {std::string(VIGIA_VERSION), uint64_t{VIGIA_ABI_VERSION}, uint64_t{VIGIA_ABI_COMPATIBLE}}};
    if (command.output.format == Format::table) {
        return put(fmt::format("vigia {} (ABI {}, compatible from {})\n", VIGIA_VERSION,
                               VIGIA_ABI_VERSION, VIGIA_ABI_COMPATIBLE));
    }
    return put(render(grid, command.output, look_at_stdout(command.output.color)));
}

} // namespace vigia::cli
