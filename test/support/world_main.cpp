// SPDX-License-Identifier: MIT
// vigia_test_world DIRECTORY [PROCESSES CGROUPS INTERVAL_MS]: publishes a made-up host into the
// directory until its standard input ends. Lines that it understands there:
//
//   run ID MEMORY_BYTES    a container with this 64-digit id runs, or changes its memory
//   end ID                 it ends
//
// Each is published at once, and answered with "ok" when it is.
#include <iostream>
#include <poll.h>
#include <sstream>
#include <unistd.h>

#include "collector/base/clock.h"
#include "test/support/world.h"

namespace {

bool obey(vigia::test::World& world, const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string id;
    uint64_t memory_bytes = 0;
    words >> verb >> id;
    if (verb == "run" && words >> memory_bytes) {
        world.run_container(id, memory_bytes);
        return true;
    }
    if (verb == "end") {
        world.end_container(id);
        return true;
    }
    return false;
}

// Reads the commands that have come; false at the end of the input.
bool read_commands(vigia::test::World& world, uint64_t interval_ns) {
    char bytes[4096];
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
    static std::string pending;
    if (got <= 0) {
        return false;
    }
    pending.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
        const bool good = obey(world, pending.substr(0, end));
        world.publish(interval_ns);
        std::cout << (good ? "ok" : "what?") << std::endl;
        pending.erase(0, end + 1);
    }
    return true;
}

} // namespace

int main(int argc, char* argv[]) {
    if (argc != 2 && argc != 5) {
        std::cerr << "usage: vigia_test_world DIRECTORY [PROCESSES CGROUPS INTERVAL_MS]\n";
        return 2;
    }
    vigia::test::WorldSize size;
    uint64_t interval_ms = 100;
    if (argc == 5) {
        size.processes = static_cast<uint32_t>(std::stoul(argv[2]));
        size.cgroups = static_cast<uint32_t>(std::stoul(argv[3]));
        interval_ms = std::stoul(argv[4]);
    }
    const uint64_t interval_ns = interval_ms * vigia::ns_per_millisecond;
    vigia::test::World world(argv[1], size);
    world.publish(interval_ns);
    std::cout << "ready" << std::endl;
    const vigia::SystemClock clock;
    uint64_t next_ns = clock.now().monotonic_ns + interval_ns;
    for (;;) {
        const uint64_t now_ns = clock.now().monotonic_ns;
        const uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
        pollfd input{STDIN_FILENO, POLLIN, 0};
        const int ready = poll(&input, 1, static_cast<int>(wait_ns / vigia::ns_per_millisecond));
        if (ready > 0 && !read_commands(world, interval_ns)) {
            return 0;
        }
        if (clock.now().monotonic_ns + vigia::ns_per_millisecond >= next_ns) {
            world.publish(interval_ns);
            next_ns += interval_ns;
        }
    }
}
