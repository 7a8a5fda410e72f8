// SPDX-License-Identifier: MIT
// A container engine that does what it is asked, late, wrongly or never, and says so, or not.
#pragma once

#include <vector>

#include "policy/engine.h"
#include "test/policy/simulation/random.h"
#include "test/policy/world.h"

namespace vigia::test {

class FakeDocker {
public:
    FakeDocker(World& world, Random& random) : world_(world), random_(random) {}

    void send(const policy::ActionRequest& request);
    // Applies the effects that are due.
    void work();
    // The answers that are due; each request gets exactly one, but for some that come twice.
    std::vector<policy::ActionReport> answers();
    // The daemon died: nobody waits for answers any more. Effects still come.
    void hang_up() { answers_.clear(); }
    bool idle() const { return answers_.empty() && effects_.empty(); }

private:
    struct Effect {
        uint64_t due_ns = 0;
        policy::ActionRequest request;
    };
    struct Answer {
        uint64_t due_ns = 0;
        policy::ActionReport report;
    };
    void apply(const policy::ActionRequest& request);
    void answer(const policy::ActionRequest& request, uint64_t delay_ns, policy::Answer kind,
                int http_status);

    World& world_;
    Random& random_;
    std::vector<Effect> effects_;
    std::vector<Answer> answers_;
};

} // namespace vigia::test
