// SPDX-License-Identifier: MIT
#include "collector/publish/cgroup_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "collector/base/limits.h"
#include "collector/base/result.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr uint32_t directory_mask = IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr const char* oom_file = "/memory.events.local"; // memory.events counts descendants' too

std::string child_of(const std::string& path, const char* name) {
    return (path == "/" ? "" : path) + "/" + name;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

uint32_t depth_of(const std::string& path) {
    return path == "/" ? 0 : static_cast<uint32_t>(std::count(path.begin(), path.end(), '/'));
}

uint64_t inode_of(const std::string& file) {
    struct stat status {};
    return ::lstat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode) ? status.st_ino : 0;
}

bool find_kills(std::string_view text, uint64_t& kills) {
    for (TextScan scan(text); !scan.done(); scan.skip_line()) {
        if (scan.take("oom_kill ")) {
            kills = scan.number();
            return true;
        }
    }
    return false;
}

} // namespace

CgroupWatch::CgroupWatch(std::string mount, UniqueFd inotify, bool with_oom,
                         std::size_t watches_maximum)
    : mount_(std::move(mount)), inotify_(std::move(inotify)), with_oom_(with_oom),
      watches_maximum_(watches_maximum), buffer_(buffer_bytes) {}

CgroupWatch::~CgroupWatch() = default;

std::unique_ptr<CgroupWatch> CgroupWatch::open(const CgroupMounts& mounts, bool with_oom,
                                               std::size_t watches_maximum, Absence& absence) {
    const std::string& mount = mounts.path[cgroup_place_followed];
    if (mount.empty()) {
        absence = {"no control groups are mounted", "mount cgroup2 on /sys/fs/cgroup"};
        return nullptr;
    }
    UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify) {
        absence = {system_error("inotify", errno).message(), "raise fs.inotify.max_user_instances"};
        return nullptr;
    }
    std::unique_ptr<CgroupWatch> watch(
        new CgroupWatch(mount, std::move(inotify), with_oom, watches_maximum));
    watch->add_tree("/", nullptr);
    const auto root = watch->by_path_.find("/");
    if (root == watch->by_path_.end() || root->second->watch < 0) {
        absence = {"the control groups in " + mount + " cannot be watched",
                   "raise fs.inotify.max_user_watches"};
        return nullptr;
    }
    return watch;
}

std::string CgroupWatch::file_of(const std::string& path) const {
    return path == "/" ? mount_ : mount_ + path;
}

int CgroupWatch::add_watch(const std::string& path, uint32_t mask) {
    return by_watch_.size() < watches_maximum_
               ? ::inotify_add_watch(inotify_.get(), path.c_str(), mask)
               : -1;
}

void CgroupWatch::watch(Node& node) {
    node.watch = add_watch(file_of(node.self.path), directory_mask);
    if (node.watch >= 0) {
        by_watch_[node.watch] = &node;
    } else {
        ++unwatched_;
    }
    if (with_oom_) {
        watch_oom(node);
    }
}

void CgroupWatch::watch_oom(Node& node) {
    node.oom_watch = add_watch(file_of(node.self.path) + oom_file, IN_MODIFY | IN_DONT_FOLLOW);
    if (node.oom_watch >= 0) {
        by_watch_[node.oom_watch] = &node;
        has_oom_ = true;
        count_kills(node, nullptr);
    }
}

// Kills since the last look; of a new cgroup none has been told yet, but they count as the past.
void CgroupWatch::count_kills(Node& node, CgroupChanges* changes) {
    uint64_t kills = 0;
    const Text text = text_.read_at(AT_FDCWD, (file_of(node.self.path) + oom_file).c_str());
    if (!text || !find_kills(text.text, kills)) {
        return;
    }
    for (uint64_t i = node.oom_kills; changes != nullptr && i < kills; ++i) {
        changes->oom_kills.push_back(node.self.id);
    }
    node.oom_kills = kills;
}

// Its node; nullptr if it is there no more, or known already.
CgroupWatch::Node* CgroupWatch::add(const std::string& path, CgroupChanges* changes) {
    auto node = std::make_unique<Node>();
    node->self.path = path;
    node->self.depth = depth_of(path);
    const auto parent = by_path_.find(parent_of(path));
    if (path != "/" && parent != by_path_.end()) {
        node->self.parent_id = parent->second->self.id;
    }
    node->self.id = inode_of(file_of(path));
    if (const auto known = by_path_.find(path); known != by_path_.end()) {
        known->second->seen = true;
        if (node->self.id == 0 || known->second->self.id == node->self.id) {
            return nullptr;
        }
        CgroupChanges untold;
        forget(*known->second, changes != nullptr ? *changes : untold); // another has its name
        by_path_.erase(path);
    }
    if (changes != nullptr) {
        changes->created.push_back(node->self);
    }
    if (node->self.id == 0 || by_path_.size() >= limits::cgroups_maximum) {
        return nullptr;
    }
    node->seen = true;
    watch(*node);
    return by_path_.emplace(path, std::move(node)).first->second.get();
}

