// SPDX-License-Identifier: MIT
// What the container engines had told, as the content of a catalog chunk, and back.
#pragma once

#include <string_view>
#include <vector>

#include "collector/base/container.h"
#include "collector/base/result.h"
#include "collector/recording/format.h"

namespace vigia::recording {

// Replaces `content`; a null catalog is an empty one that is not complete. Containers beyond
// limits::recording_catalog_bytes are left out, and the catalog is then not complete.
void encode_catalog(const ContainerCatalog* catalog, Bytes& content);

// One thread.
class RecordedCatalog final : public ContainerCatalog {
public:
    // Errors: damaged; the catalog is then empty and not complete.
    Status decode(const Bytes& content);
    void clear();

    const ContainerInfo* find(std::string_view id) const override;
    std::size_t size() const override { return containers_.size(); }
    const ContainerInfo& at(std::size_t index) const override { return containers_.at(index); }
    bool complete() const override { return complete_; }

private:
    std::vector<ContainerInfo> containers_; // in the order in which the engines had them
    std::vector<std::size_t> by_id_;
    bool complete_ = false;
};

} // namespace vigia::recording
