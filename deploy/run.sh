#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a fresh Debian or Ubuntu to a running Vigia: installs what is missing, builds, loads the
# kernel modules where the running kernel takes them, and starts `vigia daemon` in the foreground,
# in dry run unless told otherwise.
#
#   deploy/run.sh [--no-modules] [options of vigia daemon]        e.g. deploy/run.sh --for 30s
#
# Needs root, or sudo if packages are missing or modules can be loaded. The modules stay loaded
# when the daemon ends: others may be reading them, and unread they do nothing
# (deploy/modules.sh unload). The exit status is the daemon's.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build/release
log=$top/build/deploy.log

# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"

build_vigia() {
    if [ ! -f "$build/build.ninja" ]; then
        say "configuring"
        (cd -- "$top" && cmake --preset release) >>"$log" 2>&1 || return 1
    fi
    if [ ! -x "$build/bin/vigia" ]; then
        say "building; this takes a few minutes the first time"
    fi
    cmake --build "$build" --target vigia >>"$log" 2>&1
}

modules=yes
if [ "${1:-}" = --no-modules ]; then
    modules=no
    shift
fi
mkdir -p -- "$top/build" || die "$top/build cannot be made; run this from a folder of your own"
: 2>/dev/null >"$log" || die "$log cannot be written; who ran this before? (rm -r $top/build)"
require_debian
say "details go to $log"
install_packages "$log" "$top/deploy/packages.build"
build_vigia || {
    grep -n -m 5 -E 'error: |CMake Error|No space' "$log" >&2 || tail -n 15 "$log" >&2
    die "the build failed (whole log: $log)"
}
if [ "$modules" = yes ]; then
    "$top/deploy/modules.sh" load || true # it says why not
fi
say "starting vigia daemon; Ctrl-C ends it"
exec "$build/bin/vigia" daemon "$@"
