// SPDX-License-Identifier: MIT
// The publisher's own writer at full speed in another process, growing its files and being killed
// at random moments, read through the source as the daemon reads it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

#include "collector/publish/file_writer.h"
#include "collector/source/source.h"
#include "test/support/catch.h"
#include "test/support/checked_record.h"
#include "test/support/temporary_directory.h"

namespace vigia::source {
namespace {

using publish::FileLayout;
using publish::FileWriter;

constexpr uint32_t processes_first = 32;
constexpr uint32_t processes_last = 1'000;

FileWriter make_writer(const publish::Directory& directory, const char* name,
                       const FileLayout& layout) {
    auto writer = FileWriter::create(directory, name, layout, static_cast<uint64_t>(::getpid()));
    if (!writer) {
        ::_exit(1);
    }
    return std::move(writer).value();
}

template <typename Record>
void write_snapshot(FileWriter& file, uint64_t snapshot) {
    file.begin(SystemClock().now());
    const uint32_t count = file.capacity(0);
    for (uint32_t i = 0; i < count; i++) {
        const auto words = test::words_of<Record>(snapshot, i);
        std::copy(words.begin(), words.end(), file.records<uint64_t>(0) + i * words.size());
    }
    file.slot().record_count[0] = count;
    if (!file.publish(SystemClock().now().monotonic_ns)) {
        ::_exit(2);
    }
}

// The child: takes the directory of the one before, and writes until it is killed.
[[noreturn]] void write_for_ever(const std::string& path) {
    const auto directory = publish::Directory::take(path);
    if (!directory) {
        ::_exit(3);
    }
    FileWriter info = make_writer(*directory, "info", {VIGIA_FILE_INFO, {sizeof(vigia_info)}, {1}});
    FileWriter system = make_writer(*directory, "system",
                                    {VIGIA_FILE_SYSTEM,
                                     {sizeof(vigia_system), sizeof(vigia_cpu), sizeof(vigia_mount)},
                                     {1, 1, 1}});
    FileWriter processes =
        make_writer(*directory, "processes",
                    {VIGIA_FILE_PROCESSES, {sizeof(vigia_process)}, {processes_first}});
    FileWriter cgroups =
        make_writer(*directory, "cgroups", {VIGIA_FILE_CGROUPS, {sizeof(vigia_cgroup), 1}, {8, 8}});
    for (uint64_t snapshot = 1;; snapshot++) {
        if (snapshot % 64 == 0 && processes.capacity(0) < processes_last &&
            !processes.reserve({processes.capacity(0) + 1})) {
            ::_exit(4);
        }
        info.begin(SystemClock().now());
        info.slot().record_count[0] = 1;
        if (!info.publish(SystemClock().now().monotonic_ns)) {
            ::_exit(2);
        }
        write_snapshot<vigia_system>(system, snapshot);
        write_snapshot<vigia_process>(processes, snapshot);
        write_snapshot<vigia_cgroup>(cgroups, snapshot);
    }
}

class Writer {
public:
    explicit Writer(const std::string& path) : pid_(::fork()) {
        if (pid_ == 0) {
            write_for_ever(path);
        }
    }
    // Kills it wherever it is. True if it had lived until then.
    bool kill() {
        int status = 0;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status, 0);
        return WIFSIGNALED(status);
    }
    uint64_t instance() const { return static_cast<uint64_t>(pid_); }

private:
    pid_t pid_;
};

template <typename Record>
bool is_mixed(const vigia_view& view, uint32_t& count) {
    count = view.count[0];
    std::vector<test::Words<Record>> copies(count);
    for (uint32_t i = 0; i < count; i++) {
        vigia_copy(&copies[i], vigia_record(&view, 0, i), sizeof(Record));
    }
    bool mixed = count == 0;
    for (uint32_t i = 0; i < count; i++) {
        mixed =
            mixed || copies[i] != test::words_of<Record>(test::snapshot_of<Record>(copies[0]), i);
    }
    return mixed;
}

struct Tally {
    uint64_t accepted = 0;
    uint64_t accepted_mixed = 0;
    uint64_t instance = 0; // of the newest reading
    uint32_t processes_most = 0;
    std::map<ErrorKind, uint64_t> refused;
};

void read_once(Source& source, Tally& tally) {
    bool mixed = false;
    uint32_t processes = 0;
    uint64_t instance = 0;
    const Status status = read(source, [&](const Snapshots& snapshots) {
        uint32_t cgroups = 0;
        const bool mixed_processes = is_mixed<vigia_process>(snapshots.processes, processes);
        mixed = is_mixed<vigia_cgroup>(snapshots.cgroups, cgroups) || mixed_processes;
        instance = snapshots.writer_instance;
    });
    if (!status) {
        tally.refused[status.error().kind()]++;
        std::this_thread::yield();
        return;
    }
    tally.accepted++;
    tally.accepted_mixed += mixed;
    tally.instance = instance;
    tally.processes_most = std::max(tally.processes_most, processes);
}

std::unique_ptr<Source> open_when_there(const std::string& path) {
    for (int i = 0; i < 100'000; i++) {
        auto source = open_directory(path);
        if (source) {
            return std::move(source).value();
        }
        std::this_thread::yield();
    }
    return nullptr;
}

TEST_CASE("a writer at full speed that grows and is killed never lets a mixed record through") {
    const uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    test::TemporaryDirectory directory;
    std::unique_ptr<Source> source;
    Tally tally;
    for (int life = 0; life < 6; life++) {
        Writer writer(directory.path());
        if (!source) {
            source = open_when_there(directory.path());
        }
        const uint64_t wanted = tally.accepted + 300 + random() % 300;
        for (int i = 0; source && i < 200'000; i++) {
            read_once(*source, tally);
            if (tally.accepted >= wanted && tally.instance == writer.instance()) {
                break;
            }
        }
        CHECK(writer.kill());
        REQUIRE(source);
        REQUIRE(tally.accepted >= wanted);
        CHECK(tally.instance == writer.instance());
        read_once(*source, tally); // what it left behind is whole, or refused
    }
    CHECK(tally.accepted_mixed == 0);
    CHECK(tally.processes_most > processes_first);
    CHECK(source->counters().reopened >= 5 * 4);
    for (const auto& [kind, count] : tally.refused) {
        INFO("refused " << count << " times with kind " << static_cast<int>(kind));
        CHECK((kind == ErrorKind::unavailable || kind == ErrorKind::not_found));
    }
}

} // namespace
} // namespace vigia::source
