// SPDX-License-Identifier: MIT
// A publisher for a test, or the end of the test.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "collector/publish/publisher.h"

namespace vigia::test {

inline std::unique_ptr<publish::Publisher> start(const publish::PublisherConfig& config) {
    auto publisher = publish::Publisher::create(config);
    if (!publisher) {
        throw std::runtime_error(publisher.error().message());
    }
    return std::move(publisher).value();
}

inline std::unique_ptr<publish::Publisher> start(const std::string& directory) {
    publish::PublisherConfig config;
    config.directory = directory;
    return start(config);
}

} // namespace vigia::test
