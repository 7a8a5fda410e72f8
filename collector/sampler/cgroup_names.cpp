// SPDX-License-Identifier: MIT
#include "collector/sampler/cgroup_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include <vigia/events_reader.h>

#include "collector/base/limits.h"

namespace vigia::sampler {
namespace {

constexpr std::size_t id_size = 64;
constexpr std::size_t id_known_least = 48; // digits of an id that make sure that it is one
constexpr char unknown_byte = '?';

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// The unknown digits of an id, then those that are known; npos: it is no id.
std::size_t unknown_digits(std::string_view id) {
    const std::size_t unknown = std::min(id.find_first_not_of(unknown_byte), id.size());
    const std::string_view known = id.substr(unknown);
    const bool is_id = id.size() == id_size && known.size() >= id_known_least &&
                       std::all_of(known.begin(), known.end(), is_hex);
    return is_id ? unknown : std::string_view::npos;
}

// Where the id stands that a path ends with, if it does: whole, or without its first digits.
std::size_t find_id(std::string_view path) {
    constexpr std::string_view scope = ".scope";
    const std::string_view body =
        path.ends_with(scope) ? path.substr(0, path.size() - scope.size()) : path;
    if (body.size() < id_size) {
        return std::string_view::npos;
    }
    const std::size_t at = body.size() - id_size;
    return unknown_digits(body.substr(at)) == std::string_view::npos ? std::string_view::npos : at;
}

// What stands before an id where engines put their containers if nobody tells them otherwise. Of a
// long path an event has the end, and the length of the rest tells which it is.
constexpr std::array<std::string_view, 6> beginnings{
    "/docker/",        "/system.slice/docker-",  "/libpod_parent/libpod-",
    "/libpod_parent/", "/machine.slice/libpod-", "/system.slice/nerdctl-"};
// ... and in a group of whatever name.
constexpr std::array<std::string_view, 5> prefixes{"/docker-", "/libpod-", "/crio-", "/nerdctl-",
                                                   "/cri-containerd-"};

bool agrees(std::string_view path, std::string_view known) {
    return path.size() == known.size() &&
           std::equal(path.begin(), path.end(), known.begin(),
                      [](char c, char k) { return c == unknown_byte || c == k; });
}

// Puts in what can only have been there.
void fill_in(std::string& path) {
    const std::size_t at = find_id(path);
    if (at == std::string::npos) {
        return;
    }
    for (const std::string_view beginning : beginnings) {
        if (agrees(std::string_view(path).substr(0, at), beginning)) {
            path.replace(0, at, beginning);
            return;
        }
    }
    for (const std::string_view prefix : prefixes) {
        const std::size_t slash = at - std::min(at, prefix.size());
        if (path[slash] == '/' &&
            agrees(std::string_view(path).substr(slash, at - slash), prefix)) {
            path.replace(slash, at - slash, prefix);
            return;
        }
    }
}

const CgroupSample* find_cgroup(std::span<const CgroupSample> cgroups, uint64_t id) {
    const auto at = std::lower_bound(
        cgroups.begin(), cgroups.end(), id,
        [](const CgroupSample& cgroup, uint64_t wanted) { return cgroup.record.id < wanted; });
    return at != cgroups.end() && at->record.id == id ? &*at : nullptr;
}

} // namespace

std::string whole_path(const vigia_event_cgroup& event, std::string_view parent_path) {
    const std::string_view end(event.path,
                               vigia_event_text_size_bytes(event.path, sizeof(event.path)));
    // A path has a bound, whatever a file says.
    const std::size_t length =
        std::min<std::size_t>(event.path_length_bytes, limits::cgroup_path_bytes);
    if (length <= end.size()) {
        return std::string(end);
    }
    std::string path = std::string(length - end.size(), unknown_byte) + std::string(end);
    const std::string_view parent = parent_path == "/" ? "" : parent_path;
    if (!parent_path.empty() && parent.size() < length) {
        path.replace(0, parent.size() + 1, std::string(parent) + "/");
    }
    fill_in(path);
    return path;
}

bool may_be_container(const vigia_event_cgroup& event) {
    const std::string_view end(event.path,
                               vigia_event_text_size_bytes(event.path, sizeof(event.path)));
    if (event.path_length_bytes > end.size()) {
        constexpr std::string_view scope = ".scope";
        const std::string_view id =
            end.ends_with(scope) ? end.substr(0, end.size() - scope.size()) : end;
        return id.size() >= id_known_least &&
               std::all_of(id.end() - id_known_least, id.end(), is_hex);
    }
    const auto container = container_of(end);
    return container && container->root.size() == end.size();
}

CgroupName name_of(std::string path) {
    CgroupName name;
    name.path = std::move(path);
    // A digit where one is missing, so that what is an id is taken for one.
    std::string supposed = name.path;
    if (const std::size_t at = find_id(supposed); at != std::string::npos) {
        const auto begin = supposed.begin() + static_cast<std::ptrdiff_t>(at);
        std::replace(begin, begin + static_cast<std::ptrdiff_t>(id_size), unknown_byte, '0');
    }
    if (const auto container = container_of(supposed)) {
        const auto at = static_cast<std::size_t>(container->id.data() - supposed.data());
        name.runtime = container->runtime;
        name.id = name.path.substr(at, container->id.size());
        name.is_container = container->root.size() == name.path.size();
    }
    return name;
}

void CgroupNames::note(const vigia_event& event) {
    constexpr uint32_t wanted = VIGIA_EVENT_VALID_CGROUP | VIGIA_EVENT_VALID_PATH;
    if (event.kind == VIGIA_EVENT_CGROUP_CREATED && (event.valid & wanted) == wanted &&
        noted_.size() < limits::cgroup_names) {
        noted_.push_back(vigia_event_as_cgroup(&event));
    }
}

CgroupName& CgroupNames::add(uint64_t cgroup_id) {
    const auto [at, is_new] = names_.try_emplace(cgroup_id);
    if (is_new) {
        order_.push_back(cgroup_id);
    }
    return at->second;
}

void CgroupNames::commit(std::span<const CgroupSample> cgroups) {
    for (const vigia_event_cgroup& event : noted_) {
        const CgroupSample* parent = find_cgroup(cgroups, event.parent_cgroup_id);
        const CgroupName* known = find(event.parent_cgroup_id);
        const std::string_view parent_path = parent != nullptr  ? parent->path
                                             : known != nullptr ? std::string_view(known->path)
                                                                : std::string_view();
        CgroupName name = name_of(whole_path(event, parent_path));
        if (name.runtime == Runtime::unknown && known != nullptr) {
            name.runtime = known->runtime; // whatever lies in a container is part of it
            name.id = known->id;
        }
        add(event.cgroup_id) = std::move(name);
    }
    noted_.clear();
    while (order_.size() > limits::cgroup_names) {
        names_.erase(order_.front());
        order_.pop_front();
    }
}

void CgroupNames::see(const CgroupSample& cgroup, const ContainerPath& container) {
    CgroupName& name = add(cgroup.record.id);
    if (name.path != cgroup.path) {
        name.path = cgroup.path;
        name.runtime = container.runtime;
        name.id = container.id;
        name.is_container = container.root.size() == cgroup.path.size();
    }
}

const CgroupName* CgroupNames::find(uint64_t cgroup_id) const {
    const auto found = names_.find(cgroup_id);
    return found == names_.end() ? nullptr : &found->second;
}

void CgroupNames::complete(CgroupName& name, const ContainerCatalog& catalog) {
    const std::size_t unknown = unknown_digits(name.id);
    if (unknown == 0 || unknown == std::string::npos) {
        return;
    }
    const std::string_view end = std::string_view(name.id).substr(unknown);
    for (std::size_t i = 0; i < catalog.size(); ++i) {
        if (std::string_view(catalog.at(i).id).ends_with(end)) {
            name.id = catalog.at(i).id;
            return;
        }
    }
    if (const ContainerInfo* gone = catalog.find_gone(end)) {
        name.id = gone->id;
    }
}

const CgroupName* CgroupNames::find(uint64_t cgroup_id, const ContainerCatalog* catalog) {
    const auto found = names_.find(cgroup_id);
    if (found == names_.end()) {
        return nullptr;
    }
    if (catalog != nullptr) {
        complete(found->second, *catalog);
    }
    return &found->second;
}

} // namespace vigia::sampler
