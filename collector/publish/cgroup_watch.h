// SPDX-License-Identifier: MIT
// Control groups that come and go, by inotify on their file system. (Their directories are made and
// removed by system calls only, so that inotify sees them all.) One thread.
//
// A new directory is watched first and listed then, so that nothing is made in it unseen. One that
// is gone before we could look has no id: its coming and its going are told by its path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/publish/cgroup_mounts.h"
#include "collector/publish/event_origin.h"
#include "collector/publish/text_reader.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

struct CgroupChange {
    std::string path;       // in the hierarchy
    uint64_t id = 0;        // as in `cgroups`; 0: unknown
    uint64_t parent_id = 0; // 0: unknown, or none
    uint32_t depth = 0;
};

// What happened since the last look, each list in its order.
struct CgroupChanges {
    std::vector<CgroupChange> created;
    std::vector<CgroupChange> removed;
    std::vector<uint64_t> oom_kills; // a cgroup's id for each kill of one of its own processes
    uint64_t lost = 0;               // at least so many changes; what they led to is found
    void clear() {
        created.clear();
        removed.clear();
        oom_kills.clear();
        lost = 0;
    }
};

class CgroupWatch {
public:
    // Watches the followed hierarchy. `with_oom` also watches the count of killed processes of each
    // cgroup, which v2 has since Linux 5.2: two watches for each.
    static std::unique_ptr<CgroupWatch> open(const CgroupMounts& mounts, bool with_oom,
                                             std::size_t watches_maximum, Absence& absence);
    CgroupWatch(const CgroupWatch&) = delete;
    CgroupWatch& operator=(const CgroupWatch&) = delete;
    ~CgroupWatch();

    int descriptor() const { return inotify_.get(); }
    bool has_oom() const { return has_oom_; } // the root's children have such counts
    // Appends what happened. Looks at everything again where the kernel lost count, and now and
    // then while some are not watched.
    void receive(CgroupChanges& changes, uint64_t now_ns);
    std::size_t known() const { return by_path_.size(); }
    // Beyond watches_maximum or fs.inotify.max_user_watches: seen late, or not at all.
    std::size_t unwatched() const { return unwatched_; }

private:
    struct Node {
        CgroupChange self;
        int watch = -1;     // none
        int oom_watch = -1; // none
        uint64_t oom_kills = 0;
        bool seen = false; // by the listing under way
    };

    CgroupWatch(std::string mount, UniqueFd inotify, bool with_oom, std::size_t watches_maximum);
    std::string file_of(const std::string& path) const;
    void add_tree(const std::string& path, CgroupChanges* changes);
    Node* add(const std::string& path, CgroupChanges* changes);
    void watch(Node& node);
    void watch_oom(Node& node);
    int add_watch(const std::string& path, uint32_t mask);
    void list_children(const Node& node, std::vector<std::string>& paths);
    void remove(const std::string& path, CgroupChanges& changes);
    void forget(Node& node, CgroupChanges& changes);
    void count_kills(Node& node, CgroupChanges* changes);
    void take_event(int watch, uint32_t mask, const char* name, CgroupChanges& changes);
    void look_again(CgroupChanges& changes);

    std::string mount_;
    UniqueFd inotify_;
    bool with_oom_;
    bool has_oom_ = false;
    std::size_t watches_maximum_;
    std::size_t unwatched_ = 0;
    uint64_t looked_ns_ = 0;
    TextReader text_;
    std::unordered_map<std::string, std::unique_ptr<Node>> by_path_;
    std::unordered_map<int, Node*> by_watch_; // a node may be here twice
    std::vector<char> buffer_;
};

} // namespace vigia::publish
