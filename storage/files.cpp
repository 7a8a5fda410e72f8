// SPDX-License-Identifier: MIT
#include "storage/files.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace vigia::storage {

namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t own_parent_mode = 0700; // what XDG wants for the folders of somebody's home
constexpr mode_t file_mode = 0640;

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    int get() const { return value_; }
    int release() { return std::exchange(value_, -1); }

private:
    int value_;
};

std::string holder_of(int descriptor) {
    char text[32] = {};
    ssize_t size = ::pread(descriptor, text, sizeof(text) - 1, 0);
    std::size_t digits = size > 0 ? std::strspn(text, "0123456789") : 0;
    return digits > 0 ? fmt::format("process {}", std::string_view(text, digits))
                      : std::string("another process");
}

int64_t big_endian_32(const unsigned char* bytes) {
    return static_cast<int32_t>(static_cast<uint32_t>(bytes[0]) << 24 | bytes[1] << 16 |
                                bytes[2] << 8 | bytes[3]);
}

} // namespace

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

LockFile::~LockFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

Result<LockFile> LockFile::acquire(const std::string& path) {
    std::string name = path + ".lock";
    Descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (file.get() < 0) {
        return system_error("open " + name, errno);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return system_error("lock " + name, errno);
        }
        return Error(ErrorKind::unavailable,
                     fmt::format("{}: another Vigia ({}) is writing this database; stop it or "
                                 "choose another file with --database",
                                 path, holder_of(file.get())));
    }
    // Only a courtesy for the message above: a full disk must not keep us from starting.
    std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file.get(), 0) == 0) {
        [[maybe_unused]] ssize_t written = ::pwrite(file.get(), pid.data(), pid.size(), 0);
    }
    return LockFile(file.release());
}

Result<Header> read_header(const std::string& path) {
    // O_NONBLOCK: a FIFO must not hang us; it is refused below.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        return errno == ENOENT ? Result<Header>(Header{}) : system_error("open " + path, errno);
    }
    struct stat status;
    if (::fstat(file.get(), &status) != 0) {
        return system_error("stat " + path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(ErrorKind::usage, path + ": not a regular file; name a file for the database");
    }
    if (status.st_size == 0) {
        return Header{Content::empty, 0, 0};
    }
    unsigned char bytes[100] = {};
    ssize_t size = ::pread(file.get(), bytes, sizeof(bytes), 0);
    if (size < 0) {
        return system_error("read " + path, errno);
    }
    // https://www.sqlite.org/fileformat.html: magic at 0, user version at 60, application at 68
    if (size < static_cast<ssize_t>(sizeof(bytes)) ||
        std::memcmp(bytes, "SQLite format 3", 16) != 0) {
        return Header{Content::foreign, 0, 0};
    }
    return Header{Content::database, big_endian_32(bytes + 68), big_endian_32(bytes + 60)};
}

Status make_folder_of(const std::string& path) {
    const std::size_t last = path.rfind('/');
    if (last == std::string::npos) {
        return {};
    }
    const mode_t parent = ::geteuid() == 0 ? folder_mode : own_parent_mode;
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos && slash <= last;
         slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        if (::mkdir(folder.c_str(), slash == last ? folder_mode : parent) != 0 && errno != EEXIST) {
            return system_error("make folder " + folder + " for " + path, errno);
        }
    }
    return {};
}

Status make_file(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, file_mode));
    if (file.get() < 0) {
        return system_error("open " + path, errno);
    }
    return {};
}

Result<std::string> set_aside(const std::string& path, const std::string& reason) {
    char time_text[32];
    std::time_t now = std::time(nullptr);
    struct tm utc;
    ::gmtime_r(&now, &utc);
    std::strftime(time_text, sizeof(time_text), "%Y%m%dT%H%M%SZ", &utc);
    std::string base = fmt::format("{}.{}-{}", path, reason, time_text);
    std::string name = base;
    for (unsigned n = 2; ::access(name.c_str(), F_OK) == 0; n++) {
        name = fmt::format("{}-{}", base, n);
    }
    // -wal first: a database without its -wal would lose rows, a -wal alone loses nothing.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        std::string from = path + suffix;
        if (::rename(from.c_str(), (name + suffix).c_str()) != 0 && errno != ENOENT) {
            return system_error("rename " + from, errno);
        }
    }
    return name;
}

uint64_t file_size_bytes(const std::string& path) {
    struct stat status;
    return ::stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

} // namespace vigia::storage
