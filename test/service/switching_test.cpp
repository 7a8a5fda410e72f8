// SPDX-License-Identifier: MIT
// Modules come and go while a program runs: which source is read, when, and with which rates.
#include "collector/service/switching_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "collector/base/limits.h"
#include "collector/sampler/sampler.h"
#include "test/support/abi_directory.h"
#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/fake_kernel.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using vigia::service::SourceRequest;
using vigia::service::SwitchingSource;

namespace {

constexpr uint64_t interval_ns = ns_per_second;

// A host whose process 7 uses half a CPU, a kernel that counts it in ns, and a publisher beside it
// that counts it in ticks, and is one tick ahead.
struct Host {
    Host() {
        clock.set(SystemClock().now());
        begin_ns = clock.now().monotonic_ns;
        std::filesystem::create_directory(published);
        std::filesystem::permissions(published, std::filesystem::perms::owner_all);
        kernel.about.writer_version = 0x000100;
        kernel.about.page_size_bytes = 4096;
        kernel.processes.push_back(fake_process(7));
        show();
    }

    SourceRequest request() {
        SourceRequest wanted;
        wanted.run_directory = directory.file("own");
        wanted.refresh_interval_ns = interval_ns;
        wanted.join_running_publisher = true;
        wanted.running_files = published;
        wanted.kernel_files = path;
        wanted.control = kernel.control();
        return wanted;
    }
    std::unique_ptr<SwitchingSource> open() { return open(request()); }
    std::unique_ptr<SwitchingSource> open(SourceRequest wanted) {
        auto opened = SwitchingSource::open(std::move(wanted), clock);
        if (!opened) {
            FAIL(opened.error().message());
        }
        return std::move(*opened);
    }
    void advance(uint64_t duration_ns) {
        clock.advance(duration_ns);
        show();
    }
    // What the host has done by now, into the kernel's memory and the publisher's files.
    void show() {
        constexpr uint64_t tick_ns = ns_per_second / 100;
        const uint64_t used_ns = 5 * ns_per_second + (clock.now().monotonic_ns - begin_ns) / 2;
        kernel.processes[0].cpu_runtime_ns = used_ns;
        if (publisher) {
            publish(fake_process(7, (used_ns / tick_ns + 1) * tick_ns));
        }
    }
    void start_publisher() {
        publisher = std::make_unique<AbiDirectory>(published, ++publishers);
        show();
    }
    void kill_publisher() {
        publisher.reset();
        for (const char* name : {"info", "system", "processes", "cgroups"}) {
            std::filesystem::remove(published + "/" + name);
        }
    }

    TemporaryDirectory directory;
    std::string path = directory.file("vigia");
    std::string published = directory.file("published");
    FakeClock clock;
    uint64_t begin_ns = 0;
    FakeKernel kernel{path, clock};
    uint64_t publishers = 100;
    std::unique_ptr<AbiDirectory> publisher;

private:
    void publish(const vigia_process& process) {
        publisher->publish(0);
        publisher->processes.begin();
        publisher->processes.slot().begin_monotonic_ns = clock.now().monotonic_ns;
        publisher->processes.slot().begin_boottime_ns = clock.now().boottime_ns;
        publisher->processes.slot().begin_realtime_ns = clock.now().realtime_ns;
        publisher->processes.add(VIGIA_PROCESSES_REGION, process);
        publisher->processes.publish();
    }
};

// What a daemon would do with it: one sample an interval, and a retry when it is told to wait.
struct Watcher {
    explicit Watcher(Host& host) : host_(host), source(host.open()) {}

    // The next sample: how many ticks it took, and that no rate is wrong.
    const Sample* tick() {
        const Sample* sample = try_once();
        longest_gap_ns = 0;
        const uint64_t begin_ns = host_.clock.now().monotonic_ns;
        while (sample == nullptr && source->is_waiting()) {
            host_.advance(limits::source_retry_ns);
            sample = try_once();
        }
        longest_gap_ns = host_.clock.now().monotonic_ns - begin_ns;
        if (sample != nullptr) {
            check(*sample);
        }
        return sample;
    }
    const Sample* after(uint64_t duration_ns) {
        host_.advance(duration_ns);
        return tick();
    }
    bool on_kernel() const { return source->is_kernel(); }

