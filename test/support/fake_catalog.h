// SPDX-License-Identifier: MIT
// A container catalog that a test fills.
#pragma once

#include <string>
#include <vector>

#include "collector/base/container.h"

namespace vigia::test {

class FakeCatalog final : public ContainerCatalog {
public:
    ContainerInfo& add(std::string id, std::string name, std::string image = "image") {
        ContainerInfo info;
        info.id = std::move(id);
        info.name = std::move(name);
        info.image = std::move(image);
        info.state = ContainerState::running;
        containers.push_back(std::move(info));
        return containers.back();
    }
    const ContainerInfo* find(std::string_view id) const override {
        for (const ContainerInfo& container : containers) {
            if (container.id == id) {
                return &container;
            }
        }
        return nullptr;
    }
    std::size_t size() const override { return containers.size(); }
    const ContainerInfo& at(std::size_t index) const override { return containers[index]; }
    bool complete() const override { return is_complete; }
    const ContainerInfo* find_gone(std::string_view id_end) const override {
        for (const ContainerInfo& container : gone) {
            if (std::string_view(container.id).ends_with(id_end)) {
                return &container;
            }
        }
        return nullptr;
    }

    std::vector<ContainerInfo> containers;
    std::vector<ContainerInfo> gone;
    bool is_complete = true;
};

// An id of 64 hex digits that ends with `digit`.
inline std::string container_id(char digit) {
    return std::string(63, 'a') + digit;
}

} // namespace vigia::test
