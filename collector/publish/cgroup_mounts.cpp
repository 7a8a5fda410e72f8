// SPDX-License-Identifier: MIT
#include "collector/publish/cgroup_mounts.h"

#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr std::array<std::string_view, cgroup_place_count> controller_names{
    "", "cpu", "cpuacct", "memory", "blkio", "pids"};

struct MountLine {
    std::string_view root;
    std::string_view point;
    std::string_view type;
    std::string_view options; // of the file system
};

// 36 35 98:0 /root /point opt[,opt] [shared:N ...] - type source options
MountLine parse_line(std::string_view line) {
    MountLine mount;
    TextScan scan(line);
    scan.skip_words(3);
    mount.root = scan.word();
    mount.point = scan.word();
    while (!scan.done() && scan.word() != "-") {
    }
    mount.type = scan.word();
    scan.skip_words(1);
    mount.options = scan.word();
    return mount;
}

// Blanks and backslashes in paths are written as \040 and the like.
std::string unescape(std::string_view text) {
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            path += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                      (text[i + 3] - '0'));
            i += 3;
        } else {
            path += text[i];
        }
    }
    return path;
}

bool has_option(std::string_view options, std::string_view name) {
    while (!options.empty()) {
        const std::size_t comma = options.find(',');
        if (options.substr(0, comma) == name) {
            return true;
        }
        options = comma == std::string_view::npos ? "" : options.substr(comma + 1);
    }
    return false;
}

// The first mount counts, but one of the whole hierarchy before one of a part of it.
void keep(std::string& place, bool& is_whole, const MountLine& mount) {
    const bool whole = mount.root == "/";
    if (place.empty() || (whole && !is_whole)) {
        place = unescape(mount.point);
        is_whole = whole;
    }
}

void follow_v1(CgroupMounts& mounts, const std::string& systemd) {
    if (!systemd.empty()) {
        mounts.path[cgroup_place_followed] = systemd;
        mounts.followed_controller = "name=systemd";
        return;
    }
    for (const CgroupPlace place :
         {cgroup_place_memory, cgroup_place_pids, cgroup_place_cpuacct, cgroup_place_cpu}) {
        if (!mounts.path[place].empty()) {
            mounts.path[cgroup_place_followed] = mounts.path[place];
            mounts.followed_controller = controller_names[place];
            return;
        }
    }
}

} // namespace

CgroupMounts parse_cgroup_mounts(std::string_view mountinfo) {
    CgroupMounts mounts;
    std::array<bool, cgroup_place_count> whole{};
    std::string systemd;
    bool systemd_whole = false;
    bool has_v1 = false;
    for (TextScan lines(mountinfo); !lines.done();) {
        const MountLine mount = parse_line(lines.line());
        if (mount.type == "cgroup2") {
            keep(mounts.path[cgroup_place_followed], whole[cgroup_place_followed], mount);
        } else if (mount.type == "cgroup") {
            if (has_option(mount.options, "name=systemd")) {
                keep(systemd, systemd_whole, mount);
            }
            for (std::size_t i = cgroup_place_cpu; i < cgroup_place_count; ++i) {
                if (has_option(mount.options, controller_names[i])) {
                    keep(mounts.path[i], whole[i], mount);
                    has_v1 = true;
                }
            }
        }
    }
    const bool has_unified = !mounts.path[cgroup_place_followed].empty();
    mounts.mode = has_unified ? (has_v1 ? VIGIA_CGROUP_HYBRID : VIGIA_CGROUP_V2)
                              : (has_v1 || !systemd.empty() ? VIGIA_CGROUP_V1 : VIGIA_CGROUP_NONE);
    if (mounts.mode == VIGIA_CGROUP_V1) {
        follow_v1(mounts, systemd);
    }
    return mounts;
}

} // namespace vigia::publish
