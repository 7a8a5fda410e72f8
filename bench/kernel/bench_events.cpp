// SPDX-License-Identifier: MIT
// Inside the VM: what lives cost, in instructions, with whatever is loaded at the time.
//
//   bench_events KERNEL WHAT PROGRAM [BPF_OBJECT]
//
// measures short lives, some running PROGRAM, with the BPF programs of the object attached if
// there is one, and prints raw rows, tab-separated: kernel, what, events of one life, median, mean.
// bench/kernel/events_table.py makes the table of them.
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int rounds = 400;
constexpr int warm_up = 40;

int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void reap(pid_t child) {
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        throw std::runtime_error("a child did not end well");
    }
}

// A life of two events: no memory is copied, nothing is run.
void fork_and_exit() {
    const pid_t child = vfork(); // NOLINT: the cheapest there is
    if (child == 0) {
        _exit(0);
    }
    reap(child);
}

// A life of three. The program is in memory: a disk would make the clock leap.
void fork_exec_and_exit(const char* path) {
    const pid_t child = fork();
    if (child == 0) {
        execl(path, "true", nullptr);
        _exit(1);
    }
    reap(child);
}

struct Figure {
    double median;
    double mean;
};

Figure measure(const std::function<void()>& life) {
    std::vector<int64_t> all;
    for (int i = -warm_up; i < rounds; i++) {
        const int64_t begin = now_ns();
        life();
        if (i >= 0) {
            all.push_back(now_ns() - begin);
        }
    }
    double sum = 0;
    for (const int64_t each : all) {
        sum += static_cast<double>(each);
    }
    std::nth_element(all.begin(), all.begin() + rounds / 2, all.end());
    return {static_cast<double>(all[rounds / 2]), sum / rounds};
}

// Perf's buffers for a map of them, one per CPU, with room for a run's events; nobody is woken.
perf_buffer* make_buffers(int map) {
    constexpr std::size_t pages = 256;
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
    attributes.sample_type = PERF_SAMPLE_RAW;
    attributes.sample_period = 1;
    attributes.watermark = 1;
    attributes.wakeup_watermark = 1U << 30U;
    perf_buffer_raw_opts options{};
    options.sz = sizeof(options);
    const auto ignore = [](void*, int, perf_event_header*) { return LIBBPF_PERF_EVENT_CONT; };
    perf_buffer* made = perf_buffer__new_raw(map, pages, &attributes, ignore, nullptr, &options);
    if (made == nullptr) {
        throw std::runtime_error("perf's buffers cannot be made");
    }
    return made;
}

// The object's programs, attached as long as this lives.
class Attached {
public:
    explicit Attached(const char* path) : object_(bpf_object__open(path)) {
        if (object_ == nullptr || bpf_object__load(object_) != 0) {
            throw std::runtime_error("the kernel refuses the BPF programs");
        }
        const int buffers = bpf_object__find_map_fd_by_name(object_, "buffers");
        if (buffers >= 0) {
            perf_ = make_buffers(buffers);
        }
        bpf_program* program = nullptr;
        while ((program = bpf_object__next_program(object_, program)) != nullptr) {
            links_.push_back(bpf_program__attach(program));
            if (links_.back() == nullptr) {
                throw std::runtime_error("a BPF program does not attach");
            }
        }
    }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    ~Attached() {
        for (bpf_link* link : links_) {
            bpf_link__destroy(link);
        }
        perf_buffer__free(perf_);
        bpf_object__close(object_);
    }

private:
    bpf_object* object_;
    perf_buffer* perf_ = nullptr;
    std::vector<bpf_link*> links_;
};

void report(const char* kernel, const std::string& what, int events, const Figure& figure) {
    std::printf("%s\t%s\t%d\t%.1f\t%.1f\n", kernel, what.c_str(), events, figure.median,
                figure.mean);
}

void measure_all(const char* kernel, const std::string& what, const char* path) {
    report(kernel, what, 2, measure(fork_and_exit));
    report(kernel, what, 3, measure([path] { fork_exec_and_exit(path); }));
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        return 2;
    }
    try {
        if (argc > 4) {
            const Attached attached(argv[4]);
            measure_all(argv[1], argv[2], argv[3]);
        } else {
            measure_all(argv[1], argv[2], argv[3]);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_events: %s\n", error.what());
        return 1;
    }
    return 0;
}
