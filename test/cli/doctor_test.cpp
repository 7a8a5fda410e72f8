// SPDX-License-Identifier: MIT
#include "collector/cli/doctor.h"

#include <filesystem>
#include <fstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "test/support/catch.h"

using namespace vigia::cli;

namespace {

// Another host: a tree of files that goes away with it.
class FakeHost {
public:
    FakeHost() {
        std::string name = "/tmp/vigia-doctor-XXXXXX";
        REQUIRE(mkdtemp(name.data()) != nullptr);
        root_ = name;
        paths = {root_ + "/proc", root_ + "/sys", root_ + "/modules"};
        std::filesystem::create_directories(paths.proc);
    }
    ~FakeHost() { std::filesystem::remove_all(root_); }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    void put(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }

    HostPaths paths;

private:
    std::string root_;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

constexpr const char* all_v1 = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
                               "cpuset\t1\t1\t1\ncpu\t2\t1\t1\ncpuacct\t2\t1\t1\n"
                               "blkio\t3\t1\t1\nmemory\t4\t1\t1\npids\t5\t1\t1\n";

} // namespace

TEST_CASE("modules: what is in the way is said with the command that helps") {
    FakeHost host;
    utsname name{};
    uname(&name);
    const std::string folder = host.paths.modules + "/" + name.release;
    CHECK(contains(check_modules(host.paths).text, "built without modules"));
    CHECK(check_modules(host.paths).mark == Mark::ok);

    host.put(host.paths.proc + "/modules", "");
    CHECK(check_modules(host.paths).mark == Mark::warn);
    CHECK(contains(check_modules(host.paths).remedy,
                   std::string("apt install linux-headers-") + name.release));

    host.put(folder + "/build/Makefile", "");
    CHECK(contains(check_modules(host.paths).text, "not built for this kernel"));
    CHECK(contains(check_modules(host.paths).remedy, "deploy/modules.sh load"));

    host.put(folder + "/updates/dkms/vigia.ko.xz", "");
    CHECK(contains(check_modules(host.paths).text, "installed, but not loaded"));
    CHECK(contains(check_modules(host.paths).remedy, "modprobe -a vigia_system"));

    host.put(host.paths.proc + "/vigia/info", "");
    host.put(host.paths.proc + "/vigia/system", "");
    CHECK(check_modules(host.paths).mark == Mark::warn);
    CHECK(contains(check_modules(host.paths).text, "not loaded: vigia_processes, vigia_cgroups"));
    host.put(host.paths.proc + "/vigia/processes", "");
    host.put(host.paths.proc + "/vigia/cgroups", "");
    CHECK(check_modules(host.paths).mark == Mark::ok);
    CHECK(contains(check_modules(host.paths).text, "are loaded"));
}

TEST_CASE("modules: a kernel that takes no strange ones says why") {
    FakeHost host;
    host.put(host.paths.proc + "/modules", "");
    const std::string lockdown = host.paths.sys + "/kernel/security/lockdown";
    host.put(lockdown, "[none] integrity confidentiality\n");
    CHECK_FALSE(contains(check_modules(host.paths).text, "signed"));
    host.put(lockdown, "none [integrity] confidentiality\n");
    CHECK(contains(check_modules(host.paths).text, "only signed modules (locked down)"));
    CHECK(contains(check_modules(host.paths).remedy, "mokutil"));
    host.put(host.paths.sys +
                 "/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
             std::string("\x06\0\0\0\x01", 5));
    CHECK(contains(check_modules(host.paths).text, "Secure Boot is on"));

    host.put(host.paths.proc + "/sys/kernel/modules_disabled", "1\n");
    CHECK(contains(check_modules(host.paths).text, "until the next boot"));
    std::filesystem::create_directories(host.paths.proc + "/self/ns");
    std::filesystem::create_symlink("pid:[4026532123]", host.paths.proc + "/self/ns/pid");
    CHECK(contains(check_modules(host.paths).text, "this is a container"));
    CHECK(check_modules(host.paths).mark == Mark::ok);
}

TEST_CASE("kernel files: versions, cost of a walk, and what is masked") {
    vigia::source::Description description{"processes", {}};
    description.text.abi_version = 2;
    description.text.abi_compatible = 1;
    description.text.walk_count = 4;
    description.text.walk_duration_ns = 4 * 84'000;
    const std::string ours = VIGIA_VERSION;
    ours.copy(description.text.module_version, ours.size());
    vigia::ProcessSample process{};
    process.record.valid = ~uint64_t{VIGIA_PROCESS_VALID_BLOCK_DELAY};
    vigia::CgroupSample cgroup{};
    cgroup.record.valid = ~uint64_t{VIGIA_CGROUP_VALID_IO | VIGIA_CGROUP_VALID_SWAP};
    vigia::Sample sample;
    sample.system.record.valid = ~uint64_t{0};
    sample.processes = {&process, 1};
    sample.cgroups = {&cgroup, 1};

    Findings findings = check_kernel_files(sample, {description});
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].mark == Mark::ok);
    CHECK(contains(findings[0].text, "modules " + ours + ", ABI 2 (readers from 1)"));
    CHECK(contains(findings[0].text, "processes 84.0 "));
    CHECK(findings[1].text ==
          "by this kernel's modules: processes: block delay; cgroups: swap, I/O");

    description.text.module_version[0] = '9';
    findings = check_kernel_files(sample, {description});
    CHECK(findings[0].mark == Mark::warn);
    CHECK(contains(findings[0].text, "processes is of 9"));
}

