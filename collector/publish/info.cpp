// SPDX-License-Identifier: MIT
#include "collector/publish/info.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

template <std::size_t size>
void set_text(char (&field)[size], std::string_view text) {
    std::memset(field, 0, size);
    std::memcpy(field, text.data(), std::min(text.size(), size - 1));
}

// "1.2.3" → major << 16 | minor << 8 | patch.
uint32_t packed_version(std::string_view text) {
    TextScan scan(text);
    auto version = static_cast<uint32_t>(scan.number());
    for (int part = 0; part < 2; ++part) {
        scan.take(".");
        version = version << 8 | static_cast<uint32_t>(scan.number());
    }
    return version;
}

} // namespace

vigia_info make_info(uint64_t tick_ns, vigia_cgroup_mode mode, uint64_t refresh_interval_ns) {
    vigia_info info{};
    utsname name{};
    ::uname(&name);
    set_text(info.kernel_release, name.release);
    set_text(info.hostname, name.nodename);
    info.page_size_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    info.cpu_time_resolution_ns = tick_ns;
    info.start_time_resolution_ns = tick_ns;
    info.cgroup_mode = mode;
    info.writer_pid = static_cast<uint32_t>(::getpid());
    info.writer_version = packed_version(VIGIA_VERSION);
    info.refresh_interval_ns = refresh_interval_ns;
    return info;
}

} // namespace vigia::publish
