// SPDX-License-Identifier: MIT
// Calls that mean harm, from many threads, on every file of a directory of /proc/vigia's kind:
//
//   vigia_test_hostile --seed N --calls N --threads N DIRECTORY
//
// Every choice is random, so errors are expected and nearly always what happens. What must never
// happen is checked: memory that can be written, or a kernel that complains, which is for the
// caller to look up. The calls that were made are counted, also those of forked children.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <vigia/control.h>
#include <vigia/reader.h>

namespace {

constexpr std::size_t max_open = 24;
constexpr std::size_t max_mapped = 24;
constexpr std::size_t page = 4096;

struct Shared {
    std::vector<std::string> paths;
    std::atomic<uint64_t>* calls = nullptr; // in memory that children share
    std::atomic<uint64_t>* writable = nullptr;
    std::atomic<uint64_t>* succeeded = nullptr;
};

struct Mapped {
    void* at = nullptr;
    std::size_t size = 0;
};

// One thread's open files and mappings, and what it does to them. Errors are the usual outcome.
class Hostile {
public:
    Hostile(const Shared& shared, uint64_t seed) : shared_(shared), random_(seed) {
        descriptors_.fill(-1);
        buffer_.resize(64 * page);
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        syscall(SYS_io_setup, 16, &aio_);
    }
    Hostile(const Hostile&) = delete;
    ~Hostile() {
        syscall(SYS_io_destroy, aio_);
        close(epoll_);
        for (const int descriptor : descriptors_) {
            close(descriptor);
        }
        for (const Mapped& mapped : mapped_) {
            munmap(mapped.at, mapped.size);
        }
    }

    void step(bool may_fork) {
        using Act = void (Hostile::*)();
        static constexpr std::array<Act, 24> acts = {
            &Hostile::open_any,    &Hostile::open_any,    &Hostile::close_any,
            &Hostile::read_any,    &Hostile::read_any,    &Hostile::seek,
            &Hostile::map,         &Hostile::map,         &Hostile::map_well,
            &Hostile::protect,     &Hostile::advise,      &Hostile::remap,
            &Hostile::unmap,       &Hostile::peek,        &Hostile::control_known,
            &Hostile::control_any, &Hostile::control_bad, &Hostile::wait_for_events,
            &Hostile::watch,       &Hostile::poll_by_aio, &Hostile::write_any,
            &Hostile::copy_around, &Hostile::change,      &Hostile::pass_around,
        };
        if (may_fork && one_in(3000)) {
            fork_child();
        } else {
            (this->*acts[below(acts.size())])();
        }
    }

private:
    uint64_t below(uint64_t limit) { return random_() % limit; }
    bool one_in(uint64_t count) { return below(count) == 0; }
    int& descriptor() { return descriptors_[below(max_open)]; }
    Mapped& mapping() { return mapped_[below(max_mapped)]; }
    const char* path() { return shared_.paths[below(shared_.paths.size())].c_str(); }

    // A number as a person who means harm picks it: small, large, negative, around a page.
    uint64_t number() {
        static constexpr std::array<uint64_t, 12> favourites = {
            0,          1,          255,        page - 1,   page,       page + 1,
            UINT32_MAX, 1ULL << 31, 1ULL << 40, 1ULL << 63, UINT64_MAX, UINT64_MAX - page + 1};
        switch (below(4)) {
        case 0:
            return favourites[below(favourites.size())];
        case 1:
            return below(1 << 20);
        case 2:
            return below(64) * page;
        default:
            return random_() >> below(64);
        }
    }

    // An address: mostly a good one.
    void* place() {
        switch (below(8)) {
        case 0:
            return nullptr;
        case 1:
            return reinterpret_cast<void*>(number());
        case 2:
            return mapping().at;
        default:
            return buffer_.data();
        }
    }

    std::size_t good_size() { return below(buffer_.size() + 1); }

    template <class Result>
    Result note(Result result) {
        shared_.calls->fetch_add(1, std::memory_order_relaxed);
        if (result >= 0) {
            shared_.succeeded->fetch_add(1, std::memory_order_relaxed);
        }
        return result;
    }

    void open_any() {
        static constexpr std::array<int, 12> flags = {
            O_RDONLY, O_RDONLY,    O_RDONLY,   O_RDONLY | O_NONBLOCK, O_RDWR,  O_WRONLY,
            O_PATH,   O_DIRECTORY, O_NOFOLLOW, O_RDONLY | O_DIRECT,   O_TRUNC, O_CREAT | O_EXCL};
        const int opened = note(open(path(), flags[below(flags.size())] | O_CLOEXEC, 0644));
        if (opened >= 0) {
            int& slot = descriptor();
            close(slot);
            slot = opened;
        }
    }

