// SPDX-License-Identifier: MIT
// A host made up for the views: two processes with every field known, one hostile process of which
// nothing is known, a described container, and one that only its cgroup tells of.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "collector/sampler/sample.h"

namespace vigia::test {

// Escape sequences, quotes, a newline, a comma and invalid UTF-8; 15 bytes, as a comm.
inline constexpr char hostile_comm[] = "\x1b[2J\"',\n\\\xff\xc3(é";
// The same and more, for names of containers, images and paths.
inline const std::string hostile_name = std::string("a\"b',;\n\r\t\x1b]0;x\x07\\\xff\xfe") +
                                        "\xe2\x80\xae" + "é漢字" + std::string(200, 'x');

// Owns what the sample points to: neither copied nor moved.
struct Host {
    Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    ContainerInfo described;
    ContainerInfo hostile;
    std::string plain_id = std::string(64, 'a');
    std::string hostile_id = std::string(64, 'b');
    std::vector<ProcessSample> processes;
    std::vector<ContainerSample> containers;
    std::vector<CpuSample> cpus;
    std::vector<vigia_mount> mounts;
    Sample sample;

private:
    void add_processes();
    void add_containers();
    void add_system();
};

} // namespace vigia::test
