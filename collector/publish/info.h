// SPDX-License-Identifier: MIT
// The record of `info`: what is fixed for the life of a publisher.
#pragma once

#include <vigia/info.h>

namespace vigia::publish {

// Kernel release, host name, page size, resolutions, CPU count, our pid and version. The counters
// stay zero.
vigia_info make_info(uint64_t tick_ns, vigia_cgroup_mode mode, uint64_t refresh_interval_ns);

} // namespace vigia::publish
