// SPDX-License-Identifier: MIT
// Who belongs to a class, and who is never touched.
#pragma once

#include <string>

#include "collector/base/container.h"
#include "policy/config.h"

namespace vigia::policy {

// Empty if the selector does not match, else which of its patterns did: "name grafana*",
// "image */db:*", "label vigia.class=low".
std::string match_of(const Selector& selector, const ContainerInfo& info);
bool matches(const Selector& selector, const ContainerInfo& info);

// Always protected: Grafana, Vigia itself, and what is labelled vigia.protect=true.
const Selector& builtin_protection();
bool is_protected(const Config& config, const ContainerInfo& info);
std::string protection_of(const Config& config, const ContainerInfo& info);

} // namespace vigia::policy