    Host& host_;
    std::unique_ptr<SwitchingSource> source;
    sampler::Sampler sampler{{interval_ns, false, "/proc"}};
    uint64_t longest_gap_ns = 0;
    unsigned without_rates = 0;
    std::string last_error;

private:
    const Sample* try_once() {
        auto taken = sampler.take(*source, nullptr, 0);
        if (!taken) {
            last_error = taken.error().message();
            return nullptr;
        }
        return *taken;
    }
    void check(const Sample& sample) {
        for (const ProcessSample& process : sample.processes) {
            if (process.record.pid != 7) {
                continue;
            }
            without_rates += !process.rates.known;
            if (process.rates.known) {
                // Within a tick of the publisher's.
                CHECK(process.rates.cpu_ratio == Approx(0.5).margin(0.011));
            }
        }
    }
};

} // namespace

TEST_CASE("auto takes the kernel's files when they are there and answer") {
    Host host;
    host.start_publisher();
    host.kernel.load();
    Watcher watcher(host);
    CHECK(watcher.on_kernel());
    CHECK(watcher.source->explanation() == "kernel modules, files in " + host.path);
    CHECK(watcher.tick()->writer == VIGIA_WRITER_KERNEL);
    CHECK(watcher.source->changes() == 0);
}

TEST_CASE("auto falls back to the publisher, and says which module is missing") {
    Host host;
    host.start_publisher();
    SECTION("one") {
        host.kernel.load();
        host.kernel.unload(host.kernel.file("cgroups"));
        CHECK(host.open()->explanation().find("not loaded: vigia_cgroups") != std::string::npos);
    }
    SECTION("two") {
        host.kernel.load(host.kernel.file("info"));
        host.kernel.load(host.kernel.file("cgroups"));
        CHECK(host.open()->explanation().find("not loaded: vigia_system, vigia_processes") !=
              std::string::npos);
    }
    SECTION("all") {
        const std::string text = host.open()->explanation();
        CHECK(text.find("files of the running publisher in " + host.published) == 0);
        CHECK((text.find("no Vigia module is loaded in Linux") != std::string::npos ||
               text.find("built without loadable modules") != std::string::npos));
    }
    SECTION("garbage in place of a file") {
        host.kernel.load();
        std::filesystem::remove(host.path + "/system");
        std::ofstream(host.path + "/system") << "no Vigia file at all, but long enough for one\n";
        CHECK(host.open()->explanation().find("/system is ") != std::string::npos);
    }
    SECTION("refused, as in a container") {
        host.kernel.load();
        host.kernel.file("info").answers = {EPERM, EPERM};
        CHECK(host.open()->explanation().find(
                  "refresh " + host.path + "/info: Operation not permitted") != std::string::npos);
    }
    CHECK_FALSE(host.open()->is_kernel());
}

TEST_CASE("a publisher of its own starts where none runs") {
    Host host;
    const auto source = host.open();
    CHECK(source->explanation().find("publisher in this process, files in " +
                                     host.directory.file("own")) == 0);
    CHECK(source->acquire());
}

TEST_CASE("--source kernel refuses with the command that helps, and never leaves the kernel") {
    Host host;
    host.start_publisher();
    SourceRequest request = host.request();
    request.source = "kernel";
    host.kernel.load();
    host.kernel.unload(host.kernel.file("processes"));
    auto refused = SwitchingSource::open(request, host.clock);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::not_found);
    CHECK(refused.error().message().find("--source kernel: " + host.path +
                                         ": not loaded: vigia_processes; ") == 0);
    const bool loadable = access("/proc/modules", F_OK) == 0;
    CHECK(refused.error().message().find(loadable ? "modprobe -a vigia_system" : "--source auto") !=
          std::string::npos);

    host.kernel.load(host.kernel.file("processes"));
    const auto source = host.open(request);
    host.kernel.unload();
    for (int i = 0; i < 20; i++) {
        host.advance(interval_ns);
        const Status refreshed = source->refresh(0);
        REQUIRE_FALSE(refreshed);
        CHECK(refreshed.error().kind() == ErrorKind::not_found);
        CHECK_FALSE(source->is_waiting());
    }
    host.kernel.instance = 2;
    host.kernel.load();
    CHECK(source->refresh(0));
    CHECK(source->acquire());
    CHECK(source->changes() == 0);
}

