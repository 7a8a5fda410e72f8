// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "bench/kernel/bench_kernel.h"

namespace vigia::bench {
namespace {

// Every number in the text, as a careful but plain parser would take it.
std::size_t parse_numbers(const char* text, std::size_t size, int64_t& sum) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size;) {
        if (text[i] < '0' || text[i] > '9') {
            ++i;
            continue;
        }
        int64_t value = 0;
        for (; i < size && text[i] >= '0' && text[i] <= '9'; ++i) {
            value = static_cast<int64_t>(static_cast<uint64_t>(value) * 10 +
                                         static_cast<uint64_t>(text[i] - '0'));
        }
        sum ^= value;
        ++count;
    }
    return count;
}

int64_t cpu_of_children_ns() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1'000;
}

} // namespace

int64_t read_five_files(pid_t pid) {
    static constexpr std::array<const char*, 5> names{"/stat", "/status", "/statm", "/io",
                                                      "/cgroup"};
    std::array<char, 4096> text{};
    int64_t sum = 0;
    const std::string folder = "/proc/" + std::to_string(pid);
    for (const char* name : names) {
        const int file = ::open((folder + name).c_str(), O_RDONLY | O_CLOEXEC);
        const ssize_t size = ::read(file, text.data(), text.size());
        ::close(file);
        if (size > 0) {
            parse_numbers(text.data(), static_cast<std::size_t>(size), sum);
        }
    }
    return sum;
}

std::size_t drain(const std::string& path) {
    static std::array<char, 1 << 18> text;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::size_t total = 0;
    for (ssize_t size = 0; (size = ::read(file, text.data(), text.size())) > 0;) {
        total += static_cast<std::size_t>(size);
    }
    ::close(file);
    return total;
}

std::size_t drain_numbers(const std::string& path) {
    static std::array<char, 1 << 18> text;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::size_t count = 0;
    int64_t sum = 0;
    for (ssize_t size = 0; (size = ::read(file, text.data(), text.size())) > 0;) {
        count += parse_numbers(text.data(), static_cast<std::size_t>(size), sum);
    }
    ::close(file);
    return count;
}

int64_t command_cpu_ns(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const int64_t before = cpu_of_children_ns();
    const pid_t pid = ::fork();
    if (pid == 0) {
        // the crowd's stacks are small, and top's buffers would not fit
        const rlimit stack{8 << 20, 8 << 20};
        ::setrlimit(RLIMIT_STACK, &stack);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::fprintf(stderr, "%s ended with status %#x\n", arguments[0], status);
        return 0;
    }
    return cpu_of_children_ns() - before;
}

} // namespace vigia::bench
