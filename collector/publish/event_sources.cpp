// SPDX-License-Identifier: MIT
#include "collector/publish/event_sources.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include <linux/connector.h>
#include <linux/genetlink.h>

#include "collector/base/limits.h"
#include "collector/publish/text_reader.h"

namespace vigia::publish {
namespace {

constexpr int answer_ms = 100; // the kernel answers before send() returns, if it answers
constexpr const char* as_root = "run as root (CAP_NET_ADMIN)";
constexpr const char* on_host = "run in the host's pid, user and network namespaces";

// The first namespaces have numbers of their own.
bool is_initial(const char* link, std::string_view number) {
    std::array<char, 64> target{};
    const ssize_t size = ::readlink(link, target.data(), target.size());
    return size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)) == number;
}

bool is_on_host() {
    return is_initial("/proc/self/ns/pid", "pid:[4026531836]") &&
           is_initial("/proc/self/ns/user", "user:[4026531837]");
}

Absence no_socket(int error, const char* what, const char* option) {
    if (error == EPERM || error == EACCES) {
        return {std::string("no right to listen to the ") + what, as_root};
    }
    if (error == EPROTONOSUPPORT || error == ENOENT) {
        return {std::string("this kernel has no ") + what,
                std::string("use a kernel with ") + option};
    }
    return {system_error(what, error).message(), {}};
}

} // namespace

std::unique_ptr<ProcessConnector> ProcessConnector::open(std::size_t buffer_bytes,
                                                         Absence& absence) {
    int error = 0;
    auto socket = NetlinkSocket::open(NETLINK_CONNECTOR, CN_IDX_PROC, buffer_bytes,
                                      limits::connector_message_bytes, error);
    if (!socket) {
        absence = no_socket(error, "process connector", "CONFIG_PROC_EVENTS");
        return nullptr;
    }
    std::unique_ptr<ProcessConnector> connector(new ProcessConnector(std::move(socket).value()));
    if (!connector->subscribe(absence)) {
        return nullptr;
    }
    return connector;
}

// Where it must not, the kernel does not refuse: it does not answer.
bool ProcessConnector::subscribe(Absence& absence) {
    const int error = socket_.send(NLMSG_DONE, 0, connector_request(true, 1));
    if (error != 0) {
        absence = error == ECONNREFUSED
                      ? Absence{"the process connector answers only the host's "
                                "network namespace",
                                on_host}
                      : no_socket(error, "process connector", "CONFIG_PROC_EVENTS");
        return false;
    }
    subscribed_ = true;
    while (socket_.wait(answer_ms) && socket_.receive() == Receipt::some) {
        for (Bytes bytes : socket_.datagrams()) {
            NetlinkMessage netlink;
            ProcessMessage message;
            bool whole = false;
            if (!take_message(bytes, netlink, whole) ||
                !parse_process_message(netlink.payload, message)) {
                continue;
            }
            if (message.kind != ProcessMessageKind::acknowledgement || message.value == 0) {
                return true;
            }
            absence = no_socket(static_cast<int>(message.value), "process connector", "");
            return false;
        }
    }
    absence = is_on_host()
                  ? Absence{"the process connector does not answer: this kernel has none",
                            "use a kernel with CONFIG_PROC_EVENTS"}
                  : Absence{"the process connector does not answer in a container", on_host};
    return false;
}

ProcessConnector::~ProcessConnector() {
    if (subscribed_ && socket_.descriptor() >= 0) {
        socket_.send(NLMSG_DONE, 0, connector_request(false, 2));
    }
}

Receipt ProcessConnector::receive(std::vector<ProcessMessage>& messages, uint64_t& lost) {
    for (std::size_t batch = 0; batch < limits::event_batches; ++batch) {
        const Receipt receipt = socket_.receive();
        if (receipt != Receipt::some) {
            return receipt;
        }
        for (Bytes bytes : socket_.datagrams()) {
            NetlinkMessage netlink;
            bool whole = true;
            while (take_message(bytes, netlink, whole)) {
                ProcessMessage message;
                if (!parse_process_message(netlink.payload, message)) {
                    ++malformed_;
                } else if (message.kind != ProcessMessageKind::acknowledgement) {
                    lost += gaps_.missing_before(message);
                    messages.push_back(message);
                }
            }
            malformed_ += whole ? 0 : 1;
        }
        if (socket_.drained()) {
            return Receipt::none;
        }
    }
    return Receipt::some;
}

