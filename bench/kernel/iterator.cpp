// SPDX-License-Identifier: MIT
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "bench/kernel/bench_kernel.h"

namespace vigia::bench {

constexpr std::size_t record_size = 320;

Iterator::Iterator(const std::string& object_path) {
    object_ = ::bpf_object__open(object_path.c_str());
    if (object_ == nullptr || ::bpf_object__load(object_) != 0) {
        throw std::runtime_error("the kernel refuses the bpf_iter program");
    }
    bpf_program* program = ::bpf_object__find_program_by_name(object_, "dump_task");
    link_ = ::bpf_program__attach_iter(program, nullptr);
    if (link_ == nullptr) {
        throw std::runtime_error("the bpf_iter program does not attach");
    }
}

Iterator::~Iterator() {
    ::bpf_link__destroy(link_);
    ::bpf_object__close(object_);
}

std::size_t Iterator::run() const {
    static std::array<char, 1 << 18> records;
    const int file = ::bpf_iter_create(::bpf_link__fd(link_));
    std::size_t total = 0;
    for (ssize_t size = 0; (size = ::read(file, records.data(), records.size())) > 0;) {
        total += static_cast<std::size_t>(size);
    }
    ::close(file);
    return total / record_size;
}

} // namespace vigia::bench
