// SPDX-License-Identifier: MIT
// R6: every published field of every live cgroup against a plain reading.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include "collector/publish/cgroup_mounts.h"
#include "test/publish/cgroup_workload.h"
#include "test/publish/differential.h"
#include "test/publish/plain_proc.h"
#include "test/publish/published.h"
#include "test/publish/subject.h"
#include "test/publish/workload.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;

namespace {

constexpr int rounds = 5;
constexpr int64_t us = 1000;
constexpr int64_t no_limit = -1; // VIGIA_NO_LIMIT as a signed number
constexpr Kind counter = Kind::counter;
constexpr Kind gauge = Kind::gauge;

std::optional<int64_t> keyed(const std::string& text, const std::string& key) {
    const auto numbers = keyed_numbers(text);
    const auto found = numbers.find(key);
    return found != numbers.end() ? std::optional(found->second) : std::nullopt;
}

// The first number of the text; "max", -1 and v1's huge ones are no limit.
std::optional<int64_t> first(const std::string& text) {
    if (text.rfind("max", 0) == 0) {
        return no_limit;
    }
    std::istringstream words(text);
    int64_t value = 0;
    if (!(words >> value)) {
        return std::nullopt;
    }
    return value > (int64_t{1} << 62) ? no_limit : value;
}

std::optional<int64_t> scaled(std::optional<int64_t> value, int64_t unit) {
    return value && *value != no_limit ? std::optional(*value * unit) : value;
}

// Sum over devices of "8:0 Read 5" (v1) or "8:0 rbytes=5" (v2).
std::optional<int64_t> device_sum(const std::string& text, const std::string& v1,
                                  const std::string& v2) {
    int64_t sum = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word;
        while (words >> word) {
            if (word == v1 && words >> word) {
                sum += std::stoll(word);
            } else if (word.rfind(v2 + "=", 0) == 0) {
                sum += std::stoll(word.substr(v2.size() + 1));
            }
        }
    }
    return sum;
}

using Texts = std::map<std::string, std::string>; // by file name

struct CgroupField {
    const char* name;
    Kind kind;
    uint64_t valid;
    int64_t tolerance;
    std::function<uint64_t(const vigia_cgroup&)> published;
    std::function<std::optional<int64_t>(const Texts&)> plain;
};

// The text of the first of these files that this host has.
std::string any_of(const Texts& texts, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = texts.find(name);
        if (found != texts.end() && !found->second.empty()) {
            return found->second;
        }
    }
    return "";
}

bool has(const Texts& texts, const char* name) {
    return !any_of(texts, {name}).empty();
}

const char* const cgroup_file_names[] = {"cpu.stat",
                                         "cpu.max",
                                         "cpu.weight",
                                         "memory.current",
                                         "memory.max",
                                         "memory.high",
                                         "memory.peak",
                                         "memory.stat",
                                         "memory.events",
                                         "memory.swap.current",
                                         "memory.swap.max",
                                         "io.stat",
                                         "pids.current",
                                         "pids.max",
                                         "cpu.pressure",
                                         "memory.pressure",
                                         "io.pressure",
                                         "cpuacct.usage",
                                         "cpuacct.usage_user",
                                         "cpuacct.usage_sys",
                                         "cpu.cfs_quota_us",
                                         "cpu.cfs_period_us",
                                         "cpu.shares",
                                         "memory.usage_in_bytes",
                                         "memory.limit_in_bytes",
                                         "memory.max_usage_in_bytes",
                                         "memory.memsw.limit_in_bytes",
                                         "memory.oom_control",
                                         "blkio.throttle.io_service_bytes_recursive",
                                         "blkio.throttle.io_serviced_recursive",
                                         "cgroup.procs"};

// Files of v1 controllers under their names; the followed hierarchy's as "followed:NAME".
// The kernel's records follow the unified hierarchy's CPU time, which v1's samples only approach.
Texts cgroup_texts(const publish::CgroupMounts& mounts, const std::string& path,
                   const Subject& subject) {
    Texts texts;
    for (std::size_t place = 0; place < mounts.path.size(); ++place) {
        for (const char* name : cgroup_file_names) {
            const std::string text =
                mounts.path[place].empty() ? "" : slurp(mounts.path[place] + path + "/" + name);
            const std::string prefix = place == publish::cgroup_place_followed ? "followed:" : "";
            if (!text.empty()) {
                texts[prefix + name] = text;
            }
        }
    }
    if (subject.is_kernel() && texts.count("followed:cpu.stat") != 0) {
        for (const char* name : {"cpuacct.usage", "cpuacct.usage_user", "cpuacct.usage_sys"}) {
            texts.erase(name);
        }
    }
    return texts;
}

