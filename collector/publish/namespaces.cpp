// SPDX-License-Identifier: MIT
#include "collector/publish/namespaces.h"

#include <unistd.h>

#include <string_view>

#include <fmt/format.h>

#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

// The link's text is "net:[4026531840]".
uint64_t read_link(int proc, uint32_t pid, const char* name) {
    char path[64] = {};
    char target[64];
    fmt::format_to_n(path, sizeof(path) - 1, "{}/ns/{}", pid, name);
    const ssize_t size = ::readlinkat(proc, path, target, sizeof(target));
    if (size <= 0) {
        return 0;
    }
    const std::string_view text(target, static_cast<std::size_t>(size));
    const std::size_t bracket = text.find('[');
    return bracket == std::string_view::npos ? 0 : TextScan(text.substr(bracket + 1)).number();
}

} // namespace

bool read_namespaces_of(int proc, uint32_t pid, vigia_namespaces& namespaces) {
    vigia_namespaces found{};
    found.cgroup = read_link(proc, pid, "cgroup");
    found.ipc = read_link(proc, pid, "ipc");
    found.mount = read_link(proc, pid, "mnt");
    found.network = read_link(proc, pid, "net");
    found.pid = read_link(proc, pid, "pid");
    found.user = read_link(proc, pid, "user");
    found.uts = read_link(proc, pid, "uts");
    const bool whole = found.ipc != 0 && found.mount != 0 && found.network != 0 && found.pid != 0 &&
                       found.uts != 0;
    namespaces = whole ? found : vigia_namespaces{};
    return whole;
}

} // namespace vigia::publish
