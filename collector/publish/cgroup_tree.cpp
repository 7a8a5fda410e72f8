// SPDX-License-Identifier: MIT
#include "collector/publish/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collector/base/limits.h"
#include "collector/publish/namespaces.h"
#include "collector/publish/proc_text.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

// f_type of cgroup and cgroup2, from the kernel's magic.h.
constexpr long cgroup_magic = 0x27e0eb;
constexpr long cgroup2_magic = 0x63677270;

// Tells two texts apart; not for adversaries: who may write cgroup.procs is root already.
uint64_t hash_of(std::string_view text) {
    uint64_t hash = 1469598103934665603U;
    while (text.size() >= 8) {
        uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = (hash ^ word) * 1099511628211U;
        hash ^= hash >> 29;
        text.remove_prefix(8);
    }
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    return hash ^ (hash >> 32);
}

bool is_cgroup_file_system(int directory) {
    struct statfs status {};
    return ::fstatfs(directory, &status) == 0 &&
           (status.f_type == cgroup_magic || status.f_type == cgroup2_magic);
}

void set_child_path(std::string& path, const std::string& parent, const char* name) {
    path = parent == "/" ? "" : parent;
    path += '/';
    path += name;
}

// Not there, not for us, or not in this kernel. Anything else (EMFILE, ENFILE, ENOMEM) passes.
bool says_absent(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM ||
           error == EOPNOTSUPP;
}

bool is_sub_directory(const dirent& entry) {
    const std::string_view name(entry.d_name);
    return entry.d_type == DT_DIR && name != "." && name != "..";
}

} // namespace

CgroupTree::CgroupTree(CgroupMounts mounts, int proc, uint64_t kept_files_maximum)
    : mounts_(std::move(mounts)), proc_(proc), kept_files_maximum_(kept_files_maximum) {
    if (mounts_.mode != VIGIA_CGROUP_NONE) {
        root_ = std::make_unique<CgroupNode>();
        root_->path = "/";
        take_slot(*root_);
        by_path_.emplace(root_->path, root_.get());
    }
}

void CgroupTree::update(uint64_t now_ns) {
    populated_.clear();
    moves_.clear();
    text_size_bytes_ = 0;
    if (root_ != nullptr && visit(*root_, now_ns)) {
        std::sort(
            populated_.begin(), populated_.end(),
            [](const CgroupNode* a, const CgroupNode* b) { return a->record.id < b->record.id; });
    }
}

// Opens the directories of the path, in every hierarchy that has it. False if one may be there but
// could not be opened now.
bool CgroupTree::open_places(CgroupNode& node) {
    bool complete = true;
    for (std::size_t i = 0; i < cgroup_place_count; ++i) {
        if (mounts_.path[i].empty() || node.directory[i]) {
            continue;
        }
        const std::string path = mounts_.path[i] + node.path;
        node.directory[i].reset(
            ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        complete = complete && (node.directory[i] || says_absent(errno));
    }
    return complete;
}

// False: it is gone, or is tried again as a new node at the next update.
bool CgroupTree::open_node(CgroupNode& node) {
    if (!open_places(node)) {
        return false;
    }
    const int directory = node.directory[cgroup_place_followed].get();
    struct stat status {};
    if (directory < 0 || ::fstat(directory, &status) != 0) {
        return false;
    }
    node.record.id = status.st_ino;
    node.procs.reset(::openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC));
    if (!node.procs && !says_absent(errno)) {
        return false;
    }
    const std::size_t rows = cgroup_files_v2().size() + cgroup_files_v1().size();
    node.files.resize(rows);
    node.rows.assign(rows, CgroupRow::untried);
    node.opened = true;
    is_cgroupfs_ = is_cgroup_file_system(directory);
    return true;
}

// True if the node is still there.
bool CgroupTree::visit(CgroupNode& node, uint64_t now_ns) {
    if (!node.opened && !open_node(node)) {
        return false;
    }
    if (!read_procs(node)) {
        return false;
    }
    struct stat status {};
    if (::fstat(node.directory[cgroup_place_followed].get(), &status) != 0) {
        return false;
    }
    // A directory's link count is that of its subdirectories plus two.
    const auto link_count = static_cast<uint32_t>(status.st_nlink);
    if (!is_cgroupfs_ || link_count != node.link_count) {
        node.link_count = list_children(node) ? link_count : 0;
    }
    node.populated = visit_children(node, now_ns) || node.record.process_count > 0;
    if (node.populated) {
        read_counters(node, now_ns);
        populated_.push_back(&node);
        text_size_bytes_ += node.path.size();
    }
    return true;
}

