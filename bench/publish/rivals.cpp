// SPDX-License-Identifier: MIT
#include "bench/publish/rivals.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string_view>

namespace vigia::bench {
namespace {

constexpr uint16_t exporter_port = 39256;

uint64_t to_ns(const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<uint64_t>(time.tv_usec) * 1'000;
}

// A child with its output thrown away, which ends with us; -1 if it cannot be started.
pid_t start(const std::vector<std::string>& arguments) {
    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setenv("TERM", "dumb", 1);
    const int null = ::open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; ++i) {
        ::dup2(null, i);
    }
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
}

// CPU time of the command's whole life; 0 if it failed.
uint64_t run(std::vector<std::string> arguments, unsigned count) {
    for (std::string& argument : arguments) {
        if (argument == "{}") {
            argument = std::to_string(count);
        }
    }
    int status = 0;
    rusage usage{};
    const pid_t pid = start(arguments);
    if (pid < 0 || ::wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0) {
        return 0;
    }
    return to_ns(usage.ru_utime) + to_ns(usage.ru_stime);
}

// One GET of /metrics; the number of bytes that came.
std::size_t scrape() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(exporter_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::size_t size = 0;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
        constexpr std::string_view request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
        char buffer[65536];
        ssize_t got = ::write(socket, request.data(), request.size());
        while (got > 0 && (got = ::read(socket, buffer, sizeof(buffer))) > 0) {
            size += static_cast<std::size_t>(got);
        }
    }
    ::close(socket);
    return size;
}

// User and system time so far of a process that is still running.
uint64_t cpu_of(pid_t pid) {
    clockid_t clock = 0;
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

bool wait_for_exporter() {
    for (int attempt = 0; attempt < 600; ++attempt) { // it reads all processes before it listens
        if (scrape() > 0) {
            return true;
        }
        ::usleep(100'000);
    }
    return false;
}

} // namespace

uint64_t process_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

RivalCost command_cost(const std::string& name, std::vector<std::string> arguments,
                       unsigned intervals) {
    const uint64_t once = run(arguments, 1);
    const uint64_t more = run(arguments, intervals + 1);
    const bool ran = once != 0 && more > once;
    return {name, ran ? static_cast<double>(more - once) / intervals : 0};
}

RivalCost single_cost(const std::string& name, const std::vector<std::string>& arguments,
                      unsigned runs) {
    RivalCost cost{name, 0};
    for (unsigned i = 0; i < runs; ++i) {
        cost.cpu_ns += static_cast<double>(run(arguments, 0)) / runs;
    }
    return cost;
}

RivalCost exporter_cost(unsigned intervals) {
    RivalCost cost{"process-exporter", 0};
    const pid_t pid =
        start({"prometheus-process-exporter", "-web.listen-address",
               "127.0.0.1:" + std::to_string(exporter_port), "-children=false", "-threads=false",
               "-gather-smaps=false", "-procnames", "bench_publish"});
    if (pid < 0) {
        return cost;
    }
    if (wait_for_exporter()) {
        const uint64_t begin_ns = cpu_of(pid);
        for (unsigned i = 0; i < intervals; ++i) {
            ::sleep(1);
            scrape();
        }
        cost.cpu_ns = static_cast<double>(cpu_of(pid) - begin_ns) / intervals;
    }
    ::kill(pid, SIGTERM);
    ::waitpid(pid, nullptr, 0);
    return cost;
}

} // namespace vigia::bench