    void close_any() {
        int& closed = descriptor();
        note(close(closed));
        closed = -1;
    }

    void read_any() {
        const bool is_wild = one_in(8);
        void* to = is_wild ? place() : buffer_.data();
        // what lies behind `to` is unknown when it is wild: the kernel may write only a little
        const std::size_t size = to == buffer_.data() ? good_size() : below(16);
        switch (below(3)) {
        case 0:
            note(read(descriptor(), is_writable(to) ? to : nullptr, size));
            break;
        case 1:
            note(pread(descriptor(), is_writable(to) ? to : nullptr, size,
                       static_cast<off_t>(number())));
            break;
        default: {
            const iovec parts[2] = {{buffer_.data(), good_size() / 2}, {nullptr, below(100)}};
            note(preadv(descriptor(), parts, 2, static_cast<off_t>(below(1 << 20))));
        }
        }
    }

    // Wild addresses are for the kernel to refuse; our own memory must stay whole.
    bool is_writable(const void* to) const {
        const auto address = reinterpret_cast<uintptr_t>(to);
        return to == buffer_.data() || address < page || (address >> 47) != 0;
    }

    void seek() {
        static constexpr std::array<int, 7> whence = {SEEK_SET,  SEEK_CUR, SEEK_END, SEEK_DATA,
                                                      SEEK_HOLE, -1,       99};
        note(lseek(descriptor(), static_cast<off_t>(number()), whence[below(whence.size())]));
    }

    void keep(void* at, std::size_t size) {
        Mapped& slot = mapping();
        if (slot.at != nullptr) {
            munmap(slot.at, slot.size);
        }
        slot = {at, size};
    }

    void map() {
        static constexpr std::array<int, 7> flags = {MAP_SHARED,
                                                     MAP_PRIVATE,
                                                     MAP_SHARED | MAP_POPULATE,
                                                     MAP_SHARED | MAP_LOCKED,
                                                     MAP_PRIVATE,
                                                     MAP_SHARED | MAP_32BIT,
                                                     MAP_SHARED_VALIDATE | MAP_SYNC};
        const std::size_t size =
            static_cast<std::size_t>(below(2) != 0 ? below(200) * page : number());
        const int protection = static_cast<int>(below(8));
        const off_t offset = static_cast<off_t>(below(2) != 0 ? below(64) * page : number());
        void* at =
            mmap(nullptr, size, protection, flags[below(flags.size())], descriptor(), offset);
        note(at == MAP_FAILED ? -1 : 0);
        if (at == MAP_FAILED) {
            return;
        }
        if ((protection & PROT_WRITE) != 0) {
            shared_.writable->fetch_add(1);
        }
        keep(at, size);
    }

    void map_well() {
        vigia_file_header header{};
        const int from = descriptor();
        if (note(pread(from, &header, sizeof(header), 0)) != sizeof(header) ||
            header.magic != VIGIA_FILE_MAGIC) {
            return;
        }
        void* at = mmap(nullptr, header.total_size_bytes, PROT_READ, MAP_SHARED, from, 0);
        note(at == MAP_FAILED ? -1 : 0);
        if (at != MAP_FAILED) {
            keep(at, header.total_size_bytes);
        }
    }

    void protect() {
        const Mapped& mapped = mapping();
        const int protection = static_cast<int>(below(8));
        if (mapped.at == nullptr) {
            return;
        }
        const int result = note(mprotect(mapped.at, one_in(2) ? mapped.size : page, protection));
        if (result == 0 && (protection & PROT_WRITE) != 0) {
            shared_.writable->fetch_add(1);
        }
    }

    void advise() {
        const Mapped& mapped = mapping();
        if (mapped.at == nullptr) {
            return;
        }
        switch (below(4)) {
        case 0:
            note(msync(mapped.at, mapped.size, static_cast<int>(below(8))));
            break;
        case 1:
            note(one_in(2) ? mlock(mapped.at, mapped.size) : munlock(mapped.at, mapped.size));
            break;
        case 2:
            note(mincore(mapped.at, std::min(mapped.size, page * 64), buffer_.data()));
            break;
        default:
            note(madvise(mapped.at, mapped.size, static_cast<int>(below(26))));
        }
    }

    void remap() {
        Mapped& mapped = mapping();
        if (mapped.at == nullptr) {
            return;
        }
        const std::size_t wanted = one_in(2) ? mapped.size : (below(100) + 1) * page;
        void* at = mremap(mapped.at, mapped.size, wanted, MREMAP_MAYMOVE);
        note(at == MAP_FAILED ? -1 : 0);
        if (at != MAP_FAILED) {
            mapped = {at, wanted};
        }
    }

