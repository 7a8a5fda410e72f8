// SPDX-License-Identifier: MIT
// A ranker says which candidate goes first. Ties are broken by name, then id, so that the order is
// the same on every host and every run.
#pragma once

#include <string_view>

#include "collector/sampler/sample.h"

namespace vigia::policy {

class Ranker {
public:
    virtual ~Ranker() = default;
    virtual std::string_view unit() const = 0;
    // The candidate's number; what is not known counts as zero.
    virtual double score(const Sample& sample, const ContainerSample& container) const = 0;
    // Which end goes first.
    virtual bool highest_first() const { return true; }
};

// One row of builtin.cpp.
struct RankerKind {
    std::string_view name;
    const Ranker& (*get)();
};

} // namespace vigia::policy
