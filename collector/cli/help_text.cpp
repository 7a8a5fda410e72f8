// SPDX-License-Identifier: MIT
#include "collector/cli/help_text.h"

#include "collector/cli/memory_views.h"
#include "collector/cli/views.h"

namespace vigia::cli::help {
namespace {

// What all live views have in common.
constexpr const char* live_notes = R"(
--source auto takes the kernel modules' files in /proc/vigia if they are loaded;
else those of a running daemon; else it publishes into memory for as long as it
runs; a --watch changes over when modules come and go. Rates are taken over one
interval.

--source replay:FILE shows what was recorded (vigia record): --at one moment, or
with --watch all of it. Times like "10m ago" and "10:00" count from its end.

JSON and CSV hold raw values in base units (bytes, ns, ratios: 1 is 100 %), and
all fields if --fields names none. What cannot be known is null, in CSV empty.
JSON escapes control characters; CSV keeps them in files and pipes, and shows
them as \n, \xNN or \uNNNN on a terminal.

)";

} // namespace

std::string overview() {
    return R"(
Examples:
  vigia system                    the host on one screen
  vigia memory --watch            where the memory is, every second
  vigia ps --sort rss --top 10    the ten largest processes, container beside
  vigia process 812               one process: memory, CPU time, I/O
  vigia containers --watch        all containers, every second, until q
  vigia events --follow           starts, ends and OOM kills, as they happen
  vigia daemon --for 30s          watch and decide for half a minute, in dry run
  vigia why 7                     the whole story of decision 7
  vigia doctor                    what this host lacks, and what to do about it

"vigia COMMAND --help" tells more about each, with all fields.
Data goes to stdout, everything else to stderr.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 degraded (the doctor
found a gap, a view lacks records or events), 4 not found.
)";
}

std::string daemon() {
    return R"(
The daemon samples the host, keeps the history, and decides by the rules of its
configuration. It acts only with --enforce or if the configuration says so; else
it is a dry run and records what it would have done.
SIGHUP reads the configuration again, SIGTERM and Ctrl-C end it.

--source auto reads the kernel modules' files in /proc/vigia while they are
loaded, and publishes into the run directory, from /proc, while they are not;
it changes over by itself. deploy/modules.sh loads them.

Examples:
  vigia daemon --for 30s                        try it: dry run, half a minute
  vigia daemon --check-config --config my.toml  is this configuration right?
  vigia daemon --enforce                        act
  vigia daemon --source replay:host.vigrec --speed max --database past.db

Over a recording it is always a dry run, by the recording's time, and keeps a
history only in the --database that is named.
)";
}

std::string publish() {
    return R"(
Writes what the kernel modules would write (info, system, memory, processes,
cgroups) from the text files of /proc and cgroupfs, for programs that read
Vigia's files without a daemon. Ends with Ctrl-C or SIGTERM and removes the
files.

The file events tells, as it happens, of forks, execs and exits (process
connector), of what the dead had used (taskstats), of control groups (inotify)
and of OOM kills (kernel log): all of it as root on the host, else what there
is. vigia doctor says what that is, and why not more. It listens while somebody
has that file open, and rests two seconds after the last reader: the next one
finds a loss counted, as nobody knows what happened meanwhile.

Example:
  vigia publish --directory /dev/shm/vigia --interval 500ms &
  vigia ps --source /dev/shm/vigia
)";
}

std::string record() {
    return R"(
Keeps every snapshot whole: processes, control groups, the host, and what the
container engines tell. Command lines and environments are not in it; names,
paths, images and labels are. Ends with Ctrl-C or SIGTERM; what was written
until then is readable, however it ends. Given a directory, it keeps files there
as the daemon does by its [recording]: the oldest go when it is full.

Examples:
  vigia record host.vigrec --for 10m
  vigia ps --source replay:host.vigrec --at '2m ago'
  vigia containers --source replay:host.vigrec --watch --speed 10
)";
}

std::string policy() {
    return R"(
Takes the samples of a recording as the daemon would have taken them, and tells
every decision that the rules would have made, as vigia why does, and a summary.
Nothing is ever asked of a container engine. The same files give the same words.

Examples:
  vigia policy rehearse host.vigrec --rules my.toml
  vigia policy rehearse host.vigrec --rules my.toml --from '10m ago' -o json
)";
}

std::string system() {
    return std::string(R"(
Examples:
  vigia system                       one screen
  vigia system --cpus --watch        a table of the CPUs, every second
  vigia system -o json | jq .memory_available_bytes
  vigia system --fields 'cpu,mem stall%' -o csv --watch 5s >> host.csv
)") + live_notes +
           describe_columns(infos_of(system_columns()));
}