    void unmap() {
        Mapped& mapped = mapping();
        if (mapped.at == nullptr) {
            return;
        }
        if (one_in(2) && mapped.size > 2 * page) { // a hole at the beginning
            note(munmap(mapped.at, page));
            mapped = {static_cast<unsigned char*>(mapped.at) + page, mapped.size - page};
            return;
        }
        note(munmap(mapped.at, mapped.size));
        mapped = {};
    }

    // Reads and writes what is mapped as a debugger does: no signal, whatever it is.
    void peek() {
        const Mapped& mapped = mapping();
        if (mapped.at == nullptr) {
            return;
        }
        const iovec here = {buffer_.data(), page};
        iovec there = {static_cast<unsigned char*>(mapped.at) + below(4) * page, below(page) + 1};
        if (!one_in(4)) {
            note(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
            return;
        }
        there = {mapped.at, std::min(mapped.size, page)}; // what lies behind it is not ours to try
        if (note(process_vm_writev(getpid(), &here, 1, &there, 1, 0)) > 0) {
            shared_.writable->fetch_add(1);
        }
    }

    void control_known() {
        static constexpr std::array<unsigned long, 3> commands = {
            VIGIA_IOC_REFRESH, VIGIA_IOC_PROCESS, VIGIA_IOC_DESCRIBE};
        union {
            vigia_refresh refresh;
            vigia_process_query query;
            vigia_description description;
        } argument{};
        const unsigned long command = commands[below(commands.size())];
        if (one_in(3)) {
            auto* bytes = reinterpret_cast<unsigned char*>(&argument);
            for (std::size_t i = 0; i < sizeof(vigia_refresh); i++) {
                bytes[i] = static_cast<unsigned char>(random_());
            }
        } else if (command == VIGIA_IOC_REFRESH) {
            argument.refresh.max_age_ns = one_in(4) ? 0 : number();
        } else if (command == VIGIA_IOC_PROCESS) {
            argument.query.pid = static_cast<uint32_t>(one_in(2) ? getpid() : number());
            argument.query.start_time_ns = one_in(2) ? 0 : number();
        }
        note(ioctl(descriptor(), command, &argument));
    }

    void control_any() {
        const unsigned long command = one_in(2) ? (VIGIA_IOC_REFRESH & ~0xffUL) | below(256)
                                                : static_cast<uint32_t>(random_());
        // FIONBIO and the like take ints, FIOASYNC an int too: a page of zeros serves them all
        std::memset(buffer_.data(), 0, page);
        note(ioctl(descriptor(), command, buffer_.data()));
    }

    void control_bad() {
        const unsigned long command = VIGIA_IOC_REFRESH + below(3);
        void* to = place();
        note(ioctl(descriptor(), command, is_writable(to) ? to : nullptr));
    }

    void wait_for_events() {
        pollfd polled[4];
        for (pollfd& each : polled) {
            each = {descriptor(), static_cast<short>(random_()), 0};
        }
        if (one_in(2)) {
            note(poll(polled, 4, static_cast<int>(below(3))));
            return;
        }
        epoll_event events[8];
        note(epoll_wait(epoll_, events, 8, static_cast<int>(below(3))));
    }

    void watch() {
        static constexpr std::array<int, 4> operations = {EPOLL_CTL_ADD, EPOLL_CTL_ADD,
                                                          EPOLL_CTL_MOD, EPOLL_CTL_DEL};
        static constexpr std::array<uint32_t, 4> flags = {0, EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE};
        epoll_event event{};
        event.events = EPOLLIN | flags[below(flags.size())];
        note(epoll_ctl(epoll_, operations[below(operations.size())], descriptor(), &event));
    }

    void poll_by_aio() {
        iocb control{};
        iocb* list[1] = {&control};
        control.aio_lio_opcode = IOCB_CMD_POLL;
        control.aio_fildes = static_cast<uint32_t>(descriptor());
        control.aio_buf = POLLIN;
        io_event event{};
        timespec now{};
        if (one_in(2)) {
            note(syscall(SYS_io_submit, aio_, 1, list));
        } else {
            note(syscall(SYS_io_getevents, aio_, 0, 1, &event, &now));
        }
    }

    void write_any() {
        switch (below(4)) {
        case 0:
            note(write(descriptor(), buffer_.data(), good_size()));
            break;
        case 1:
            note(ftruncate(descriptor(), static_cast<off_t>(number())));
            break;
        case 2:
            note(fallocate(descriptor(), static_cast<int>(below(64)), 0, page));
            break;
        default:
            note(pwrite(descriptor(), buffer_.data(), good_size(), static_cast<off_t>(number())));
        }
    }

    void copy_around() {
        int pipes[2];
        if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
            return;
        }
        off_t offset = static_cast<off_t>(below(2) != 0 ? 0 : number());
        switch (below(3)) {
        case 0:
            note(splice(descriptor(), &offset, pipes[1], nullptr, page, SPLICE_F_NONBLOCK));
            break;
        case 1:
            note(sendfile(pipes[1], descriptor(), &offset, page));
            break;
        default:
            note(copy_file_range(descriptor(), &offset, pipes[1], nullptr, page, 0));
        }
        close(pipes[0]);
        close(pipes[1]);
    }