TEST_CASE("events: the kernel's file says which kinds it tells, and what it lacks") {
    EventsReport report{"/proc/vigia/events", true, true, {}, 0x1fe, 0};
    Finding finding = check_events(report, {});
    CHECK(finding.mark == Mark::ok);
    CHECK(contains(finding.text, "by the kernel modules: fork, exec, exit, OOM kill"));
    CHECK_FALSE(contains(finding.text, "does not tell"));
    report.features = 0x1ee;
    report.dropped_count = 12;
    finding = check_events(report, {});
    CHECK(contains(finding.text, "does not tell: OOM kill"));
    CHECK(contains(finding.text, "12 lost"));
    report.is_open = false;
    report.error = "no such file";
    CHECK(check_events(report, {}).mark == Mark::warn);
    CHECK(contains(check_events(report, {}).remedy, "modprobe vigia_events"));
    CHECK_FALSE(read_events("/nonexistent", true).is_open);
    CHECK(contains(read_events("/nonexistent", true).error, "open"));
}

TEST_CASE("events: what a publisher is not told has a reason and a remedy, each once") {
    using vigia::publish::EventOrigin;
    EventsReport report{"/run/vigia/events", false, true, {}, 0x60, 0};
    const EventOrigin lives{"fork", "connector", true, {}};
    const EventOrigin no_lives{"fork", "connector", false, {"no right", "run as root"}};
    const EventOrigin no_usage{"usage", "taskstats", false, {"no right too", "run as root"}};
    const EventOrigin coarse{"usage", "taskstats", true, {"no run time", "boot with delayacct"}};
    Finding finding = check_events(report, {lives});
    CHECK(finding.mark == Mark::ok);
    CHECK(contains(finding.text, "in /run/vigia/events: cgroup created, cgroup removed"));
    finding = check_events(report, {no_lives, no_usage});
    CHECK(finding.mark == Mark::warn);
    CHECK(contains(finding.text, "no fork: no right; no usage: no right too"));
    CHECK(finding.remedy == "run as root");
    report.is_open = false;
    finding = check_events(report, {lives, coarse});
    CHECK(contains(finding.text, "not all of usage: no run time"));
    CHECK(contains(finding.text, "while vigia daemon or vigia publish runs"));
    CHECK(finding.remedy == "boot with delayacct");
}

TEST_CASE("pressure: a host without it degrades, with what to do") {
    FakeHost host;
    CHECK(check_pressure(host.paths).mark == Mark::warn);
    CHECK(contains(check_pressure(host.paths).remedy, "psi=1"));
    host.put(host.paths.proc + "/pressure/memory", "some avg10=0.00 total=0\n");
    CHECK(check_pressure(host.paths).mark == Mark::ok);
}

