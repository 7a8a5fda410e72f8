// SPDX-License-Identifier: MIT
// A netlink socket to the kernel, and the walk over what it sends: messages, then attributes. The
// parsers are pure functions over bytes and trust no length in them.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <linux/netlink.h>

#include "collector/base/result.h"
#include "collector/publish/unique_fd.h"

namespace vigia::publish {

using Bytes = std::span<const std::byte>;

// The T at `offset`; false if the bytes end before.
template <typename T>
bool read_at(Bytes bytes, std::size_t offset, T& value) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
        return false;
    }
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return true;
}

// Cuts the next message off `bytes`. False at the end, or where a length lies; `whole` tells which.
struct NetlinkMessage {
    uint16_t type = 0;
    Bytes payload;
};
bool take_message(Bytes& bytes, NetlinkMessage& message, bool& whole);

// The same for the attributes of a message. Its type without the kernel's flags.
struct NetlinkAttribute {
    uint16_t type = 0;
    Bytes payload;
};
bool take_attribute(Bytes& bytes, NetlinkAttribute& attribute, bool& whole);

// Appends an attribute, padded.
void put_attribute(std::vector<std::byte>& bytes, uint16_t type, Bytes payload);

enum class Receipt : uint8_t {
    some,    // datagrams() has them
    none,    // nothing there now
    overrun, // the kernel had no room for some: they are lost
    failed,
};

// One thread. Never blocks but in wait().
class NetlinkSocket {
public:
    // Bound, member of the groups of the mask, not blocking. Its buffer has `buffer_bytes` if we
    // are allowed to, else what everybody may have. Errors carry errno in `error_number`.
    static Result<NetlinkSocket> open(int protocol, uint32_t groups, std::size_t buffer_bytes,
                                      std::size_t datagram_bytes, int& error_number);

    int descriptor() const { return socket_.get(); }
    std::size_t buffer_bytes() const { return buffer_bytes_; } // as granted
    // A message of this type to the kernel. Returns errno, 0 if it was taken.
    int send(uint16_t type, uint16_t flags, Bytes payload);
    // Waits until something has come; false after `timeout_ms`.
    bool wait(int timeout_ms) const;
    // The next datagrams, up to limits::netlink_batch. What others than the kernel sent, and what
    // was cut, is not among them but counted in refused().
    Receipt receive();
    const std::vector<Bytes>& datagrams() const { return datagrams_; }
    bool drained() const { return drained_; } // the last receive() took all there was
    uint64_t refused() const { return refused_; }

private:
    NetlinkSocket(UniqueFd socket, std::size_t datagram_bytes);

    UniqueFd socket_;
    std::size_t buffer_bytes_ = 0;
    std::size_t datagram_bytes_;
    std::vector<std::byte> storage_;
    std::vector<Bytes> datagrams_;
    uint64_t refused_ = 0;
    bool drained_ = true;
};

} // namespace vigia::publish