// True if a child is populated. A child that vanished makes the next visit list them again: another
// may have been made meanwhile, which leaves the link count as it was.
bool CgroupTree::visit_children(CgroupNode& node, uint64_t now_ns) {
    bool populated = false;
    std::erase_if(node.children, [&](std::unique_ptr<CgroupNode>& child) {
        if (visit(*child, now_ns)) {
            populated |= child->populated;
            return false;
        }
        node.link_count = 0;
        forget(*child);
        return true;
    });
    return populated;
}

bool CgroupTree::list_children(CgroupNode& node) {
    UniqueFd directory(::openat(node.directory[cgroup_place_followed].get(), ".",
                                O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR* listing = directory ? ::fdopendir(directory.get()) : nullptr;
    if (listing == nullptr) {
        return false;
    }
    directory.release(); // closedir() closes it
    for (auto& child : node.children) {
        child->seen = false;
    }
    errno = 0;
    while (const dirent* entry = ::readdir(listing)) {
        see_child(node, *entry);
        errno = 0;
    }
    const bool complete = errno == 0;
    ::closedir(listing);
    if (complete) {
        drop_unseen(node);
    }
    return complete;
}

void CgroupTree::see_child(CgroupNode& node, const dirent& entry) {
    if (!is_sub_directory(entry)) {
        return;
    }
    set_child_path(path_, node.path, entry.d_name);
    const auto known = by_path_.find(path_);
    if (known != by_path_.end() &&
        (!known->second->opened || known->second->record.id == entry.d_ino)) {
        known->second->seen = true;
    } else if (by_path_.size() < limits::cgroups_maximum) {
        if (known != by_path_.end()) { // another cgroup under the name of one that is gone
            CgroupNode* gone = known->second;
            forget(*gone);
            std::erase_if(node.children, [&](auto& child) { return child.get() == gone; });
        }
        add_child(node, entry.d_name);
    }
}

void CgroupTree::drop_unseen(CgroupNode& node) {
    std::erase_if(node.children, [&](auto& child) {
        if (!child->seen) {
            forget(*child);
        }
        return !child->seen;
    });
}

void CgroupTree::add_child(CgroupNode& node, const char* name) {
    auto child = std::make_unique<CgroupNode>();
    set_child_path(child->path, node.path, name);
    child->name = name;
    child->record.parent_id = node.record.id;
    child->record.depth = node.record.depth + 1;
    child->seen = true;
    take_slot(*child);
    by_path_.emplace(child->path, child.get());
    node.children.push_back(std::move(child));
}

void CgroupTree::take_slot(CgroupNode& node) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(activity_.size()));
        activity_.emplace_back();
    }
    node.slot = free_slots_.back();
    free_slots_.pop_back();
}

void CgroupTree::forget(CgroupNode& node) {
    for (auto& child : node.children) {
        forget(*child);
    }
    by_path_.erase(node.path);
    activity_[node.slot] = {};
    free_slots_.push_back(node.slot);
    kept_files_ -= static_cast<uint64_t>(
        std::count_if(node.files.begin(), node.files.end(), [](auto& file) { return bool(file); }));
}

// False if the cgroup is gone. A threaded cgroup answers EOPNOTSUPP: its processes are listed above
// it.
bool CgroupTree::read_procs(CgroupNode& node) {
    const Text text = text_.read(node.procs.get());
    if (text.error == ENODEV || text.error == ENOENT) {
        return false;
    }
    if (!text && text.error != EOPNOTSUPP) {
        node.procs_changed = true; // for all we know
        return true;
    }
    const uint64_t hash = hash_of(text.text);
    node.procs_changed = hash != node.procs_hash;
    if (!node.procs_changed) {
        return true;
    }
    node.procs_hash = hash;
    node.record.process_count = 0;
    node.sample_pid = 0;
    for (TextScan scan(text.text); scan.at_number(); scan.skip_line()) {
        const auto pid = static_cast<uint32_t>(scan.number());
        node.sample_pid = pid; // the last: in the root the first ones are init and kernel threads
        moves_.push_back({pid, node.slot, node.record.id});
        ++node.record.process_count;
    }
    return true;
}

