// SPDX-License-Identifier: MIT
// The containers of the newest sample with what the engine remembers of each: how long detectors
// have held for it, its classes, whether it is taken. One merge with the sample per tick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/sampler/sample.h"
#include "policy/hold.h"
#include "policy/plan.h"
#include "policy/rise.h"

namespace vigia::policy {

struct Resident {
    Runtime runtime = Runtime::unknown;
    std::string id;
    uint64_t cgroup_id = 0;
    const ContainerSample* sample = nullptr; // valid during the tick
    bool described = false;
    bool is_protected = false;
    uint64_t classes = 0;      // one bit per class of the plan
    bool taken = false;        // has an open decision
    bool leaving = false;      // has an open decision that ends it
    int64_t gone_until_ns = 0; // dry run: counts as ended until then
    std::vector<Hold> holds;
    std::vector<Rise> rises;
    // What the classes were made of.
    std::string name;
    std::string image;
    std::size_t labels = 0;

    bool in_class(std::size_t number) const {
        return number == every_class || (classes >> number & 1) != 0;
    }
    // Counted by count_above: those that a rule could act upon and that no decision ends already.
    bool counts(std::size_t container_class, int64_t now_ns) const {
        return described && !is_protected && !leaving && gone_until_ns <= now_ns &&
               sample->running() && in_class(container_class);
    }
};

class Roster {
public:
    // Under a new plan nothing has held yet.
    void reset(const Plan& plan);
    // `seen_ns` as in Hold; `elapsed_ns` on CLOCK_BOOTTIME, seen or not. True in `is_new` order:
    // containers that were not there before are given to `arrived`.
    void update(const Sample& sample, const Plan& plan, std::optional<uint64_t> seen_ns,
                uint64_t elapsed_ns);
    std::vector<Resident>& residents() { return residents_; }
    std::size_t size() const { return size_; }
    Resident* begin() { return residents_.data(); }
    Resident* end() { return residents_.data() + size_; }
    Resident* find(Runtime runtime, std::string_view id);
    // Numbers of the containers that the last update() saw for the first time.
    const std::vector<std::size_t>& arrived() const { return arrived_; }

private:
    void arrive(Resident& resident, const ContainerSample& container, const Plan& plan);

    std::vector<Resident> residents_; // the first size_ of them; the rest keep their memory
    std::vector<Resident> before_;
    std::size_t size_ = 0;
    std::vector<std::size_t> arrived_;
};

} // namespace vigia::policy
