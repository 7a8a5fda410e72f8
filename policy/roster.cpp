// SPDX-License-Identifier: MIT
#include "policy/roster.h"

#include <algorithm>
#include <utility>

#include "policy/selector.h"

namespace vigia::policy {
namespace {

using Key = std::pair<Runtime, std::string_view>;

Key key_of(const Resident& resident) {
    return {resident.runtime, resident.id};
}

Key key_of(const ContainerSample& container) {
    return {container.runtime, container.id};
}

// Labels of a container never change in its life; names and images' tags do.
bool same_description(const Resident& resident, const ContainerSample& container) {
    if (container.info == nullptr || !resident.described) {
        return resident.described == (container.info != nullptr);
    }
    const ContainerInfo& info = *container.info;
    return resident.name == info.name && resident.image == info.image &&
           resident.labels == info.labels.size();
}

void describe(Resident& resident, const ContainerSample& container, const Plan& plan) {
    resident.described = container.info != nullptr;
    resident.is_protected = false;
    resident.classes = 0;
    if (!resident.described) {
        return;
    }
    const ContainerInfo& info = *container.info;
    resident.name = info.name;
    resident.image = info.image;
    resident.labels = info.labels.size();
    resident.is_protected = is_protected(plan.config, info);
    for (std::size_t number = 0; number < plan.config.classes.size(); ++number) {
        if (matches(plan.config.classes[number].selector, info)) {
            resident.classes |= uint64_t{1} << number;
        }
    }
}

void measure(Resident& resident, const PlanDetector& planned, const Sample& sample,
             std::optional<uint64_t> seen_ns, uint64_t elapsed_ns) {
    Subject subject{sample, resident.sample, {}, {}};
    if (planned.detector->windowed()) {
        Rise& rise = resident.rises[planned.rise];
        const uint64_t within_ns = planned.config.within_ns;
        if (const auto counter = planned.detector->counter(*resident.sample)) {
            subject.rise = rise.advance(*counter, elapsed_ns, within_ns);
        } else if (const auto count = planned.detector->occurrences(subject)) {
            subject.rise = rise.add(*count, elapsed_ns, within_ns);
        }
    }
    resident.holds[planned.hold].advance(planned.detector->measure(subject),
                                         planned.config.threshold, planned.config.clear, seen_ns);
}

void measure_all(Resident& resident, const Plan& plan, const Sample& sample,
                 std::optional<uint64_t> seen_ns, uint64_t elapsed_ns) {
    for (const PlanRule& rule : plan.rules) {
        for (const PlanGroup& group : rule.groups) {
            for (const PlanDetector& planned : group.detectors) {
                if (planned.of_container()) {
                    measure(resident, planned, sample, seen_ns, elapsed_ns);
                }
            }
        }
    }
}

} // namespace

void Roster::reset(const Plan& plan) {
    for (Resident* resident = begin(); resident != end(); ++resident) {
        resident->holds.assign(plan.container_holds, {});
        resident->rises.assign(plan.container_rises, {});
        resident->described = false; // classes are made anew
        resident->name.clear();
    }
}

void Roster::arrive(Resident& resident, const ContainerSample& container, const Plan& plan) {
    resident.runtime = container.runtime;
    resident.id.assign(container.id);
    resident.gone_until_ns = 0;
    resident.holds.assign(plan.container_holds, {});
    resident.rises.assign(plan.container_rises, {});
    describe(resident, container, plan);
}

void Roster::update(const Sample& sample, const Plan& plan, std::optional<uint64_t> seen_ns,
                    uint64_t elapsed_ns) {
    std::swap(residents_, before_);
    const std::size_t size_before = std::exchange(size_, sample.containers.size());
    if (residents_.size() < size_) {
        residents_.resize(size_);
    }
    arrived_.clear();
    std::size_t old = 0;
    for (std::size_t index = 0; index < size_; ++index) {
        const ContainerSample& container = sample.containers[index];
        while (old < size_before && key_of(before_[old]) < key_of(container)) {
            ++old;
        }
        Resident& resident = residents_[index];
        const bool known = old < size_before && key_of(before_[old]) == key_of(container);
        if (known) {
            std::swap(resident, before_[old++]);
        } else {
            arrive(resident, container, plan);
            arrived_.push_back(index);
        }
        if (!same_description(resident, container)) {
            describe(resident, container, plan);
        }
        const bool same_life = known && resident.cgroup_id == container.record.id;
        resident.cgroup_id = container.record.id;
        resident.sample = &container;
        resident.taken = false;
        resident.leaving = false;
        measure_all(resident, plan, sample, same_life ? seen_ns : std::nullopt, elapsed_ns);
    }
}

Resident* Roster::find(Runtime runtime, std::string_view id) {
    const Key key(runtime, id);
    Resident* at = std::lower_bound(begin(), end(), key, [](const Resident& resident, Key wanted) {
        return key_of(resident) < wanted;
    });
    return at != end() && key_of(*at) == key ? at : nullptr;
}

} // namespace vigia::policy
