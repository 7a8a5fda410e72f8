// SPDX-License-Identifier: MIT
// The descriptions that one engine has given, sorted by id.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "collector/base/container.h"

namespace vigia::docker {

// One thread. Pointers to entries stay valid until that entry is erased or put again.
class Catalog final : public ContainerCatalog {
public:
    const ContainerInfo* find(std::string_view id) const override;
    std::size_t size() const override { return entries_.size(); }
    const ContainerInfo& at(std::size_t index) const override { return *entries_.at(index); }
    bool complete() const override { return complete_; }
    const ContainerInfo* find_gone(std::string_view id_end) const override;

    void set_complete(bool complete) { complete_ = complete; }
    ContainerInfo* edit(std::string_view id);
    // Adds or replaces. Refused (false) beyond limits::containers_maximum.
    bool put(ContainerInfo info);
    // Takes it away; find_gone() has it.
    bool erase(std::string_view id);
    // One that is not here, or not yet: find_gone() has it from now on.
    void remember(ContainerInfo info);
    // Exactly these from now on. What a list does not tell is kept from what was known.
    void replace(std::vector<ContainerInfo> listed);

private:
    using Entries = std::vector<std::unique_ptr<ContainerInfo>>;
    Entries::iterator lower_bound(std::string_view id);

    Entries entries_;
    std::deque<ContainerInfo> gone_; // the latest is last; other elements keep their places
    bool complete_ = false;
};

} // namespace vigia::docker