    // Never the mode or the owner: root may change those.
    void change() {
        struct stat status {};
        switch (below(6)) {
        case 0:
            note(fstat(descriptor(), &status));
            break;
        case 1:
            note(fcntl(descriptor(), F_SETFL, static_cast<int>(random_()) & ~O_ASYNC));
            break;
        case 2:
            note(fsync(descriptor()));
            break;
        case 3:
            note(unlink(path()));
            break;
        case 4:
            note(rename(path(), (shared_.paths[0] + "/new").c_str()));
            break;
        default:
            note(syscall(SYS_getdents64, descriptor(), buffer_.data(), good_size()));
        }
    }

    // Into a socket and out again, or into one that is closed with it.
    void pass_around() {
        int ends[2];
        const int passed = descriptor();
        if (passed < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) != 0) {
            return;
        }
        char byte = 0;
        iovec part = {&byte, 1};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &passed, sizeof(int));
        note(sendmsg(ends[0], &message, 0));
        close(ends[0]);
        close(ends[1]);
    }

    // A child that inherits everything, does a little with it, and is gone.
    void fork_child() {
        const pid_t child = note(fork());
        if (child == 0) {
            for (int i = 0; i < 20; i++) {
                step(false);
            }
            _exit(0);
        }
        if (child > 0) {
            waitpid(child, nullptr, 0);
        }
    }

    const Shared& shared_;
    std::mt19937_64 random_;
    std::array<int, max_open> descriptors_{};
    std::array<Mapped, max_mapped> mapped_{};
    std::vector<unsigned char> buffer_;
    int epoll_ = -1;
    aio_context_t aio_ = 0;
};

struct Options {
    uint64_t seed = 1;
    uint64_t calls = 1000000;
    uint64_t threads = 4;
    std::string directory;
};

bool parse(int count, char** words, Options& options) {
    for (int i = 1; i < count; i++) {
        const std::string_view word = words[i];
        uint64_t* number = word == "--seed"      ? &options.seed
                           : word == "--calls"   ? &options.calls
                           : word == "--threads" ? &options.threads
                                                 : nullptr;
        if (number == nullptr) {
            options.directory = word;
        } else if (++i == count ||
                   std::from_chars(words[i], words[i] + std::strlen(words[i]), *number).ec !=
                       std::errc{}) {
            return false;
        }
    }
    return !options.directory.empty() && options.threads > 0;
}

std::vector<std::string> paths_in(const std::string& directory) {
    std::vector<std::string> paths = {directory};
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        paths.push_back(entry.path());
    }
    return paths;
}

void run(const Options& options, const Shared& shared) {
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < options.threads; i++) {
        threads.emplace_back([&options, &shared, seed = options.seed + i] {
            Hostile hostile(shared, seed);
            while (shared.calls->load(std::memory_order_relaxed) < options.calls) {
                hostile.step(true);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

} // namespace

int main(int count, char** words) {
    Options options;
    if (!parse(count, words, options)) {
        std::fputs("usage: vigia_test_hostile --seed N --calls N --threads N DIRECTORY\n", stderr);
        return 2;
    }
    // Children count too: in memory that a fork shares.
    void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return 2;
    }
    Shared shared;
    shared.paths = paths_in(options.directory);
    shared.calls = new (memory) std::atomic<uint64_t>[3]();
    shared.writable = shared.calls + 1;
    shared.succeeded = shared.calls + 2;
    run(options, shared);
    std::printf(
        "seed %lu: %lu calls on %zu paths, %lu of them succeeded, %lu got writable memory\n",
        options.seed, shared.calls->load(), shared.paths.size(), shared.succeeded->load(),
        shared.writable->load());
    return shared.writable->load() == 0 && shared.calls->load() >= options.calls ? 0 : 1;
}
