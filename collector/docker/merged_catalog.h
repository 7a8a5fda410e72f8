// SPDX-License-Identifier: MIT
// Several engines (Docker and Podman, rootful and rootless) as one catalog.
#pragma once

#include <vector>

#include "collector/base/container.h"

namespace vigia::docker {

// Borrows the catalogs, which must outlive it. One thread. Complete only when all of them are; an
// empty merge is never complete. Costs a scan over the catalogs, not over their entries.
class MergedCatalog final : public ContainerCatalog {
public:
    void add(const ContainerCatalog& catalog) { catalogs_.push_back(&catalog); }

    const ContainerInfo* find(std::string_view id) const override;
    std::size_t size() const override;
    const ContainerInfo& at(std::size_t index) const override;
    bool complete() const override;
    const ContainerInfo* find_gone(std::string_view id_end) const override;

private:
    std::vector<const ContainerCatalog*> catalogs_;
};

} // namespace vigia::docker
