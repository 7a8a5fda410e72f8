// SPDX-License-Identifier: MIT
// Reads small text files of /proc and cgroupfs into one reused buffer. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace vigia::publish {

// What one read gave. `text` points into the reader's buffer until the next read.
struct Text {
    int error = 0; // errno, 0 if read
    std::string_view text;
    explicit operator bool() const { return error == 0; }
};

class TextReader {
public:
    TextReader();

    // The whole file of an open descriptor, from its beginning. The buffer grows for a long file
    // and stays so.
    Text read(int descriptor);
    // Opens `path` under `directory` (or AT_FDCWD), reads it whole and closes it.
    Text read_at(int directory, const char* path);
    // Only the first read() of a file whose text the kernel hands out in one piece: every file
    // under /proc/PID. A file longer than the buffer is read again with a larger one.
    Text read_once(int descriptor);

    uint64_t reads() const { return reads_; }

private:
    std::vector<char> buffer_;
    uint64_t reads_ = 0;
};

} // namespace vigia::publish