CgroupField simple(const char* name, Kind kind, uint64_t valid, uint64_t vigia_cgroup::*member,
                   std::function<std::optional<int64_t>(const Texts&)> plain,
                   int64_t tolerance = 0) {
    return {name,
            kind,
            valid,
            tolerance,
            [member](const vigia_cgroup& record) { return record.*member; },
            std::move(plain)};
}

// A key of memory.stat: v1's total_KEY, else v2's.
auto memory_stat(const char* v1, const char* v2) {
    return [=](const Texts& t) {
        return has(t, "memory.stat") ? keyed(any_of(t, {"memory.stat"}), v1)
                                     : keyed(any_of(t, {"followed:memory.stat"}), v2);
    };
}

auto single(const char* v1, const char* v2, int64_t unit = 1) {
    return [=](const Texts& t) { return scaled(first(any_of(t, {v1, v2})), unit); };
}

std::vector<CgroupField> cpu_fields() {
    using C = vigia_cgroup;
    return {
        simple("cpu_usage_ns", counter, VIGIA_CGROUP_VALID_CPU, &C::cpu_usage_ns,
               [](const Texts& t) {
                   return has(t, "cpuacct.usage")
                              ? first(any_of(t, {"cpuacct.usage"}))
                              : scaled(keyed(any_of(t, {"followed:cpu.stat"}), "usage_usec"), us);
               }),
        simple("cpu_user_ns", counter, VIGIA_CGROUP_VALID_CPU_SPLIT, &C::cpu_user_ns,
               [](const Texts& t) {
                   return has(t, "cpuacct.usage_user")
                              ? first(any_of(t, {"cpuacct.usage_user"}))
                              : scaled(keyed(any_of(t, {"followed:cpu.stat"}), "user_usec"), us);
               }),
        simple("cpu_system_ns", counter, VIGIA_CGROUP_VALID_CPU_SPLIT, &C::cpu_system_ns,
               [](const Texts& t) {
                   return has(t, "cpuacct.usage_sys")
                              ? first(any_of(t, {"cpuacct.usage_sys"}))
                              : scaled(keyed(any_of(t, {"followed:cpu.stat"}), "system_usec"), us);
               }),
        simple("cpu_quota_ns", gauge, VIGIA_CGROUP_VALID_CPU_LIMIT, &C::cpu_quota_ns,
               single("cpu.cfs_quota_us", "followed:cpu.max", us)),
        simple("cpu_period_ns", gauge, VIGIA_CGROUP_VALID_CPU_LIMIT, &C::cpu_period_ns,
               [](const Texts& t) {
                   const std::string v2 = any_of(t, {"followed:cpu.max"});
                   return scaled(has(t, "cpu.cfs_period_us")
                                     ? first(any_of(t, {"cpu.cfs_period_us"}))
                                     : first(v2.substr(std::min(v2.find(' '), v2.size()))),
                                 us);
               }),
        simple("cpu_periods", counter, VIGIA_CGROUP_VALID_THROTTLING, &C::cpu_periods,
               [](const Texts& t) {
                   return keyed(any_of(t, {"cpu.stat", "followed:cpu.stat"}), "nr_periods");
               }),
        simple("cpu_throttled_periods", counter, VIGIA_CGROUP_VALID_THROTTLING,
               &C::cpu_throttled_periods,
               [](const Texts& t) {
                   return keyed(any_of(t, {"cpu.stat", "followed:cpu.stat"}), "nr_throttled");
               }),
        simple("cpu_throttled_ns", counter, VIGIA_CGROUP_VALID_THROTTLING, &C::cpu_throttled_ns,
               [](const Texts& t) {
                   return has(t, "cpu.stat")
                              ? keyed(any_of(t, {"cpu.stat"}), "throttled_time")
                              : scaled(keyed(any_of(t, {"followed:cpu.stat"}), "throttled_usec"),
                                       us);
               }),
    };
}

