// SPDX-License-Identifier: MIT
// Makes a recording for test/recording/golden, once for each version of the format, by the program
// of that version. Usage: make_golden FILE
#include <cstdio>
#include <exception>

#include "test/recording/history.h"

int main(int argc, char* argv[]) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_golden FILE\n");
        return 2;
    }
    try {
        vigia::test::record_history(argv[1], 33, 4);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make_golden: %s\n", error.what());
        return 1;
    }
    return 0;
}