std::string memory() {
    return std::string(R"(
Examples:
  vigia memory                         one screen, the zones below
  vigia memory --nodes --watch         a table of the nodes, every second
  vigia memory --zones --fields node,name,free,min,low,high
  vigia memory -o json | jq .reclaimed_bytes_per_second

Shows the file "memory" of the source, which an older daemon or publisher does
not write: then this command ends with 4 and says so.
)") + live_notes +
           describe_columns(infos_of(memory_columns())) + "\n--nodes:\n" +
           describe_columns(infos_of(node_columns())) + "\n--zones:\n" +
           describe_columns(infos_of(zone_columns()));
}

std::string processes() {
    return std::string(R"(
Examples:
  vigia ps                              the busiest that fit the screen
  vigia ps --sort rss --top 10          the ten largest
  vigia ps --container web --watch      one container's processes, every second
  vigia ps --comm 'nginx*' --fields pid,container,cpu,rss
  vigia ps -o ndjson | jq 'select(.major_faults_per_second > 100)'
  vigia ps --exited --interval 5s       what ended within five seconds

--exited shows processes that ended between the two samples, also those that no
sample has seen, with the counters of their whole lives. It needs the source's
file "events"; exit code 3 says that events were lost or counters not told.
)") + live_notes +
           describe_columns(infos_of(process_columns())) + "\n--exited:\n" +
           describe_columns(infos_of(exit_columns()));
}

std::string process() {
    return R"(
Examples:
  vigia process 1                                   every field, one a line
  vigia process 812 --fields read_bytes,write_bytes,read_calls,write_calls
  vigia process 812 -o json | jq .rss_bytes

With the kernel modules the record is made this moment, with exact memory and
the I/O of all threads, living and dead; without them it is the publisher's.
Rates need two looks: vigia ps --pid PID takes them. "vigia ps --help" lists the
fields. Exit code 4: there is no such process.
)";
}

std::string containers() {
    return std::string(R"(
Examples:
  vigia containers                      all, the busiest first
  vigia containers --sort memory --watch
  vigia containers --state running --image 'postgres*'
  vigia containers --container web -o json

Containers of Docker, Podman, containerd, CRI-O, LXC and systemd-nspawn are
found by their control groups; names, images and states come from the socket of
Docker or Podman, where there is one. A container that is gone again but had
processes that ended within the interval is shown as such: its state is "gone".
)") + live_notes +
           describe_columns(infos_of(container_columns()));
}

std::string events() {
    return std::string(R"(
Examples:
  vigia events                          what the source still remembers
  vigia events --follow                 and what comes, until Ctrl-C
  vigia events -f --kind exec --container web
  vigia events --kind exit,oom_kill --since 1m -o ndjson

Each CPU has a ring that keeps its latest events. What was overwritten before it
could be read is counted, told on stderr, and makes the exit code 3; so does a
source that cannot report all kinds that were asked for. Without the kernel
modules a daemon or publisher tells what an ordinary program can know; without
one, only what happens while this command runs.

JSON with --follow is one object a line, as ndjson. What is not known is null.
A command's name is as it was last seen; file names and paths are as the kernel
had room for: "..." stands for the rest.

)") + describe_columns(infos_of(event_columns()));
}

std::string history() {
    return R"(
Times: "10m", "2 hours ago", "now", "today", "yesterday 18:00", "10:00" (the
last time it was that late), "2026-11-20", "2026-11-20 10:00",
"2026-11-20T10:00:00Z", "@1763632800". Local time unless a zone is given.

Sums over a row's interval (cpu_ns, read_bytes) have their rates beside them
(cpu_ratio, read_bytes_per_second).

Examples:
  vigia history system --since 1h
  vigia history containers --container web --since yesterday --resolution hour
  vigia history processes --since 10:00 --until 10:05 --sort cpu_ratio --top 5
  vigia history decisions --since 7d -o json
  vigia history events --since 1d       gaps, losses, what befell containers

Events are OOM kills, with the victim and whose need for memory set them off;
containers that came, started, stopped and went; gaps and losses of samples. Of
a storm 64 OOM kills and 64 others a second are kept; the rest is counted.
)";
}

std::string why() {
    return R"(
Examples:
  vigia why            the latest decisions, one a line
  vigia why 7          rule, inputs, ranking, action, answer, check of no. 7,
                       and what else happened within a minute of it
  vigia why 7 -o json  the same for programs
)";
}

std::string doctor() {
    return R"(
Each line is ok, warn or fail; what is not ok has a remedy below it.
Exit codes: 0 all is well, 3 something is missing, 1 Vigia cannot work here.
)";
}

} // namespace vigia::cli::help