std::vector<CgroupField> memory_fields() {
    using C = vigia_cgroup;
    // The kernel gathers memory counters in batches of up to 64 pages for each CPU.
    const int64_t batch_bytes = 64 * ::sysconf(_SC_PAGESIZE) * ::sysconf(_SC_NPROCESSORS_CONF);
    constexpr uint64_t split = VIGIA_CGROUP_VALID_MEMORY_SPLIT;
    return {
        simple("memory_current_bytes", gauge, VIGIA_CGROUP_VALID_MEMORY, &C::memory_current_bytes,
               single("memory.usage_in_bytes", "followed:memory.current"), batch_bytes),
        simple("memory_limit_bytes", gauge, VIGIA_CGROUP_VALID_MEMORY, &C::memory_limit_bytes,
               single("memory.limit_in_bytes", "followed:memory.max")),
        simple("memory_peak_bytes", gauge, VIGIA_CGROUP_VALID_MEMORY_PEAK, &C::memory_peak_bytes,
               single("memory.max_usage_in_bytes", "followed:memory.peak")),
        simple("memory_high_bytes", gauge, VIGIA_CGROUP_VALID_MEMORY_HIGH, &C::memory_high_bytes,
               single("followed:memory.high", "followed:memory.high")),
        simple("memory_anon_bytes", gauge, split, &C::memory_anon_bytes,
               memory_stat("total_rss", "anon"), batch_bytes),
        simple("memory_file_bytes", gauge, split, &C::memory_file_bytes,
               memory_stat("total_cache", "file"), batch_bytes),
        simple("memory_inactive_file_bytes", gauge, split, &C::memory_inactive_file_bytes,
               memory_stat("total_inactive_file", "inactive_file"), batch_bytes),
        simple("memory_shared_bytes", gauge, split, &C::memory_shared_bytes,
               memory_stat("total_shmem", "shmem"), batch_bytes),
        simple("major_faults", counter, split, &C::major_faults,
               memory_stat("total_pgmajfault", "pgmajfault")),
        simple("minor_faults", gauge, split, &C::minor_faults,
               [](const Texts& t) {
                   const auto all = memory_stat("total_pgfault", "pgfault")(t);
                   const auto major = memory_stat("total_pgmajfault", "pgmajfault")(t);
                   return all && major ? std::optional(*all - *major) : std::nullopt;
               }),
        simple("swap_current_bytes", gauge, VIGIA_CGROUP_VALID_SWAP, &C::swap_current_bytes,
               [](const Texts& t) {
                   return has(t, "memory.stat")
                              ? keyed(any_of(t, {"memory.stat"}), "total_swap")
                              : first(any_of(t, {"followed:memory.swap.current"}));
               }),
        simple("oom_kills", counter, VIGIA_CGROUP_VALID_OOM, &C::oom_kills,
               [](const Texts& t) {
                   return keyed(any_of(t, {"memory.oom_control", "followed:memory.events"}),
                                "oom_kill");
               }),
    };
}

std::vector<CgroupField> other_fields() {
    using C = vigia_cgroup;
    constexpr uint64_t io = VIGIA_CGROUP_VALID_IO;
    constexpr const char* bytes = "blkio.throttle.io_service_bytes_recursive";
    constexpr const char* calls = "blkio.throttle.io_serviced_recursive";
    const auto devices = [](const char* v1_file, const char* v1, const char* v2) {
        return [=](const Texts& t) {
            return device_sum(any_of(t, {v1_file, "followed:io.stat"}), v1, v2);
        };
    };
    // Gauges: where nothing runs they may wait for the pace of the limits.
    std::vector<CgroupField> fields{
        simple("io_read_bytes", gauge, io, &C::io_read_bytes, devices(bytes, "Read", "rbytes")),
        simple("io_write_bytes", gauge, io, &C::io_write_bytes, devices(bytes, "Write", "wbytes")),
        simple("io_read_calls", gauge, io, &C::io_read_calls, devices(calls, "Read", "rios")),
        simple("io_write_calls", gauge, io, &C::io_write_calls, devices(calls, "Write", "wios")),
        simple("task_count", gauge, VIGIA_CGROUP_VALID_TASKS, &C::task_count,
               single("pids.current", "followed:pids.current")),
        simple("task_limit", gauge, VIGIA_CGROUP_VALID_TASKS, &C::task_limit,
               single("pids.max", "followed:pids.max")),
    };
    const auto pressure = [&](const char* name, vigia_pressure C::*member, const char* file,
                              bool some) {
        fields.push_back({name, counter, VIGIA_CGROUP_VALID_PRESSURE, 0,
                          [=](const C& record) {
                              return some ? (record.*member).some_ns : (record.*member).full_ns;
                          },
                          [=](const Texts& t) {
                              return stalled_ns(any_of(t, {file}), some ? "some" : "full");
                          }});
    };
    pressure("cpu_pressure.some_ns", &C::cpu_pressure, "followed:cpu.pressure", true);
    pressure("cpu_pressure.full_ns", &C::cpu_pressure, "followed:cpu.pressure", false);
    pressure("memory_pressure.some_ns", &C::memory_pressure, "followed:memory.pressure", true);
    pressure("memory_pressure.full_ns", &C::memory_pressure, "followed:memory.pressure", false);
    pressure("io_pressure.some_ns", &C::io_pressure, "followed:io.pressure", true);
    pressure("io_pressure.full_ns", &C::io_pressure, "followed:io.pressure", false);
    return fields;
}

