// SPDX-License-Identifier: MIT
// What this user may do here, and what else shapes the figures.
#include "collector/cli/doctor.h"

#include <array>
#include <charconv>
#include <clocale>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

namespace vigia::cli {
namespace {

constexpr unsigned trace_capability = 19; // CAP_SYS_PTRACE: opens /proc/PID/io of everybody

bool may_trace(const std::string& status) {
    constexpr std::string_view label = "\nCapEff:\t";
    const std::size_t at = status.find(label);
    if (at == std::string::npos) {
        return false;
    }
    uint64_t capabilities = 0;
    const char* begin = status.data() + at + label.size();
    std::from_chars(begin, status.data() + status.size(), capabilities, 16);
    return (capabilities >> trace_capability & 1) != 0;
}

constexpr rlim_t files_wanted = 16'384; // a publisher keeps some open per process and cgroup

} // namespace

std::string read_text(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return {};
    }
    std::string text(64 * 1024, '\0');
    const ssize_t size = read(file, text.data(), text.size());
    close(file);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const bool begins = at == 0 || std::strchr(" \n\t,", text[at - 1]) != nullptr;
        const std::size_t end = at + word.size();
        const bool ends = end == text.size() || std::strchr(" \n\t,", text[end]) != nullptr;
        if (begins && ends) {
            return true;
        }
    }
    return false;
}

std::string_view to_string(Mark mark) {
    constexpr std::array<std::string_view, 3> names{"ok", "warn", "fail"};
    return names[static_cast<std::size_t>(mark)];
}

Finding check_privileges(const HostPaths& paths) {
    const bool reads_io = may_trace(read_text(paths.proc + "/self/status")) ||
                          !read_text(paths.proc + "/1/io").empty();
    const bool sees_all = !read_text(paths.proc + "/1/stat").empty();
    if (!sees_all) {
        return {"privileges", Mark::warn, "/proc hides other users' processes (hidepid)",
                "run as root, or add the user to the group that /proc was mounted with (gid=)"};
    }
    if (!reads_io) {
        return {"privileges", Mark::warn,
                fmt::format("uid {} may not read other users' I/O: read_* and write_* are unknown "
                            "for them",
                            geteuid()),
                "run as root, or give the service the capability CAP_SYS_PTRACE"};
    }
    return {"privileges",
            Mark::ok,
            fmt::format("uid {} reads every process, I/O included", geteuid()),
            {}};
}

Finding check_open_files() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const std::string text =
        fmt::format("{} files may be open, {} if asked for", limit.rlim_cur, limit.rlim_max);
    if (limit.rlim_max >= files_wanted) {
        return {"open files", Mark::ok, text, {}};
    }
    return {
        "open files", Mark::warn, text + ": the publisher opens more files again and again",
        fmt::format("raise the limit: LimitNOFILE={} in the service, or ulimit -Hn", files_wanted)};
}

Finding check_clock() {
    timex state{};
    const int status = adjtimex(&state); // modes 0: only asks
    if (status == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        return {"clock", Mark::warn,
                "the clock is not kept in step: times of rows and of other hosts may differ",
                "install systemd-timesyncd or chrony"};
    }
    return {"clock", Mark::ok, "kept in step with the network's time", {}};
}

Finding check_locale() {
    std::setlocale(LC_CTYPE, "");
    const std::string charset = nl_langinfo(CODESET);
    std::setlocale(LC_CTYPE, "C");
    if (charset == "UTF-8") {
        return {"locale", Mark::ok, "UTF-8", {}};
    }
    return {"locale",
            Mark::ok,
            charset + ": output is UTF-8 all the same; LANG=C.UTF-8 makes programs agree",
            {}};
}

} // namespace vigia::cli
