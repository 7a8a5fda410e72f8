// SPDX-License-Identifier: MIT
#include "collector/docker/merged_catalog.h"

#include <algorithm>

namespace vigia::docker {

const ContainerInfo* MergedCatalog::find(std::string_view id) const {
    for (const ContainerCatalog* catalog : catalogs_) {
        if (const ContainerInfo* info = catalog->find(id)) {
            return info;
        }
    }
    return nullptr;
}

std::size_t MergedCatalog::size() const {
    std::size_t total = 0;
    for (const ContainerCatalog* catalog : catalogs_) {
        total += catalog->size();
    }
    return total;
}

const ContainerInfo& MergedCatalog::at(std::size_t index) const {
    for (const ContainerCatalog* catalog : catalogs_) {
        if (index < catalog->size()) {
            return catalog->at(index);
        }
        index -= catalog->size();
    }
    __builtin_trap(); // an index beyond size() is a programmer error
}

bool MergedCatalog::complete() const {
    return !catalogs_.empty() &&
           std::all_of(catalogs_.begin(), catalogs_.end(),
                       [](const ContainerCatalog* catalog) { return catalog->complete(); });
}

const ContainerInfo* MergedCatalog::find_gone(std::string_view id_end) const {
    for (const ContainerCatalog* catalog : catalogs_) {
        if (const ContainerInfo* info = catalog->find_gone(id_end)) {
            return info;
        }
    }
    return nullptr;
}

} // namespace vigia::docker