std::vector<CgroupField> all_cgroup_fields() {
    std::vector<CgroupField> all = cpu_fields();
    for (const auto& part : {memory_fields(), other_fields()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

// cgroupfs cuts the kernel's times down to microseconds. User and system time divide the run time
// in the ratio of samples that are a tick apart, as they stand at the moment of the reading.
int64_t rounding(const Subject& subject, const CgroupField& row) {
    constexpr int64_t split_ns = 20'000'000;
    constexpr uint64_t times =
        VIGIA_CGROUP_VALID_CPU | VIGIA_CGROUP_VALID_THROTTLING | VIGIA_CGROUP_VALID_PRESSURE;
    if (!subject.is_kernel()) {
        return 0;
    }
    return (row.valid & VIGIA_CGROUP_VALID_CPU_SPLIT) != 0 ? split_ns
           : (row.valid & times) != 0                      ? us
                                                           : 0;
}

uint64_t inode(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

} // namespace

TEST_CASE("every field of every live cgroup is what its files say") {
    const TemporaryDirectory scratch;
    const Workload workload(scratch.path());
    const auto subject = start_subject(scratch.file("v"));
    const auto tree = subject->is_kernel() ? std::make_unique<CgroupWorkload>() : nullptr;
    const auto mounts = publish::parse_cgroup_mounts(slurp("/proc/self/mountinfo"));
    const std::string& followed = mounts.path[publish::cgroup_place_followed];
    const std::vector<CgroupField> fields = all_cgroup_fields();
    REQUIRE(subject->refresh());
    Differential result;
    for (int i = 0; i < rounds; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        std::map<std::string, Texts> before;
        for (const std::string& path : Published(subject->directory()).cgroup_paths) {
            before[path] = cgroup_texts(mounts, path, *subject);
        }
        REQUIRE(subject->refresh());
        const Published seen(subject->directory());
        for (std::size_t k = 0; k < seen.cgroups.size(); ++k) {
            const std::string& path = seen.cgroup_paths[k];
            const Texts after = cgroup_texts(mounts, path, *subject);
            if (before.count(path) == 0 || after.count("followed:cgroup.procs") == 0) {
                continue; // came or went
            }
            CHECK(seen.cgroups[k].id == inode(followed + path));
            for (const CgroupField& row : fields) {
                const auto low = row.plain(before[path]);
                const auto high = row.plain(after);
                if (low && high && (seen.cgroups[k].valid & row.valid) != 0) {
                    result.compare(path, row.name, row.kind,
                                   static_cast<int64_t>(row.published(seen.cgroups[k])), *low,
                                   *high, row.tolerance + rounding(*subject, row));
                }
            }
            result.compare(path, "process_count", gauge, seen.cgroups[k].process_count,
                           static_cast<int64_t>(pids_in(followed + path + "/cgroup.procs").size()),
                           static_cast<int64_t>(pids_in(followed + path + "/cgroup.procs").size()),
                           0);
        }
    }
    const std::string findings = result.findings(rounds);
    INFO(findings);
    CHECK(findings.empty());
    CHECK(result.compared() >= 100);
    std::printf("R6: %zu values of cgroups compared\n", result.compared());
}

TEST_CASE("every process is in the cgroup that /proc names") {
    const TemporaryDirectory scratch;
    const Workload workload(scratch.path());
    const auto subject = start_subject(scratch.file("v"));
    Differential result;
    for (int i = 0; i < rounds; ++i) {
        const auto before = plain_processes();
        REQUIRE(subject->refresh());
        const Published seen(subject->directory());
        const auto after = plain_processes();
        for (const auto& [pid, process] : before) {
            const vigia_process* record = seen.process(pid);
            const auto later = after.find(pid);
            const vigia_cgroup* cgroup = seen.cgroup(process.cgroup_path);
            if (record != nullptr && cgroup != nullptr && later != after.end() &&
                later->second.cgroup_path == process.cgroup_path) {
                const auto id = static_cast<int64_t>(cgroup->id);
                result.compare(std::to_string(pid), "cgroup_id", gauge,
                               static_cast<int64_t>(record->cgroup_id), id, id, 0);
            }
        }
    }
    const std::string findings = result.findings(rounds);
    INFO(findings);
    CHECK(findings.empty());
    CHECK(result.compared() > 0);
    if (workload.grouped != 0) {
        const Published seen(subject->directory());
        const vigia_cgroup* own = seen.cgroup(workload.cgroup_path);
        REQUIRE(own != nullptr);
        CHECK(own->process_count == 1);
        CHECK((own->valid & VIGIA_CGROUP_VALID_NAMESPACES) != 0);
        CHECK(own->namespaces.pid == inode("/proc/self/ns/pid"));
        CHECK(own->namespaces.mount == inode("/proc/self/ns/mnt"));
        CHECK(own->namespaces.network == inode("/proc/self/ns/net"));
        CHECK(own->namespaces.uts == inode("/proc/self/ns/uts"));
    }
}
