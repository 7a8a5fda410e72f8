// SPDX-License-Identifier: MIT
// VIGIA_IOC_PROCESS: one process, this moment, with exact memory.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "test/kernel/child.h"
#include "test/kernel/processes_file.h"
#include "test/publish/plain_proc.h"
#include "test/support/catch.h"

using namespace vigia::test;

namespace {

// Dirties `size` bytes of private memory, page by page.
void touch_memory(std::size_t size) {
    void* memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(memory, size, MADV_NOHUGEPAGE);
    std::memset(memory, 'x', size);
}

int64_t resident_bytes(pid_t pid) {
    const auto pages = keyed_numbers(slurp("/proc/" + std::to_string(pid) + "/smaps_rollup"));
    return pages.at("Rss") * 1024;
}

} // namespace

TEST_CASE("the queried record is the walked one, straight from the kernel") {
    const Child child([](const Child::Ready& ready) {
        burn_ms(20);
        ready();
        sleep_forever();
    });
    const ProcessesFile file;
    ::usleep(50'000);
    vigia_process walked = file.refresh().at(child.pid());
    vigia_process queried{};
    REQUIRE(file.query(child.pid(), 0, queried) == 0);
    REQUIRE(file.query(child.pid(), walked.start_time_ns, queried) == 0);
    CHECK(queried.rss_error_bytes == 0);
    CHECK(queried.rss_bytes + walked.rss_error_bytes >= walked.rss_bytes);
    CHECK(queried.rss_bytes <= walked.rss_bytes + walked.rss_error_bytes);
    for (uint64_t vigia_process::*field :
         {&vigia_process::rss_bytes, &vigia_process::rss_anon_bytes, &vigia_process::rss_file_bytes,
          &vigia_process::rss_shared_bytes, &vigia_process::rss_peak_bytes,
          &vigia_process::swap_bytes, &vigia_process::rss_error_bytes}) {
        walked.*field = queried.*field;
    }
    CHECK(std::memcmp(&walked, &queried, sizeof(walked)) == 0);
}

TEST_CASE("its memory is exact: what walking the page tables finds") {
    const auto single = [](const Child::Ready& ready) {
        touch_memory(3 << 20);
        ready();
        sleep_forever();
    };
    const auto threaded = [](const Child::Ready& ready) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 5; ++i) {
            threads.emplace_back([i] {
                touch_memory(static_cast<std::size_t>(i + 1) * 40'960);
                sleep_forever();
            });
        }
        ::usleep(300'000);
        ready();
        sleep_forever();
    };
    const ProcessesFile file;
    for (const auto& work : {std::function<void(const Child::Ready&)>(single),
                             std::function<void(const Child::Ready&)>(threaded)}) {
        const Child child(work);
        ::usleep(100'000);
        vigia_process process{};
        REQUIRE(file.query(child.pid(), 0, process) == 0);
        CHECK(process.rss_error_bytes == 0);
        CHECK(static_cast<int64_t>(process.rss_bytes) == resident_bytes(child.pid()));
        CHECK(process.rss_bytes ==
              process.rss_anon_bytes + process.rss_file_bytes + process.rss_shared_bytes);
        const vigia_process walked = file.refresh().at(child.pid());
        const auto exact = static_cast<int64_t>(process.rss_bytes);
        const auto error = static_cast<int64_t>(walked.rss_error_bytes);
        CHECK(std::abs(static_cast<int64_t>(walked.rss_bytes) - exact) <= error);
    }
}

TEST_CASE("a process that is not there, or another one by now, is refused") {
    const ProcessesFile file;
    vigia_process process{};
    CHECK(file.query(0, 0, process) == ESRCH);
    CHECK(file.query(-1, 0, process) == ESRCH);
    CHECK(file.query(::getpid(), 1, process) == ESRCH);
    std::thread([&] { CHECK(file.query(::gettid(), 0, process) == ESRCH); }).join();
    CHECK(file.query(::getpid(), 0, process) == 0);
    CHECK(process.pid == static_cast<uint32_t>(::getpid()));
}
