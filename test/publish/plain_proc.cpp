// SPDX-License-Identifier: MIT
#include "test/publish/plain_proc.h"

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <sstream>

namespace vigia::test {
namespace {

// Names of the fields behind the state, in the order of proc(5).
const std::vector<std::string> stat_names{
    "ppid",       "pgrp",    "session", "tty",       "tpgid",   "flags",     "minflt",    "cminflt",
    "majflt",     "cmajflt", "utime",   "stime",     "cutime",  "cstime",    "priority",  "nice",
    "threads",    "itreal",  "start",   "vsize",     "rss",     "rsslim",    "startcode", "endcode",
    "startstack", "esp",     "eip",     "signal",    "blocked", "sigignore", "sigcatch",  "wchan",
    "nswap",      "cnswap",  "exit",    "processor", "rtprio",  "policy",    "blkio"};

bool read_stat(const std::string& folder, PlainProcess& process) {
    const std::string text = slurp(folder + "stat");
    const std::size_t close = text.rfind(") ");
    if (close == std::string::npos) {
        return false;
    }
    process.comm = text.substr(text.find('(') + 1, close - text.find('(') - 1);
    std::istringstream words(text.substr(close + 2));
    words >> process.state;
    for (const std::string& name : stat_names) {
        std::string word;
        words >> word;
        process.number["stat." + name] = static_cast<int64_t>(std::stoull(word));
    }
    return true;
}

void read_schedstat(const std::string& folder, PlainProcess& process) {
    std::istringstream words(slurp(folder + "schedstat"));
    int64_t value = 0;
    for (int i = 0; words >> value; ++i) {
        process.number["schedstat." + std::to_string(i)] = value;
    }
}

void read_keyed(const std::string& folder, const std::string& file, PlainProcess& process) {
    for (const auto& [key, value] : keyed_numbers(slurp(folder + file))) {
        process.number[file + "." + key] = value;
    }
}

// "Uid: real effective saved fs" and "NSpid: outer ... inner".
void read_lists(const std::string& folder, PlainProcess& process) {
    std::istringstream lines(slurp(folder + "status"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        std::vector<int64_t> values{std::istream_iterator<int64_t>(words), {}};
        if (key == "Uid:" && values.size() == 4) {
            process.number["uid"] = values[0];
            process.number["euid"] = values[1];
        } else if (key == "NSpid:" && !values.empty()) {
            process.number["nspid"] = values.back();
        }
    }
}

// Whether a line of /proc/PID/cgroup is of the hierarchy of this controller.
bool is_of(const std::string& line, const std::string& controller) {
    const std::size_t begin = line.find(':') + 1;
    return ("," + line.substr(begin, line.find(':', begin) - begin) + ",")
               .find("," + controller + ",") != std::string::npos;
}

} // namespace

std::string plain_cgroup_path(const std::string& text) {
    for (const char* controller : {"", "memory", "pids", "cpuacct", "cpu"}) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (is_of(line, controller)) {
                return line.substr(line.find(':', line.find(':') + 1) + 1);
            }
        }
    }
    return {};
}

std::string slurp(const std::string& path) {
    std::string text;
    if (std::FILE* file = std::fopen(path.c_str(), "r")) {
        char buffer[4096];
        while (const std::size_t size = std::fread(buffer, 1, sizeof(buffer), file)) {
            text.append(buffer, size);
        }
        std::fclose(file);
    }
    return text;
}

std::map<std::string, int64_t> keyed_numbers(const std::string& text) {
    std::map<std::string, int64_t> numbers;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        int64_t value = 0;
        if (words >> key >> value) {
            if (key.back() == ':') {
                key.pop_back();
            }
            numbers[key] = value;
        }
    }
    return numbers;
}

namespace {

// "Node 0, zone    DMA32": the zone's subject, and its node's.
bool is_zone(const std::string& line, std::string& node, std::string& zone) {
    std::istringstream words(line);
    std::string node_word;
    std::string number;
    std::string zone_word;
    std::string name;
    if (!(words >> node_word >> number >> zone_word >> name) || node_word != "Node") {
        return false;
    }
    number.pop_back(); // the comma
    node = "node " + number;
    zone = "zone " + number + " " + name;
    return true;
}

} // namespace

std::map<std::string, std::map<std::string, int64_t>> plain_zoneinfo() {
    std::map<std::string, std::map<std::string, int64_t>> subjects;
    std::istringstream lines(slurp("/proc/zoneinfo"));
    std::string node;
    std::string zone;
    std::string subject;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        int64_t value = 0;
        words >> key;
        if (is_zone(line, node, zone)) {
            subject = zone;
        } else if (key == "per-node") {
            subject = node;
        } else if (key == "pages") {
            subject = zone;
            words >> key >> value;
            subjects[subject][key] = value;
        } else if (key == "pagesets") {
            subject.clear(); // the CPUs' lists
        } else if (!subject.empty() && words >> value) {
            subjects[key == "nr_page_table_pages" ? node : subject][key] += value;
        }
    }
    for (auto at = subjects.begin(); at != subjects.end();) {
        const bool empty = at->first.starts_with("zone") && at->second["present"] == 0;
        at = empty ? subjects.erase(at) : std::next(at);
    }
    return subjects;
}

int64_t machine_check_interrupts() {
    int64_t sum = 0;
    std::istringstream lines(slurp("/proc/interrupts"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name == "MCE:" || name == "MCP:" || name == "ERR:") {
            for (int64_t count = 0; words >> count;) {
                sum += count;
            }
        }
    }
    return sum;
}

std::optional<int64_t> stalled_ns(const std::string& text, const std::string& kind) {
    const std::size_t line = text.find(kind + " ");
    const std::size_t total = line == std::string::npos ? line : text.find("total=", line);
    return total == std::string::npos ? std::nullopt
                                      : std::optional(std::stoll(text.substr(total + 6)) * 1000);
}

std::map<uint32_t, PlainProcess> plain_processes() {
    std::map<uint32_t, PlainProcess> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const std::string folder = "/proc/" + name + "/";
        PlainProcess process;
        if (!read_stat(folder, process)) {
            continue;
        }
        read_schedstat(folder, process);
        read_keyed(folder, "status", process);
        read_keyed(folder, "io", process);
        read_lists(folder, process);
        process.cgroup_path = plain_cgroup_path(slurp(folder + "cgroup"));
        const std::string adjustment = slurp(folder + "oom_score_adj");
        if (process.has("uid") && !adjustment.empty()) {
            process.number["oom"] = std::stoll(adjustment);
            all[static_cast<uint32_t>(std::stoul(name))] = process;
        }
    }
    return all;
}

std::vector<uint32_t> pids_in(const std::string& procs_file) {
    std::istringstream words(slurp(procs_file));
    return {std::istream_iterator<uint32_t>(words), {}};
}

} // namespace vigia::test
