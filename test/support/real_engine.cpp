// SPDX-License-Identifier: MIT
#include "test/support/real_engine.h"

#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

namespace vigia::test {
namespace {

void become_engine(const int (&input)[2], const int (&output)[2]) {
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(output[1], STDOUT_FILENO);
    for (int end : {input[0], input[1], output[0], output[1]}) {
        ::close(end);
    }
    ::execlp("python3", "python3", "-B", VIGIA_DOCKER_ENGINE_SCRIPT, static_cast<char*>(nullptr));
    ::_exit(127);
}

} // namespace

RealEngine::RealEngine() {
    int input[2];
    int output[2];
    if (::pipe(input) != 0 || ::pipe(output) != 0) {
        throw std::runtime_error("real engine: no pipe");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
        become_engine(input, output);
    }
    ::close(input[0]);
    ::close(output[1]);
    to_ = ::fdopen(input[1], "w");
    from_ = ::fdopen(output[0], "r");
    std::string ready = read_line();
    if (!ready.starts_with("ready ")) {
        throw std::runtime_error("real engine: not started: " + ready);
    }
    socket_path_ = ready.substr(6);
}

RealEngine::~RealEngine() {
    std::fclose(to_); // the end of its input ends it
    ::waitpid(pid_, nullptr, 0);
    std::fclose(from_);
}

std::string RealEngine::read_line() {
    std::string line;
    for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_)) {
        line.push_back(static_cast<char>(c));
    }
    return line;
}

std::string RealEngine::command(const std::string& line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    std::string answer = read_line();
    if (answer.empty() || answer.starts_with("failed")) {
        throw std::runtime_error("real engine: " + line + ": " + answer);
    }
    return answer;
}

} // namespace vigia::test