void CgroupTree::read_counters(CgroupNode& node, uint64_t now_ns) {
    const bool slow_too = node.limits_read_at_ns == 0 ||
                          now_ns - node.limits_read_at_ns >= limits::cgroup_limits_reread_ns;
    if (slow_too) {
        node.limits_read_at_ns = now_ns;
        open_places(node); // another hierarchy may have got the path since
    }
    node.record.valid |= std::exchange(node.withheld, 0);
    unread_ = 0;
    const std::span<const CgroupFile> v2 = cgroup_files_v2();
    CgroupPace pace = slow_too ? CgroupPace::limit : CgroupPace::active;
    if (mounts_.mode != VIGIA_CGROUP_V1) {
        const uint64_t user_ns = node.record.cpu_user_ns; // v1's, if it has them
        const uint64_t system_ns = node.record.cpu_system_ns;
        read_files(node, v2.first(cgroup_usage_row_v2 + 1), 0, pace);
        set_activity(node); // before a v1 controller's figure takes the place of this one
        if (!slow_too && activity_[node.slot].idle) {
            pace = CgroupPace::always; // does not read v1's again
            node.record.cpu_user_ns = user_ns;
            node.record.cpu_system_ns = system_ns;
        }
        read_files(node, v2.subspan(cgroup_usage_row_v2 + 1), cgroup_usage_row_v2 + 1, pace);
    }
    if (mounts_.mode != VIGIA_CGROUP_V2) {
        read_files(node, cgroup_files_v1(), v2.size(), pace);
    }
    node.withheld = node.record.valid & unread_; // of a group of files all must have been read
    node.record.valid &= ~unread_;
    // Once in a cgroup's life; a process that we may not look into leaves it to later ones.
    if (slow_too && (node.record.valid & VIGIA_CGROUP_VALID_NAMESPACES) == 0 &&
        node.sample_pid != 0 &&
        read_namespaces_of(proc_, node.sample_pid, node.record.namespaces)) {
        node.record.valid |= VIGIA_CGROUP_VALID_NAMESPACES;
    }
}

void CgroupTree::set_activity(CgroupNode& node) {
    const bool known = node.rows[cgroup_usage_row_v2] == CgroupRow::read;
    activity_[node.slot] = {node.record.id, known && node.has_usage && !node.procs_changed &&
                                                node.usage_ns == node.record.cpu_usage_ns};
    node.usage_ns = node.record.cpu_usage_ns;
    node.has_usage = known;
}

void CgroupTree::read_files(CgroupNode& node, std::span<const CgroupFile> files, std::size_t first,
                            CgroupPace pace) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::size_t row = first + i;
        const bool due = node.rows[row] == CgroupRow::failed ||
                         (files[i].pace <= pace &&
                          (node.rows[row] != CgroupRow::absent || pace == CgroupPace::limit));
        if (!due || !node.directory[files[i].place]) {
            continue;
        }
        if (const Text text = read_row(node, files[i], row)) {
            files[i].parse(text.text, node.record);
            node.rows[row] = CgroupRow::read;
        } else {
            note_unread(node, files[i], row, text.error);
        }
    }
}

// A file that was never there takes nothing away: another one may give the same figure. ENODEV is
// the answer of a kept file whose controller was taken away.
void CgroupTree::note_unread(CgroupNode& node, const CgroupFile& file, std::size_t row, int error) {
    if (!says_absent(error) && error != ENODEV) {
        unread_ |= file.valid;
        node.rows[row] = CgroupRow::failed;
    } else {
        if (node.rows[row] == CgroupRow::read) {
            node.record.valid &= ~file.valid;
        }
        node.rows[row] = CgroupRow::absent;
    }
    if (node.files[row]) {
        node.files[row].reset();
        --kept_files_;
    }
}

Text CgroupTree::read_row(CgroupNode& node, const CgroupFile& file, std::size_t row) {
    if (node.files[row]) {
        return text_.read_once(node.files[row].get());
    }
    UniqueFd opened(::openat(node.directory[file.place].get(), file.name, O_RDONLY | O_CLOEXEC));
    if (!opened) {
        return {errno, {}};
    }
    const Text text = text_.read_once(opened.get());
    if (text && file.pace != CgroupPace::limit && kept_files_ < kept_files_maximum_) {
        node.files[row] = std::move(opened);
        ++kept_files_;
    }
    return text;
}

const CgroupNode* CgroupTree::find(std::string_view proc_cgroup_text) const {
    std::string_view path;
    if (mounts_.mode == VIGIA_CGROUP_NONE ||
        !find_cgroup_path(proc_cgroup_text, mounts_.followed_controller, path)) {
        return nullptr;
    }
    const auto found = by_path_.find(path);
    return found != by_path_.end() ? found->second : nullptr;
}

} // namespace vigia::publish