TEST_CASE("modules that leave are replaced by the publisher within one interval") {
    Host host;
    host.start_publisher();
    host.kernel.load();
    Watcher watcher(host);
    watcher.tick();
    watcher.after(interval_ns);
    CHECK(watcher.without_rates == 1); // the very first
    SECTION("all of them") {
        host.kernel.unload();
    }
    SECTION("one sensor") {
        host.kernel.unload(host.kernel.file("system"));
    }
    SECTION("they stay, and answer with errors") {
        for (auto& file : host.kernel.files) {
            file.answers = std::vector<int>(1'000, EIO);
        }
    }
    const Sample* sample = watcher.after(interval_ns);
    REQUIRE(sample != nullptr);
    CHECK(sample->writer == VIGIA_WRITER_PUBLISHER);
    CHECK(sample->gap == Gap::writer_changed);
    CHECK(watcher.longest_gap_ns <= interval_ns / 2);
    CHECK(watcher.source->changes() == 1);
    CHECK(watcher.source->explanation().find("files of the running publisher") == 0);
    const uint64_t acquired = watcher.source->counters().acquired;
    CHECK(acquired >= 3); // the kernel's among them
    CHECK(watcher.after(interval_ns)->gap == Gap::none);
    CHECK(watcher.source->counters().acquired == acquired + 1);
    CHECK(watcher.without_rates == 2);
}

TEST_CASE("modules that appear are taken at the next look, and the publisher's rates end there") {
    Host host;
    host.start_publisher();
    Watcher watcher(host);
    watcher.tick();
    watcher.after(interval_ns);
    CHECK_FALSE(watcher.on_kernel());
    host.kernel.load();
    uint64_t waited_ns = 0;
    const Sample* sample = nullptr;
    while (!watcher.on_kernel() && waited_ns <= 2 * limits::kernel_check_first_ns) {
        sample = watcher.after(interval_ns);
        waited_ns += interval_ns;
    }
    REQUIRE(watcher.on_kernel());
    CHECK(waited_ns <= limits::kernel_check_first_ns + interval_ns);
    CHECK(sample->gap == Gap::writer_changed);
    CHECK(watcher.longest_gap_ns == 0);
    CHECK(watcher.after(interval_ns)->gap == Gap::none);
    CHECK(watcher.without_rates == 2);
    CHECK(watcher.source->explanation() == "kernel modules, files in " + host.path);
}

TEST_CASE("modules that are loaded again are waited for, and their rates go on") {
    Host host;
    host.start_publisher();
    host.kernel.load();
    Watcher watcher(host);
    watcher.tick();
    watcher.after(interval_ns);
    host.kernel.unload();
    host.advance(interval_ns);
    CHECK_FALSE(watcher.source->refresh(0));
    CHECK(watcher.source->is_waiting());
    host.kernel.instance = 2;
    bool continued = true;
    SECTION("in the same version") {}
    SECTION("in another version, without rates once") {
        host.kernel.about.writer_version = 0x000200;
        continued = false;
    }
    host.kernel.load();
    const Sample* sample = watcher.after(limits::source_retry_ns);
    REQUIRE(sample != nullptr);
    CHECK(sample->gap == (continued ? Gap::none : Gap::writer_changed));
    CHECK(watcher.on_kernel());
    CHECK_FALSE(watcher.source->is_waiting());
    CHECK(watcher.source->changes() == 0);
    CHECK(watcher.without_rates == (continued ? 1 : 2));
}

TEST_CASE("a half-loaded set of modules is not taken") {
    Host host;
    host.start_publisher();
    Watcher watcher(host);
    watcher.tick();
    host.kernel.load(host.kernel.file("info"));
    for (const char* name : {"system", "processes", "cgroups"}) {
        for (int i = 0; i < 5; i++) {
            REQUIRE(watcher.after(interval_ns) != nullptr);
            CHECK_FALSE(watcher.on_kernel());
        }
        host.kernel.load(host.kernel.file(name));
    }
    for (int i = 0; i < 5; i++) {
        watcher.after(interval_ns);
    }
    CHECK(watcher.on_kernel());
    CHECK(watcher.source->changes() == 1);
}

TEST_CASE("files that are there and do not answer cost no sample, and are tried less and less") {
    Host host;
    host.start_publisher();
    host.kernel.load();
    host.kernel.file("processes").answers = std::vector<int>(100'000, EIO);
    Watcher watcher(host);
    CHECK_FALSE(watcher.on_kernel());
    watcher.tick();
    const unsigned before = host.kernel.file("processes").asked;
    for (int i = 0; i < 1'000; i++) {
        const Sample* sample = watcher.after(interval_ns);
        REQUIRE(sample != nullptr);
        CHECK(sample->gap == Gap::none);
    }
    CHECK(watcher.source->changes() == 0);
    // 2, 4, 8, 16, then every 32 seconds
    CHECK(host.kernel.file("processes").asked - before < 50);
    host.kernel.file("processes").answers.clear();
    for (int i = 0; i < 40; i++) {
        watcher.after(interval_ns);
    }
    CHECK(watcher.on_kernel());
}

TEST_CASE("flapping modules cost less and less, and never a wrong rate") {
    Host host;
    host.start_publisher();
    host.kernel.load();
    Watcher watcher(host);
    watcher.tick();
    unsigned samples = 0;
    for (int i = 0; i < 600; i++) {
        if (i % 3 == 1 && watcher.on_kernel()) {
            host.kernel.unload();
        } else if (!watcher.on_kernel() && !std::filesystem::exists(host.path)) {
            host.kernel.instance++;
            host.kernel.load();
        }
        const Sample* sample = watcher.after(interval_ns);
        REQUIRE(sample != nullptr);
        CHECK(watcher.longest_gap_ns <= interval_ns / 2);
        samples++;
    }
    CHECK(samples == 600);
    CHECK(watcher.source->changes() > 10);
    CHECK(watcher.source->changes() < 60);
    CHECK(watcher.without_rates <= watcher.source->changes() + 1);
}

TEST_CASE("a publisher that ends is replaced, too") {
    Host host;
    host.start_publisher();
    Watcher watcher(host);
    watcher.tick();
    host.kill_publisher();
    const Sample* sample = watcher.after(interval_ns);
    REQUIRE(sample != nullptr);
    CHECK(sample->gap == Gap::writer_changed);
    CHECK(watcher.source->explanation().find("publisher in this process") == 0);
    CHECK(watcher.source->changes() == 1);
}

TEST_CASE("files that a killed publisher left behind are not joined") {
    Host host;
    host.start_publisher();
    host.clock.set(SystemClock().now());
    vigia_info info{};
    info.refresh_interval_ns = ns_per_second;
    host.publisher->publish_info(info, SystemClock().now().monotonic_ns);
    host.publisher->processes.begin();
    host.publisher->processes.slot().begin_monotonic_ns =
        SystemClock().now().monotonic_ns - 6 * ns_per_second;
    host.publisher->processes.publish();
    CHECK(host.open()->explanation().find("publisher in this process") == 0);
}

TEST_CASE("when nothing can take over, that is said and tried again") {
    Host host;
    host.kernel.load();
    SourceRequest request = host.request();
    request.run_directory = "/proc/nobody/can/write/here";
    const auto source = host.open(request);
    host.kernel.unload();
    CHECK_FALSE(source->refresh(0));
    CHECK(source->is_waiting());
    host.advance(interval_ns);
    const Status failed = source->refresh(0);
    REQUIRE_FALSE(failed);
    CHECK_FALSE(source->is_waiting());
    CHECK(failed.error().message().find("/proc/nobody") != std::string::npos);
    host.advance(interval_ns);
    host.kernel.load();
    CHECK(source->refresh(0));
    CHECK(source->acquire());
    CHECK(source->is_kernel());
}

TEST_CASE("looking for modules that are not there allocates nothing") {
    Host host;
    host.start_publisher();
    const auto source = host.open();
    bool all = true;
    const uint64_t before = allocation_count();
    for (int i = 0; i < 1'000; i++) {
        host.clock.advance(interval_ns);
        all = source->refresh(0) && source->acquire() && all;
    }
    const uint64_t allocations = allocation_count() - before;
    CHECK(all);
    CHECK(allocations == 0);
}
