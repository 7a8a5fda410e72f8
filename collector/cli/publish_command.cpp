// SPDX-License-Identifier: MIT
// vigia publish: the publisher alone, in the foreground.
#include "collector/cli/commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/units.h"
#include "collector/cli/patience.h"
#include "collector/cli/terminal.h"
#include "collector/cli/value.h"
#include "collector/publish/publisher.h"
#include "collector/service/paths.h"

namespace vigia::cli {
namespace {

publish::PublisherConfig config_of(const PublishCommand& command) {
    publish::PublisherConfig config;
    config.directory =
        command.directory.empty() ? service::default_run_directory() : command.directory;
    config.mounts = command.mounts;
    config.refresh_interval_ns = command.interval_ns;
    config.with_events = true;
    return config;
}

// Refreshes at a steady pace until the time is up or somebody says so. A refresh that took longer
// than the interval is followed at once by the next, never by several.
Status publish_until_told(publish::Publisher& publisher, const PublishCommand& command,
                          Patience& patience) {
    const SystemClock clock;
    const uint64_t start_ns = clock.now().monotonic_ns;
    uint64_t next_ns = start_ns;
    while (!patience.stopped()) {
        if (Status status = publisher.refresh(); !status) {
            return status;
        }
        const uint64_t now_ns = clock.now().monotonic_ns;
        next_ns = std::max(next_ns + command.interval_ns, now_ns);
        if (command.for_ns != 0 && next_ns >= start_ns + command.for_ns) {
            patience.wait_ns(start_ns + std::max(command.for_ns, now_ns - start_ns) - now_ns);
            return {};
        }
        patience.wait_ns(next_ns - now_ns);
    }
    return {};
}

} // namespace

int run(const PublishCommand& command) {
    Patience patience(false);
    auto publisher = publish::Publisher::create(config_of(command));
    if (!publisher) {
        return fail(publisher.error());
    }
    say(fmt::format("publishing into {} every {}; Ctrl-C ends", (*publisher)->directory(),
                    format_duration_ns(command.interval_ns)));
    if (const Status status = publish_until_told(**publisher, command, patience); !status) {
        return fail(status.error());
    }
    const publish::PublisherStats& stats = (*publisher)->stats();
    say(fmt::format(
        "{} of {}, {} of CPU time each", counted(stats.refreshes, "snapshot"),
        counted(stats.processes, "process", "es"),
        format_duration_ns(stats.total_cpu_ns / std::max<uint64_t>(stats.refreshes, 1))));
    return exit_ok;
}

} // namespace vigia::cli
