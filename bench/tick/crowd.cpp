// SPDX-License-Identifier: MIT
// crowd N: N processes that sleep, until standard input ends. Prints "ready N" with the number that
// the host had room for.
#include <cstdio>
#include <cstdlib>
#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char* argv[]) {
    const long wanted = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
    if (wanted <= 0) {
        std::fputs("usage: crowd N\n", stderr);
        return 2;
    }
    long started = 0;
    for (; started < wanted; started++) {
        const pid_t pid = fork();
        if (pid < 0) {
            break;
        }
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) {
                pause();
            }
        }
    }
    std::printf("ready %ld\n", started);
    std::fflush(stdout);
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    // The children get SIGKILL from the kernel as soon as this process ends.
    return 0;
}
