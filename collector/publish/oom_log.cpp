// SPDX-License-Identifier: MIT
#include "collector/publish/oom_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collector/base/limits.h"
#include "collector/base/result.h"
#include "collector/publish/text_scan.h"

namespace vigia::publish {
namespace {

constexpr std::size_t record_bytes = 16 * 1024; // the kernel's longest is 8 KiB and a bit
constexpr uint64_t kib = 1'024;
const dev_t kernel_log = makedev(1, 11); // Documentation/admin-guide/devices.txt

// The number behind `key` in the tail of the line.
bool find_number(std::string_view text, std::string_view key, int64_t& value) {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) {
        return false;
    }
    TextScan scan(text.substr(at + key.size()));
    value = scan.signed_number();
    return true;
}

bool find_kib(std::string_view text, std::string_view key, uint64_t& bytes) {
    int64_t value = 0;
    const bool found = find_number(text, key, value);
    bytes = static_cast<uint64_t>(value) * kib;
    return found;
}

} // namespace

// "Memory cgroup out of memory: Killed process 12 (a name) total-vm:9kB, anon-rss:4kB, ...". The
// name may hold anything, also parentheses: what follows it comes last.
bool parse_oom_kill(std::string_view record, OomKill& kill) {
    constexpr std::string_view killed = ": Killed process ";
    constexpr std::string_view behind = ") total-vm:";
    kill = {};
    const std::size_t semicolon = record.find(';');
    if (semicolon == std::string_view::npos || !TextScan(record).at_number() ||
        TextScan(record).number() >= 8) { // others than the kernel get a facility
        return false;
    }
    std::string_view text = record.substr(semicolon + 1);
    text = text.substr(0, text.find('\n'));
    const std::size_t at = text.find(killed);
    if (at == std::string_view::npos || text.substr(0, at).find("ut of memory") == text.npos) {
        return false;
    }
    TextScan scan(text.substr(at + killed.size()));
    if (!scan.at_number()) {
        return false;
    }
    kill.pid = static_cast<uint32_t>(scan.number());
    const std::string_view rest = scan.rest();
    const std::size_t end = rest.rfind(behind);
    if (kill.pid == 0 || !rest.starts_with(" (") || end == std::string_view::npos) {
        return false;
    }
    const std::string_view comm = rest.substr(2, end - 2);
    std::memcpy(kill.comm.data(), comm.data(), std::min(comm.size(), kill.comm.size() - 1));
    const std::string_view tail = rest.substr(end);
    kill.has_memory = find_kib(tail, " anon-rss:", kill.rss_anon_bytes) &&
                      find_kib(tail, " file-rss:", kill.rss_file_bytes) &&
                      find_kib(tail, " shmem-rss:", kill.rss_shared_bytes);
    int64_t value = 0;
    kill.has_user = find_number(tail, " UID:", value);
    kill.uid = static_cast<uint32_t>(value);
    if (find_number(tail, " oom_score_adj:", value)) {
        kill.oom_score_adjustment = static_cast<int32_t>(value);
    }
    return true;
}

OomLog::OomLog(UniqueFd log) : log_(std::move(log)), buffer_(record_bytes) {}

std::optional<OomLog> OomLog::open(const char* path, Absence& absence) {
    UniqueFd log(::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    // What lies there in a container may be anything, and would be readable for ever.
    struct stat status {};
    if (log && (::fstat(log.get(), &status) != 0 || !S_ISCHR(status.st_mode) ||
                status.st_rdev != kernel_log)) {
        absence = {std::string(path) + " is not the kernel's log", "give the container /dev/kmsg"};
        return std::nullopt;
    }
    const bool usable = log && ::lseek(log.get(), 0, SEEK_END) >= 0;
    // Where reading is restricted, the kernel may only say so at the first record.
    char first = 0;
    if (!usable || (::read(log.get(), &first, 0) < 0 && errno == EPERM)) {
        absence = {system_error(std::string("open ") + path, errno).message(),
                   "run as root (CAP_SYSLOG)"};
        return std::nullopt;
    }
    return OomLog(std::move(log));
}

void OomLog::receive(std::vector<OomKill>& kills, uint64_t& lost) {
    for (std::size_t i = 0; i < limits::event_log_lines; ++i) {
        const ssize_t size = ::read(log_.get(), buffer_.data(), buffer_.size());
        if (size < 0 && errno == EPIPE) {
            ++lost;
            continue;
        }
        if (size <= 0) {
            return;
        }
        OomKill kill;
        if (parse_oom_kill({buffer_.data(), static_cast<std::size_t>(size)}, kill)) {
            kills.push_back(kill);
        }
    }
}

} // namespace vigia::publish
