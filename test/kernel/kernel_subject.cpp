// SPDX-License-Identifier: MIT
#include <sys/ioctl.h>

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include <vigia/control.h>

#include "test/publish/subject.h"

namespace vigia::test {
namespace {

constexpr std::array<const char*, 5> files{"info", "system", "memory", "processes", "cgroups"};

class KernelSubject : public Subject {
public:
    KernelSubject() {
        if (::access("/proc/vigia/info", R_OK) != 0) {
            throw std::runtime_error("/proc/vigia/info is not there: load the modules first");
        }
    }

    Status refresh() override {
        for (const char* name : files) {
            if (Status done = refresh_file(directory_ + "/" + name); !done) {
                return done;
            }
        }
        return {};
    }
    const std::string& directory() const override { return directory_; }
    bool is_kernel() const override { return true; }

private:
    static Status refresh_file(const std::string& path) {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            return system_error("open " + path, errno);
        }
        vigia_refresh refresh{};
        const int failed = ::ioctl(descriptor, VIGIA_IOC_REFRESH, &refresh);
        const int number = errno;
        ::close(descriptor);
        return failed != 0 ? Status(system_error("refresh " + path, number)) : Status();
    }

    const std::string directory_ = "/proc/vigia";
};

} // namespace

std::unique_ptr<Subject> start_subject(const std::string&) {
    return std::make_unique<KernelSubject>();
}

} // namespace vigia::test