std::unique_ptr<TaskStatistics> TaskStatistics::open(std::size_t buffer_bytes, Absence& absence) {
    int error = 0;
    auto socket = NetlinkSocket::open(NETLINK_GENERIC, 0, buffer_bytes,
                                      limits::taskstats_message_bytes, error);
    if (!socket) {
        absence = no_socket(error, "taskstats", "CONFIG_TASKSTATS");
        return nullptr;
    }
    std::unique_ptr<TaskStatistics> statistics(new TaskStatistics(std::move(socket).value()));
    error = statistics->find_family();
    if (error != 0) {
        absence = no_socket(error, "taskstats", "CONFIG_TASKSTATS");
        return nullptr;
    }
    return statistics->examine(absence) ? std::move(statistics) : nullptr;
}

TaskStatistics::~TaskStatistics() = default;

int TaskStatistics::find_family() {
    const int error = socket_.send(GENL_ID_CTRL, NLM_F_REQUEST, family_request());
    if (error != 0) {
        return error;
    }
    if (!socket_.wait(answer_ms) || socket_.receive() != Receipt::some) {
        return ENOENT;
    }
    for (Bytes bytes : socket_.datagrams()) {
        NetlinkMessage message;
        bool whole = false;
        if (take_message(bytes, message, whole) && message.type == GENL_ID_CTRL) {
            family_ = parse_family(message.payload);
        }
    }
    return family_ != 0 ? 0 : ENOENT;
}

// Sends a request and takes what comes until the kernel has acknowledged it. Returns its errno.
int TaskStatistics::ask(const std::vector<std::byte>& request, std::optional<ThreadUsage>& answer) {
    if (const int error = socket_.send(family_, NLM_F_REQUEST | NLM_F_ACK, request); error != 0) {
        return error;
    }
    while (socket_.wait(answer_ms) && socket_.receive() == Receipt::some) {
        for (Bytes bytes : socket_.datagrams()) {
            NetlinkMessage message;
            bool whole = false;
            if (!take_message(bytes, message, whole)) {
                continue;
            }
            int32_t code = 0;
            ThreadUsage usage;
            if (message.type == NLMSG_ERROR && read_at(message.payload, 0, code)) {
                return -code;
            }
            if (message.type == family_ && parse_thread_usage(message.payload, usage)) {
                answer = usage;
            }
        }
    }
    return ETIMEDOUT;
}

// What this kernel's records hold is seen on our own; then it is asked for those of all CPUs.
bool TaskStatistics::examine(Absence& absence) {
    std::optional<ThreadUsage> own;
    int error = ask(usage_request(static_cast<uint32_t>(::getpid())), own);
    if (error == 0 && !own) {
        absence = {"this kernel's taskstats are of a kind that this program does not know",
                   "use a newer Vigia"};
        return false;
    }
    if (own) {
        has_runtime_ = own->runtime_ns != 0;
        has_memory_ = own->rss_peak_bytes != 0;
        tells_end_ = own->tells_end;
        TextReader reader;
        const Text possible = reader.read_at(AT_FDCWD, "/sys/devices/system/cpu/possible");
        const std::string_view cpus = possible.text.substr(0, possible.text.find('\n'));
        error = ask(register_request(possible ? cpus : std::string_view("0"), true), own);
    }
    if (error == 0) {
        return true;
    }
    absence = error == EINVAL ? Absence{"taskstats answer only on the host", on_host}
                              : no_socket(error, "taskstats", "CONFIG_TASKSTATS");
    if (error == ENOENT || error == ESRCH) {
        absence = {"taskstats do not know this process: it is in a container", on_host};
    }
    return false;
}

Receipt TaskStatistics::receive(std::vector<ThreadUsage>& usages) {
    for (std::size_t batch = 0; batch < limits::event_batches; ++batch) {
        const Receipt receipt = socket_.receive();
        if (receipt != Receipt::some) {
            return receipt;
        }
        for (Bytes bytes : socket_.datagrams()) {
            NetlinkMessage message;
            bool whole = true;
            while (take_message(bytes, message, whole)) {
                ThreadUsage usage;
                if (message.type != family_ || !parse_thread_usage(message.payload, usage)) {
                    ++malformed_;
                } else {
                    usages.push_back(usage);
                }
            }
            malformed_ += whole ? 0 : 1;
        }
        if (socket_.drained()) {
            return Receipt::none;
        }
    }
    return Receipt::some;
}

} // namespace vigia::publish
