# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Installing Debian packages, for the scripts that source this file.

# say TEXT: one progress line.
say() { printf '%s\n' "vigia: $*"; }

# die TEXT: says why, and ends.
die() {
    printf '%s\n' "vigia: error: $*" >&2
    exit 1
}

# as_root COMMAND ...: as root, by sudo if need be.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

# require_debian: ends unless this is a Debian or Ubuntu that has what Vigia needs.
require_debian() {
    local ID='' ID_LIKE='' VERSION_ID='' PRETTY_NAME=''
    if [ -r /etc/os-release ]; then
        # shellcheck source=/dev/null
        . /etc/os-release
    fi
    case " $ID $ID_LIKE " in
    *" debian "* | *" ubuntu "*) ;;
    *) die "this is ${PRETTY_NAME:-an unknown system}; this script knows Debian 12 and newer, and" \
        "Ubuntu 24.04 and newer. Elsewhere: install the packages named in deploy/packages.build," \
        "then: cmake --preset release && cmake --build --preset release" ;;
    esac
    case "$ID${VERSION_ID%%.*}" in
    debian[1-9] | debian1[01] | ubuntu1? | ubuntu2[0-3])
        die "$PRETTY_NAME is too old: Vigia needs Debian 12 or Ubuntu 24.04, or newer" ;;
    esac
    command -v apt-get >/dev/null || die "apt-get is missing on ${PRETTY_NAME:-this system}"
}

# missing_packages FILE ...: prints the listed packages that are not installed. FILE.<suite>, if
# there is one, adds the names that only this suite has.
missing_packages() {
    local file suite wanted package
    local -a lists=()
    suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    for file in "$@"; do
        lists+=("$file")
        [ ! -f "$file.$suite" ] || lists+=("$file.$suite")
    done
    wanted=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${lists[@]}" | sort -u)
    for package in $wanted; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        *' installed') ;;
        *) printf '%s\n' "$package" ;;
        esac
    done
}

# apt_install LOG PACKAGE ...: true if all of them are installed afterwards.
apt_install() {
    local log=$1
    shift
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null
}

# stop_services PACKAGE ...: stops what the packages' installation may have started. Only for
# packages that this script has just installed: nobody was using their services before.
stop_services() {
    local package file name
    for package in "$@"; do
        while read -r file; do
            name=${file##*/}
            case $file in
            */systemd/system/*@*) ;;
            */systemd/system/*.service | */systemd/system/*.timer | */systemd/system/*.socket)
                [ ! -d /run/systemd/system ] || as_root systemctl stop "$name" || true
                ;;
            /etc/init.d/*)
                [ -d /run/systemd/system ] || as_root "/etc/init.d/$name" stop || true
                ;;
            esac
        done < <(dpkg-query -L "$package" 2>/dev/null)
    done
}

# install_packages LOG FILE ...: installs what is missing of the listed packages, quickly if nothing
# is. The package lists are fetched only if the ones at hand do not do.
install_packages() {
    local log=$1 missing
    shift
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        die "these packages are missing, and neither root nor sudo is at hand: ${missing[*]}"
    fi
    say "installing ${#missing[@]} packages: ${missing[*]}"
    if ! apt-get install -s --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        ! apt_install "$log" "${missing[@]}"; then
        say "fetching the package lists"
        as_root apt-get update >>"$log" 2>&1 </dev/null ||
            say "apt-get update had trouble; trying with what it brought"
        apt_install "$log" "${missing[@]}" || {
            tail -n 15 "$log" >&2
            die "apt-get could not install: ${missing[*]} (whole log: $log)"
        }
    fi
    stop_services "${missing[@]}" >>"$log" 2>&1 </dev/null
}
