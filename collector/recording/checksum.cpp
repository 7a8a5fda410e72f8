// SPDX-License-Identifier: MIT
#include <boost/crc.hpp>

#include "collector/recording/format.h"

namespace vigia::recording {

uint32_t checksum(const void* data, std::size_t size_bytes) {
    boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc32c;
    crc32c.process_bytes(data, size_bytes);
    return crc32c.checksum();
}

} // namespace vigia::recording
