// SPDX-License-Identifier: MIT
#include "collector/sampler/host_supplement.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <utility>

namespace vigia::sampler {
namespace {

constexpr std::array<const char*, 5> file_names{"stat", "meminfo", "pressure/cpu",
                                                "pressure/memory", "pressure/io"};
constexpr std::size_t buffer_bytes = 16 * 1024; // at first
constexpr std::size_t buffer_limit_bytes = 16 * 1024 * 1024;
constexpr uint64_t bytes_per_kib = 1024;
constexpr uint64_t ns_per_us = 1000;
constexpr int never_opened = -1;
constexpr int not_there = -2;

// The number behind the first `key`, after blanks.
std::optional<uint64_t> number_after(std::string_view text, std::string_view key) {
    std::size_t at = text.find(key);
    if (at == std::string_view::npos) {
        return {};
    }
    at = text.find_first_not_of(' ', at + key.size());
    uint64_t number = 0;
    if (at == std::string_view::npos ||
        std::from_chars(text.data() + at, text.data() + text.size(), number).ec != std::errc()) {
        return {};
    }
    return number;
}

// Sets `field` and its bit if the number is there.
void take(vigia_system& record, uint64_t& field, uint64_t part, std::optional<uint64_t> number,
          uint64_t unit = 1) {
    if (number) {
        field = *number * unit;
        record.valid |= part;
    }
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull ...", in µs. CPUs have no full before 5.13.
std::optional<vigia_pressure> pressure_in(std::string_view text) {
    const auto some = number_after(text, "total=");
    if (!some) {
        return {};
    }
    const std::size_t full_at = text.find("full ");
    const auto full = full_at == std::string_view::npos
                          ? std::optional<uint64_t>(0)
                          : number_after(text.substr(full_at), "total=");
    return vigia_pressure{*some * ns_per_us, full.value_or(0) * ns_per_us};
}

} // namespace

HostSupplement::HostSupplement(std::string proc_path)
    : proc_path_(std::move(proc_path)), buffer_(buffer_bytes) {
    files_.fill(never_opened);
}

HostSupplement::~HostSupplement() {
    for (const int file : files_) {
        if (file >= 0) {
            ::close(file);
        }
    }
}

// The whole file, or nothing.
std::string_view HostSupplement::read(File file) {
    int& descriptor = files_[file];
    if (descriptor == never_opened) {
        descriptor = ::open((proc_path_ + "/" + file_names[file]).c_str(), O_RDONLY | O_CLOEXEC);
        descriptor = descriptor < 0 ? not_there : descriptor;
    }
    std::size_t size = 0;
    while (descriptor >= 0) {
        const ssize_t got = ::pread(descriptor, buffer_.data() + size, buffer_.size() - size,
                                    static_cast<off_t>(size));
        if (got <= 0) {
            return {buffer_.data(), got < 0 ? 0 : size};
        }
        size += static_cast<std::size_t>(got);
        if (size == buffer_.size()) {
            if (size >= buffer_limit_bytes) {
                break;
            }
            buffer_.resize(2 * size);
        }
    }
    return {};
}

void HostSupplement::complete(vigia_system& record) {
    if (!vigia_system_has(record.valid, VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES) ||
        !vigia_system_has(record.valid, VIGIA_SYSTEM_VALID_FORKS)) {
        complete_counters(record);
    }
    if (!vigia_system_has(record.valid, VIGIA_SYSTEM_PARTS_OF_MEMORY)) {
        complete_memory(record);
    }
    if (!vigia_system_has(record.valid, VIGIA_SYSTEM_VALID_PRESSURE)) {
        complete_pressure(record);
    }
}

void HostSupplement::complete_counters(vigia_system& record) {
    const std::string_view text = read(stat);
    take(record, record.context_switches, VIGIA_SYSTEM_VALID_CONTEXT_SWITCHES,
         number_after(text, "\nctxt "));
    take(record, record.forks, VIGIA_SYSTEM_VALID_FORKS, number_after(text, "\nprocesses "));
}

void HostSupplement::complete_memory(vigia_system& record) {
    const std::string_view text = read(meminfo);
    take(record, record.swap_total_bytes, VIGIA_SYSTEM_VALID_SWAP_TOTAL,
         number_after(text, "\nSwapTotal:"), bytes_per_kib);
    // of the same moment as the total, which swapon(2) and swapoff(2) change
    take(record, record.swap_free_bytes, VIGIA_SYSTEM_VALID_SWAP_FREE,
         number_after(text, "\nSwapFree:"), bytes_per_kib);
    take(record, record.memory_commit_limit_bytes, VIGIA_SYSTEM_VALID_COMMIT_LIMIT,
         number_after(text, "\nCommitLimit:"), bytes_per_kib);
    if (!vigia_system_has(record.valid, VIGIA_SYSTEM_VALID_CACHED)) {
        const auto cached = number_after(text, "\nCached:");
        const auto swap_cached = number_after(text, "\nSwapCached:");
        if (cached && swap_cached) {
            record.memory_cached_bytes = *cached * bytes_per_kib;
            take(record, record.swap_cached_bytes, VIGIA_SYSTEM_VALID_CACHED, swap_cached,
                 bytes_per_kib);
        }
    }
}

void HostSupplement::complete_pressure(vigia_system& record) {
    const auto cpu = pressure_in(read(cpu_pressure));
    const auto memory = cpu ? pressure_in(read(memory_pressure)) : std::nullopt;
    const auto io = memory ? pressure_in(read(io_pressure)) : std::nullopt;
    if (io) {
        record.cpu_pressure = *cpu;
        record.memory_pressure = *memory;
        record.io_pressure = *io;
        record.valid |= VIGIA_SYSTEM_VALID_PRESSURE;
    }
}

} // namespace vigia::sampler
