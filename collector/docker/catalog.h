// SPDX-License-Identifier: MIT
// The descriptions that one engine has given, sorted by id.
#pragma once

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

    void set_complete(bool complete) { complete_ = complete; }
    ContainerInfo* edit(std::string_view id);
    // Adds or replaces. Refused (false) beyond limits::containers_maximum.
    bool put(ContainerInfo info);
    bool erase(std::string_view id);
    // Exactly these from now on. What a list does not tell is kept from what was known.
    void replace(std::vector<ContainerInfo> listed);

private:
    using Entries = std::vector<std::unique_ptr<ContainerInfo>>;
    Entries::iterator lower_bound(std::string_view id);

    Entries entries_;
    bool complete_ = false;
};

} // namespace vigia::docker