// The directory, then all that is in it by now. What comes later is told by its watch.
void CgroupWatch::add_tree(const std::string& path, CgroupChanges* changes) {
    std::vector<std::string> paths{path};
    while (!paths.empty()) {
        const std::string next = std::move(paths.back());
        paths.pop_back();
        if (const Node* node = add(next, changes)) {
            list_children(*node, paths);
        }
    }
}

void CgroupWatch::list_children(const Node& node, std::vector<std::string>& paths) {
    DIR* listing = node.self.depth < limits::event_cgroup_depth
                       ? ::opendir(file_of(node.self.path).c_str())
                       : nullptr;
    if (listing == nullptr) {
        return;
    }
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name(entry->d_name);
        if (entry->d_type == DT_DIR && name != "." && name != "..") {
            paths.push_back(child_of(node.self.path, entry->d_name));
        }
    }
    ::closedir(listing);
}

void CgroupWatch::forget(Node& node, CgroupChanges& changes) {
    changes.removed.push_back(node.self);
    for (const int watch : {node.watch, node.oom_watch}) {
        if (watch >= 0 && by_watch_.erase(watch) != 0) {
            // The kernel did so already, if the directory is gone.
            ::inotify_rm_watch(inotify_.get(), watch);
        }
    }
    if (node.watch < 0 && unwatched_ > 0) {
        --unwatched_;
    }
}

// One that is still there under this name is another than the one that went.
void CgroupWatch::remove(const std::string& path, CgroupChanges& changes) {
    const auto known = by_path_.find(path);
    if (known == by_path_.end() || inode_of(file_of(path)) == known->second->self.id) {
        CgroupChange gone;
        gone.path = path;
        gone.depth = depth_of(path);
        if (const auto parent = by_path_.find(parent_of(path)); parent != by_path_.end()) {
            gone.parent_id = parent->second->self.id;
        }
        changes.removed.push_back(std::move(gone));
        return;
    }
    forget(*known->second, changes);
    by_path_.erase(known);
}

void CgroupWatch::take_event(int watch, uint32_t mask, const char* name, CgroupChanges& changes) {
    const auto found = by_watch_.find(watch);
    if (found == by_watch_.end()) {
        return;
    }
    Node& node = *found->second;
    if ((mask & IN_IGNORED) != 0) {
        by_watch_.erase(found);
    } else if ((mask & IN_MODIFY) != 0) {
        count_kills(node, &changes);
    } else if ((mask & IN_ISDIR) != 0 && (mask & IN_CREATE) != 0) {
        add_tree(child_of(node.self.path, name), &changes);
    } else if ((mask & IN_ISDIR) != 0 && (mask & IN_DELETE) != 0) {
        remove(child_of(node.self.path, name), changes);
    }
}

void CgroupWatch::look_again(CgroupChanges& changes) {
    for (auto& [path, node] : by_path_) {
        node->seen = path == "/";
    }
    std::vector<std::string> paths{"/"};
    while (!paths.empty()) {
        const std::string next = std::move(paths.back());
        paths.pop_back();
        const Node* node = add(next, &changes);
        if (node == nullptr) { // known already
            const auto known = by_path_.find(next);
            node = known != by_path_.end() ? known->second.get() : nullptr;
        }
        if (node != nullptr) {
            list_children(*node, paths);
        }
    }
    std::erase_if(by_path_, [&](auto& entry) {
        if (!entry.second->seen && inode_of(file_of(entry.first)) == 0) {
            forget(*entry.second, changes);
            return true;
        }
        if (entry.second->watch < 0 && by_watch_.size() < watches_maximum_) {
            --unwatched_;
            watch(*entry.second); // there may be room now
        }
        return false;
    });
}

void CgroupWatch::receive(CgroupChanges& changes, uint64_t now_ns) {
    bool overflown = false;
    for (std::size_t reads = 0; reads < limits::event_batches; ++reads) {
        const ssize_t size = ::read(inotify_.get(), buffer_.data(), buffer_.size());
        if (size <= 0) {
            break;
        }
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer_.data() + at, sizeof(event));
            overflown = overflown || (event.mask & IN_Q_OVERFLOW) != 0;
            take_event(event.wd, event.mask, buffer_.data() + at + sizeof(event), changes);
            at += sizeof(event) + event.len;
        }
    }
    changes.lost += overflown ? 1 : 0;
    if (overflown || (unwatched_ > 0 && now_ns - looked_ns_ >= limits::event_cgroup_rescan_ns)) {
        looked_ns_ = now_ns;
        look_again(changes);
    }
}

} // namespace vigia::publish
