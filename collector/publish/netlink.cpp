// SPDX-License-Identifier: MIT
#include "collector/publish/netlink.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "collector/base/limits.h"

namespace vigia::publish {
namespace {

constexpr std::size_t alignment_bytes = 4;
constexpr std::size_t header_bytes = sizeof(nlmsghdr);
constexpr std::size_t attribute_header_bytes = sizeof(nlattr);

std::size_t aligned(std::size_t size) {
    return (size + alignment_bytes - 1) / alignment_bytes * alignment_bytes;
}

// Whoever lacks the right to force it gets what net.core.rmem_max allows.
std::size_t size_buffer(int socket, std::size_t wanted_bytes) {
    const int wanted = static_cast<int>(wanted_bytes / 2); // the kernel doubles it
    if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
    }
    int granted = 0;
    socklen_t size = sizeof(granted);
    ::getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &granted, &size);
    return static_cast<std::size_t>(std::max(granted, 0));
}

} // namespace

bool take_message(Bytes& bytes, NetlinkMessage& message, bool& whole) {
    nlmsghdr header{};
    whole = bytes.empty();
    if (!read_at(bytes, 0, header) || header.nlmsg_len < header_bytes ||
        header.nlmsg_len > bytes.size()) {
        return false;
    }
    message = {header.nlmsg_type, bytes.subspan(header_bytes, header.nlmsg_len - header_bytes)};
    bytes = bytes.subspan(std::min(aligned(header.nlmsg_len), bytes.size()));
    whole = true;
    return true;
}

bool take_attribute(Bytes& bytes, NetlinkAttribute& attribute, bool& whole) {
    nlattr header{};
    whole = bytes.empty();
    if (!read_at(bytes, 0, header) || header.nla_len < attribute_header_bytes ||
        header.nla_len > bytes.size()) {
        return false;
    }
    attribute = {static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK),
                 bytes.subspan(attribute_header_bytes, header.nla_len - attribute_header_bytes)};
    bytes = bytes.subspan(std::min(aligned(header.nla_len), bytes.size()));
    whole = true;
    return true;
}

void put_attribute(std::vector<std::byte>& bytes, uint16_t type, Bytes payload) {
    const nlattr header{static_cast<uint16_t>(attribute_header_bytes + payload.size()), type};
    const auto* begin = reinterpret_cast<const std::byte*>(&header);
    bytes.insert(bytes.end(), begin, begin + sizeof(header));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.resize(aligned(bytes.size()));
}

NetlinkSocket::NetlinkSocket(UniqueFd socket, std::size_t datagram_bytes)
    : socket_(std::move(socket)), datagram_bytes_(datagram_bytes),
      storage_(limits::netlink_batch * datagram_bytes) {
    datagrams_.reserve(limits::netlink_batch);
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol, uint32_t groups, std::size_t buffer_bytes,
                                          std::size_t datagram_bytes, int& error_number) {
    UniqueFd descriptor(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!descriptor) {
        error_number = errno;
        return system_error("open a netlink socket", error_number);
    }
    const std::size_t granted = size_buffer(descriptor.get(), buffer_bytes);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
        0) {
        error_number = errno;
        return system_error("bind a netlink socket", error_number);
    }
    error_number = 0;
    NetlinkSocket socket(std::move(descriptor), datagram_bytes);
    socket.buffer_bytes_ = granted;
    return socket;
}

int NetlinkSocket::send(uint16_t type, uint16_t flags, Bytes payload) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<uint32_t>(header_bytes + payload.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    std::vector<std::byte> bytes(header_bytes + payload.size());
    std::memcpy(bytes.data(), &header, header_bytes);
    std::copy(payload.begin(), payload.end(), bytes.begin() + header_bytes);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const ssize_t sent = ::sendto(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
    return sent < 0 ? errno : 0;
}

bool NetlinkSocket::wait(int timeout_ms) const {
    pollfd polled{socket_.get(), POLLIN, 0};
    return ::poll(&polled, 1, timeout_ms) > 0;
}

Receipt NetlinkSocket::receive() {
    std::array<mmsghdr, limits::netlink_batch> headers{};
    std::array<iovec, limits::netlink_batch> places{};
    std::array<sockaddr_nl, limits::netlink_batch> senders{};
    for (std::size_t i = 0; i < limits::netlink_batch; ++i) {
        places[i] = {storage_.data() + i * datagram_bytes_, datagram_bytes_};
        headers[i].msg_hdr.msg_iov = &places[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        headers[i].msg_hdr.msg_name = &senders[i];
        headers[i].msg_hdr.msg_namelen = sizeof(senders[i]);
    }
    datagrams_.clear();
    const int count =
        ::recvmmsg(socket_.get(), headers.data(), limits::netlink_batch, MSG_DONTWAIT, nullptr);
    if (count < 0) {
        return errno == ENOBUFS                                            ? Receipt::overrun
               : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Receipt::none
                                                                           : Receipt::failed;
    }
    drained_ = static_cast<std::size_t>(count) < limits::netlink_batch;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        // Anybody may send to a netlink socket; only the kernel has number 0.
        const bool from_kernel =
            headers[i].msg_hdr.msg_namelen >= sizeof(sockaddr_nl) && senders[i].nl_pid == 0;
        if (!from_kernel || (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            ++refused_;
        } else {
            datagrams_.emplace_back(storage_.data() + i * datagram_bytes_, headers[i].msg_len);
        }
    }
    return Receipt::some;
}

} // namespace vigia::publish
