// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "bench/kernel/bench_kernel.h"

namespace vigia::bench {
namespace {

const std::string tracing = "/sys/kernel/tracing/";

void set(const std::string& file, const std::string& value) {
    std::ofstream out(tracing + file);
    out << value << std::flush;
    if (!out) {
        throw std::runtime_error(tracing + file + " does not take " + value);
    }
}

// Until the child stops by itself: its system calls, entries and exits.
int64_t stops_until_sigstop(pid_t child) {
    int64_t stops = 0;
    while (true) {
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!WIFSTOPPED(status)) {
            throw std::runtime_error("the traced child ended");
        }
        if (WSTOPSIG(status) == SIGSTOP) {
            return stops;
        }
        stops += WSTOPSIG(status) == (SIGTRAP | 0x80);
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    }
}

} // namespace

// The child stops itself before and after; the exit of the first kill() and the entry of the second
// are each half a call.
int64_t count_system_calls(const std::function<void()>& prepare,
                           const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        prepare();
        const pid_t self = ::getpid();
        ::kill(self, SIGSTOP);
        work();
        ::kill(self, SIGSTOP);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    const int64_t stops = stops_until_sigstop(child);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return (stops - 2) / 2;
}

int64_t count_allocations(const std::function<void()>& work) {
    set("tracing_on", "0");
    set("trace", "");
    set("set_event_pid", std::to_string(::getpid()));
    for (const char* event : {"kmalloc", "kmem_cache_alloc", "mm_page_alloc"}) {
        set(std::string("events/kmem/") + event + "/enable", "1");
    }
    {
        // opened before, so that the trace holds the work and nothing but two writes
        std::ofstream on(tracing + "tracing_on");
        std::ofstream off(tracing + "tracing_on");
        on << "1" << std::flush;
        work();
        off << "0" << std::flush;
    }
    int64_t count = 0;
    std::ifstream trace(tracing + "trace");
    for (std::string line; std::getline(trace, line);) {
        count += !line.empty() && line[0] != '#';
    }
    set("events/kmem/enable", "0");
    return count;
}

} // namespace vigia::bench
