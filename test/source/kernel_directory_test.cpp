// SPDX-License-Identifier: MIT
// The kernel's files: asked by ioctl, reopened when a module comes back or a file has grown.
#include "collector/source/source.h"

#include <vector>

#include "test/support/abi_directory.h"
#include "test/support/allocations.h"
#include "test/support/catch.h"
#include "test/support/fake_kernel.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using test::FakeKernel;
using test::TemporaryDirectory;

struct Host {
    Host() {
        for (uint32_t pid = 1; pid <= 3; pid++) {
            kernel.processes.push_back(test::fake_process(pid));
        }
        kernel.load();
    }

    std::unique_ptr<Source> open() {
        auto source = open_directory(path, {}, kernel.control());
        if (!source) {
            FAIL(source.error().message());
        }
        return std::move(source).value();
    }
    // Processes in a snapshot that is at most `max_age_ns` old.
    static uint32_t look(Source& source, uint64_t max_age_ns = 0) {
        const Status refreshed = source.refresh(max_age_ns);
        if (!refreshed) {
            FAIL(refreshed.error().message());
        }
        const auto snapshots = source.acquire();
        if (!snapshots) {
            FAIL(snapshots.error().message());
        }
        CHECK(snapshots->writer == VIGIA_WRITER_KERNEL);
        return snapshots->processes.count[VIGIA_PROCESSES_REGION];
    }

    TemporaryDirectory directory;
    std::string path = directory.file("vigia");
    FakeClock clock;
    FakeKernel kernel{path, clock};
};

Error refresh_error(Source& source) {
    const Status refreshed = source.refresh(0);
    REQUIRE_FALSE(refreshed);
    return refreshed.error();
}

TEST_CASE("each file of the kernel is asked once for a fresh sample") {
    Host host;
    const auto source = host.open();
    CHECK(Host::look(*source) == 3);
    const unsigned walks = host.kernel.walks();
    host.clock.advance(ns_per_second);
    host.kernel.processes.pop_back();
    CHECK(Host::look(*source) == 2);
    CHECK(host.kernel.walks() == walks + 4);
    CHECK(source->description() == "kernel modules, files in " + host.path);
}

TEST_CASE("two readers that allow some age share one walk") {
    Host host;
    const auto daemon = host.open();
    const auto view = host.open();
    host.clock.advance(ns_per_second);
    CHECK(Host::look(*daemon, 0) == 3);
    const unsigned walks = host.kernel.walks();
    host.clock.advance(ns_per_second / 4);
    host.kernel.processes.pop_back();
    CHECK(Host::look(*view, ns_per_second / 2) == 3);
    CHECK(host.kernel.walks() == walks);
    host.clock.advance(ns_per_second / 2);
    CHECK(Host::look(*view, ns_per_second / 2) == 2);
    CHECK(host.kernel.walks() == walks + 4);
}

TEST_CASE("a sample of the kernel's files allocates nothing") {
    Host host;
    const auto source = host.open();
    Host::look(*source);
    bool all = true;
    const uint64_t before = test::allocation_count();
    for (int i = 0; i < 1'000; i++) {
        host.clock.advance(ns_per_second);
        all = source->refresh(0) && source->acquire() && all;
    }
    const uint64_t allocations = test::allocation_count() - before;
    CHECK(all);
    CHECK(allocations == 0);
}

TEST_CASE("a sensor that was loaded again is reopened within the same refresh") {
    Host host;
    const auto source = host.open();
    CHECK(Host::look(*source) == 3);
    FakeKernel::File& file = host.kernel.file("processes");
    SECTION("while nobody looked") {
        host.kernel.unload(file);
        host.kernel.load(file);
    }
    SECTION("and the old file answers that it is stale") {
        file.answers = {ESTALE};
    }
    SECTION("all of them, with a new core") {
        host.kernel.unload();
        host.kernel.instance = 2;
        host.kernel.load();
    }
    host.kernel.processes.pop_back();
    CHECK(Host::look(*source) == 2);
    CHECK(source->counters().reopened >= 1);
}

TEST_CASE("a sensor that dies between refresh and acquire is asked again, not reported") {
    Host host;
    const auto source = host.open();
    REQUIRE(source->refresh(0));
    FakeKernel::File& file = host.kernel.file("cgroups");
    host.kernel.unload(file);
    host.kernel.load(file);
    const auto snapshots = source->acquire();
    REQUIRE(snapshots);
    CHECK(snapshots->processes.count[VIGIA_PROCESSES_REGION] == 3);
}

