// SPDX-License-Identifier: MIT
// largest.c, the reader that needs nothing but the headers, run as its users would.
#include <sys/wait.h>

#include <string>

#include "test/support/abi_directory.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

namespace vigia {
namespace {

using test::AbiDirectory;
using test::TemporaryDirectory;

struct Answer {
    std::string text; // stdout and stderr
    int status = -1;
};

Answer run_largest(const std::string& directory) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        ::execl(VIGIA_LARGEST, "largest", directory.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    Answer answer;
    char bytes[512];
    for (ssize_t got; (got = ::read(ends[0], bytes, sizeof(bytes))) > 0;) {
        answer.text.append(bytes, static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    ::waitpid(child, &answer.status, 0);
    return answer;
}

TEST_CASE("the headers alone are enough to print the five largest processes") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.publish(7);
    const Answer answer = run_largest(directory.path());
    CHECK(answer.status == 0);
    CHECK(answer.text == "      7          7 KiB  test\n"
                         "      6          6 KiB  test\n"
                         "      5          5 KiB  test\n"
                         "      4          4 KiB  test\n"
                         "      3          3 KiB  test\n");
}

TEST_CASE("processes in any order, fewer than five, and without memory figures are ranked") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.processes.begin();
    for (const uint32_t pid : {2U, 9U, 1U}) {
        writer.processes.add(VIGIA_PROCESSES_REGION,
                             AbiDirectory::process(pid, "sixteen bytes ok"));
    }
    vigia_process unknown = AbiDirectory::process(99, "unknown");
    unknown.valid = 0;
    writer.processes.add(VIGIA_PROCESSES_REGION, unknown);
    writer.processes.publish();
    CHECK(run_largest(directory.path()).text == "      9          9 KiB  sixteen bytes ok\n"
                                                "      2          2 KiB  sixteen bytes ok\n"
                                                "      1          1 KiB  sixteen bytes ok\n");
}

TEST_CASE("hostile names reach the terminal as printable text") {
    TemporaryDirectory directory;
    AbiDirectory writer(directory.path());
    writer.processes.begin();
    writer.processes.add(0, AbiDirectory::process(3, "\033[31m\nroot\a\177"));
    writer.processes.add(0, AbiDirectory::process(2, "\xff\xfe\xc3\\ \""));
    writer.processes.add(0, AbiDirectory::process(1, ""));
    writer.processes.publish();
    CHECK(run_largest(directory.path()).text ==
          "      3          3 KiB  \\x1b[31m\\x0aroot\\x07\\x7f\n"
          "      2          2 KiB  \\xff\\xfe\\xc3\\x5c \"\n"
          "      1          1 KiB  \n");
}

TEST_CASE("a directory that cannot be read is named") {
    TemporaryDirectory directory;
    const std::string path = directory.file("processes");
    Answer answer = run_largest(directory.path());
    CHECK(answer.status != 0);
    CHECK(answer.text == path + " cannot be opened\n");
    test::AbiWriter silent(path, VIGIA_FILE_PROCESSES, 1);
    answer = run_largest(directory.path());
    CHECK(answer.status != 0);
    CHECK(answer.text == path + " has no snapshot yet\n");
}

} // namespace
} // namespace vigia