TEST_CASE("controllers of cgroup v2 are the unified hierarchy's words") {
    FakeHost host;
    host.put(host.paths.sys + "/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    CHECK(check_controllers(host.paths).mark == Mark::ok);
    host.put(host.paths.sys + "/fs/cgroup/cgroup.controllers", "cpuset io hugetlb\n");
    const Finding finding = check_controllers(host.paths);
    CHECK(finding.mark == Mark::warn);
    CHECK(contains(finding.text, "cpu, memory, pids")); // cpuset is not cpu
    CHECK(contains(finding.remedy, "cgroup_enable=memory"));
}

TEST_CASE("controllers of cgroup v1 are those that the kernel has enabled") {
    FakeHost host;
    host.put(host.paths.proc + "/cgroups", all_v1);
    CHECK(check_controllers(host.paths).mark == Mark::ok);
    std::string without = all_v1;
    without.replace(without.find("memory\t4\t1\t1"), 12, "memory\t0\t1\t0");
    host.put(host.paths.proc + "/cgroups", without);
    CHECK(contains(check_controllers(host.paths).text, ": memory"));
    host.put(host.paths.proc + "/cgroups", "");
    CHECK(contains(check_controllers(host.paths).text, "cpu, memory, io, pids"));
}

TEST_CASE("privileges are judged by what can be read of process 1") {
    FakeHost host;
    CHECK(contains(check_privileges(host.paths).text, "hidepid"));
    host.put(host.paths.proc + "/1/stat", "1 (init) S");
    CHECK(check_privileges(host.paths).mark == Mark::warn);
    CHECK(contains(check_privileges(host.paths).remedy, "CAP_SYS_PTRACE"));
    host.put(host.paths.proc + "/self/status", "Name:\tx\nCapEff:\t000000000007ffff\n");
    CHECK(check_privileges(host.paths).mark == Mark::warn);
    host.put(host.paths.proc + "/self/status", "Name:\tx\nCapEff:\t00000000000fffff\n");
    CHECK(check_privileges(host.paths).mark == Mark::ok);
    host.put(host.paths.proc + "/self/status", "");
    host.put(host.paths.proc + "/1/io", "rchar: 1");
    CHECK(check_privileges(host.paths).mark == Mark::ok);
}

TEST_CASE("engines: one that answers is enough, a silent one is named, none gets advice") {
    EngineReport silent;
    silent.socket_path = "/nowhere/docker.sock";
    silent.exists = true;
    silent.last_error = "permission denied";
    EngineReport absent;
    absent.socket_path = "/nowhere/podman.sock";
    EngineReport good;
    good.socket_path = "/run/x.sock";
    good.exists = good.following = true;
    good.server_version = "20.10.24";
    good.api_version = "1.41";
    good.containers = 12;
    CHECK(check_engines({absent, silent, good}).mark == Mark::ok);
    CHECK(
        contains(check_engines({good}).text, "20.10.24 at /run/x.sock (API 1.41), 12 containers"));
    CHECK(contains(check_engines({absent, silent}).text, "permission denied"));
    CHECK(contains(check_engines({absent, silent}).remedy, "group"));
    CHECK(contains(check_engines({absent}).remedy, "DOCKER_HOST"));
    CHECK(check_engines({}).mark == Mark::warn);
}

TEST_CASE("this host's own findings are whole: what is not ok has a remedy") {
    for (const Finding& finding :
         {check_open_files(), check_clock(), check_locale(), check_modules({}), check_pressure({}),
          check_controllers({}), check_privileges({})}) {
        INFO(finding.check);
        CHECK_FALSE(finding.text.empty());
        CHECK((finding.mark == Mark::ok) == finding.remedy.empty());
    }
}

TEST_CASE("words are whole words") {
    CHECK(has_word("cpuset cpu io", "cpu"));
    CHECK(has_word("cpu", "cpu"));
    CHECK_FALSE(has_word("cpuset io", "cpu"));
    CHECK_FALSE(has_word("", "cpu"));
    CHECK(has_word("io\tmemory", "memory"));
}

TEST_CASE("a file that cannot be read is empty, a long one is cut") {
    FakeHost host;
    CHECK(read_text(host.paths.proc + "/absent").empty());
    CHECK(read_text(host.paths.proc).empty());
    host.put(host.paths.proc + "/long", std::string(100'000, 'x'));
    CHECK(read_text(host.paths.proc + "/long").size() == 64 * 1024);
    host.put(host.paths.proc + "/line", "text\n");
    CHECK(read_text(host.paths.proc + "/line") == "text");
}