TEST_CASE("a sensor that left is missed until it comes back") {
    Host host;
    const auto source = host.open();
    Host::look(*source);
    FakeKernel::File& file = host.kernel.file("cgroups");
    host.kernel.unload(file);
    const Error error = refresh_error(*source);
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(error.message().find("open " + host.path + "/cgroups: No such file") == 0);
    CHECK(refresh_error(*source).kind() == ErrorKind::not_found);
    host.kernel.load(file);
    CHECK(Host::look(*source) == 3);
}

TEST_CASE("a snapshot that does not fit makes the file larger, at once") {
    Host host;
    const auto source = host.open();
    CHECK(Host::look(*source) == 3);
    for (uint32_t pid = 4; pid <= 9; pid++) {
        host.kernel.processes.push_back(test::fake_process(pid));
    }
    CHECK(Host::look(*source) == 9);
    CHECK(source->acquire()->processes.slot->truncated_count[0] == 0);
    CHECK(source->counters().enlarged == 1);
}

TEST_CASE("a file at its limit is not reopened at every refresh") {
    Host host;
    FakeKernel::File& file = host.kernel.file("processes");
    file.limit = file.capacity;
    for (uint32_t pid = 4; pid <= 9; pid++) {
        host.kernel.processes.push_back(test::fake_process(pid));
    }
    const auto source = host.open();
    for (int i = 0; i < 10; i++) {
        CHECK(Host::look(*source) == 4);
    }
    CHECK(source->counters().reopened == 0);
    CHECK(source->acquire()->processes.slot->truncated_count[0] == 5);
}

TEST_CASE("signals do not disturb a refresh, and what the kernel refuses is said") {
    Host host;
    const auto source = host.open();
    host.kernel.file("system").answers = {EINTR, EINTR};
    CHECK(Host::look(*source) == 3);
    host.kernel.file("system").answers = {EIO};
    const Error error = refresh_error(*source);
    CHECK(error.kind() == ErrorKind::failed);
    CHECK(error.message() == "refresh " + host.path + "/system: Input/output error");
    CHECK(Host::look(*source) == 3);
}

TEST_CASE("a file that is replaced without end does not hold its reader") {
    Host host;
    const auto source = host.open();
    host.kernel.file("info").answers = std::vector<int>(1'000, ESTALE);
    CHECK(refresh_error(*source).kind() == ErrorKind::unavailable);
    host.kernel.file("info").answers.clear();
    CHECK(Host::look(*source) == 3);
}

TEST_CASE("plain files are never asked") {
    TemporaryDirectory directory;
    test::AbiDirectory writer(directory.path());
    writer.publish(2);
    unsigned asked = 0;
    auto source = open_directory(directory.path(), {}, [&](int, unsigned long, void*) {
        ++asked;
        return ENOTTY;
    });
    REQUIRE(source);
    CHECK((*source)->refresh(0));
    CHECK((*source)->acquire());
    CHECK((*source)->describe().empty());
    const auto process = (*source)->query(1);
    REQUIRE_FALSE(process);
    CHECK(process.error().kind() == ErrorKind::unavailable);
    CHECK(asked == 0);
}

TEST_CASE("plain files that claim to be the kernel's are read as they are") {
    Host host;
    Host::look(*host.open());
    auto source = open_directory(host.path); // the true ioctl: ENOTTY
    REQUIRE(source);
    CHECK((*source)->refresh(0));
    CHECK((*source)->acquire());
    CHECK((*source)->describe().empty());
}

TEST_CASE("one process is asked for by its pid") {
    Host host;
    const auto source = host.open();
    const auto process = source->query(2);
    REQUIRE(process);
    CHECK(process->pid == 2);
    CHECK(process->start_time_ns == 2'000'000);
    const auto nobody = source->query(99);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().kind() == ErrorKind::not_found);
    CHECK(nobody.error().message() == "there is no process 99");
    host.kernel.unload();
    CHECK(source->query(2).error().kind() == ErrorKind::not_found); // the file, this time
}

TEST_CASE("the kernel's files describe themselves") {
    Host host;
    const auto source = host.open();
    Host::look(*source);
    const auto descriptions = source->describe();
    REQUIRE(descriptions.size() == 4);
    CHECK(descriptions[2].file == "processes");
    CHECK(std::string(descriptions[2].text.module_version) == "0.1.0");
    CHECK(descriptions[2].text.walk_count >= 1);
    CHECK(module_of("processes") == "vigia_processes");
    CHECK(module_of("memory") == "vigia_system");
    CHECK(module_of("info") == "vigia");
}

} // namespace
} // namespace vigia::source
