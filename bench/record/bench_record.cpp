// SPDX-License-Identifier: MIT
// What a recording costs: bytes per process and sample, CPU time per sample, and time to a moment
// of it. The host as it is, then with 5,000 sleepers beside. The rival is each sample compressed by
// zstd alone, at the same level.
// Usage: bench_record [--smoke] [folder]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include "bench/publish/sleepers.h"
#include "collector/base/limits.h"
#include "collector/publish/publisher.h"
#include "collector/recording/camera.h"
#include "collector/recording/replay.h"

namespace {

using namespace vigia;

[[noreturn]] void fail(const std::string& message) {
    fmt::print(stderr, "bench_record: {}\n", message);
    std::exit(1);
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void print(const std::string& what, double value, const char* unit, const char* rival,
           double rival_value) {
    fmt::print("REC\t{}\t{:.3g}\t{}\tfor information\t{}\t{:.3g}\t{:.3f}\tpass\n", what, value,
               unit, rival, rival_value, rival_value == 0 ? 0 : value / rival_value);
}

struct Cost {
    double processes = 0; // in all samples
    double bytes = 0;
    double alone_bytes = 0; // each sample for itself
    double copy_seconds = 0;
    double write_seconds = 0;
    double samples = 0;
};

// Samples of this host, an interval apart, into the file at `path`.
Cost record(const std::string& folder, const std::string& path, unsigned samples,
            std::chrono::milliseconds interval) {
    publish::PublisherConfig config;
    config.directory = folder + "/files";
    auto publisher = publish::Publisher::create(config);
    if (!publisher || !(*publisher)->refresh()) {
        fail("no publisher in " + folder);
    }
    auto source =
        source::open_directory(config.directory, [&](uint64_t) { return (*publisher)->refresh(); });
    auto writer = recording::Writer::create({path, 1'000'000'000, 0}, SystemClock().now());
    if (!source || !writer) {
        fail("no recording at " + path);
    }
    recording::Camera camera(0);
    recording::Content content;
    std::string alone;
    Cost cost;
    for (unsigned i = 0; i < samples; ++i) {
        std::this_thread::sleep_for(interval);
        if (!(*source)->refresh(0)) {
            fail("no snapshot");
        }
        const double begin = cpu_seconds();
        const auto taken = camera.take(**source, nullptr, nullptr, content);
        const double copied = cpu_seconds();
        if (!taken || !*taken) {
            fail("no new snapshot");
        }
        alone.resize(ZSTD_compressBound(content.sample.size()));
        cost.alone_bytes +=
            static_cast<double>(ZSTD_compress(alone.data(), alone.size(), content.sample.data(),
                                              content.sample.size(), limits::recording_zstd_level));
        const double before = cpu_seconds();
        if (!(*writer)->append(content)) {
            fail("cannot write " + path);
        }
        cost.write_seconds += cpu_seconds() - before;
        cost.copy_seconds += copied - begin;
    }
    if (!(*writer)->close()) {
        fail("cannot close " + path);
    }
    cost.samples = samples;
    cost.processes = static_cast<double>((*writer)->stats().processes);
    cost.bytes = static_cast<double>((*writer)->stats().size_bytes);
    return cost;
}

void show(const Cost& cost, const std::string& where) {
    print("bytes per process and sample, " + where, cost.bytes / cost.processes, "bytes",
          "zstd, each sample alone", cost.alone_bytes / cost.processes);
    print("on the tick: copying a sample, " + where, cost.copy_seconds / cost.samples * 1e6,
          "us CPU", "", 0);
    print("beside it: compressing and writing it, " + where,
          cost.write_seconds / cost.samples * 1e6, "us CPU", "", 0);
}

// The worst case: the last sample before a key, in a file of which nothing has been read.
void show_seek(const std::string& path, const std::string& where) {
    const double begin = cpu_seconds();
    auto replay = recording::Replay::open(path);
    if (!replay || !(*replay)->seek((*replay)->end_realtime_ns()) || !(*replay)->refresh(0)) {
        fail("cannot replay " + path);
    }
    print("opening a recording and showing its last sample, " + where,
          (cpu_seconds() - begin) * 1e6, "us CPU", "", 0);
}

} // namespace

int main(int argc, char* argv[]) {
    const bool smoke = argc > 1 && std::string(argv[1]) == "--smoke";
    std::string folder = std::filesystem::temp_directory_path() / "vigia-bench-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) {
        fail("no folder");
    }
    const unsigned samples = smoke ? 3 : 60;
    const auto interval = std::chrono::milliseconds(smoke ? 10 : 1000);
    {
        const Cost cost = record(folder, folder + "/host.vigrec", samples, interval);
        const std::string where = fmt::format("{:.0f} processes, 1 Hz", cost.processes / samples);
        show(cost, where);
        show_seek(folder + "/host.vigrec", where);
    }
    {
        const bench::Sleepers sleepers(smoke ? 20 : 5'000);
        const Cost cost = record(folder, folder + "/crowd.vigrec", samples, interval);
        const std::string where = fmt::format("{:.0f} processes, 1 Hz", cost.processes / samples);
        show(cost, where);
        show_seek(folder + "/crowd.vigrec", where);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return 0;
}
