// SPDX-License-Identifier: MIT
// What the parts of bench_kernel share. Time is CLOCK_MONOTONIC; in a VM with -icount shift=0 a
// nanosecond of it is one instruction.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vigia::bench {

int64_t now_ns();

// `count` children that sleep, and processes with many threads. All end with this program.
void add_sleepers(std::size_t count);
void add_threads(std::size_t count);
// Moves the children so far into `count` cgroups of their own (v2). Throws if one can't be moved.
void spread_over_cgroups(std::size_t count);
std::vector<pid_t> all_pids();

// The shortest of `rounds` runs, ns.
int64_t shortest_ns(int rounds, const std::function<void()>& work);

// The five files of one process, read and parsed. Returns a number made of them all.
int64_t read_five_files(pid_t pid);
// Reads a file to its end, in large pieces; the number of bytes.
std::size_t drain(const std::string& path);
// Parses a dump of numbers, so that it costs what a reader of text pays; the number of numbers.
std::size_t drain_numbers(const std::string& path);
// CPU time in ns of a command that ends by itself; 0 if it cannot be run.
int64_t command_cpu_ns(const std::vector<std::string>& words);

// A bpf_iter program over all tasks. Throws if the kernel refuses it.
class Iterator {
public:
    explicit Iterator(const std::string& object_path);
    ~Iterator();
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;

    std::size_t run() const; // the number of records

private:
    struct bpf_object* object_ = nullptr;
    struct bpf_link* link_ = nullptr;
};

// System calls that `work` makes, counted in a traced child of its own.
int64_t count_system_calls(const std::function<void()>& prepare, const std::function<void()>& work);
// Allocations (kmalloc, slab, pages) that the kernel makes for this thread during `work`, by its
// own tracepoints. Throws if there are none.
int64_t count_allocations(const std::function<void()>& work);

} // namespace vigia::bench
