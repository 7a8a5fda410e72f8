// SPDX-License-Identifier: MIT
// What vigia_validate and vigia_open say to files that they must refuse.
#include <sys/stat.h>

#include <functional>
#include <random>
#include <vector>

#include "test/support/abi_writer.h"
#include "test/support/catch.h"
#include "test/support/read_everything.h"
#include "test/support/temporary_directory.h"

namespace vigia {
namespace {

using test::AbiWriter;
using test::make_header;
using test::regions_of;
using test::TemporaryDirectory;

constexpr uint32_t capacity = 4;
constexpr uint32_t kinds[] = {VIGIA_FILE_INFO, VIGIA_FILE_SYSTEM, VIGIA_FILE_PROCESSES,
                              VIGIA_FILE_CGROUPS};

vigia_file_header header_of(uint32_t kind) {
    return make_header(kind, regions_of(kind, capacity));
}

// What the reader says to a file of `kind` of its whole size, with this header.
std::string verdict(const vigia_file_header& header, uint32_t kind, std::size_t size_bytes) {
    std::vector<uint64_t> bytes(size_bytes / 8 + 1);
    std::memcpy(bytes.data(), &header, std::min(size_bytes, sizeof(header)));
    vigia_file file{};
    const char* error = vigia_validate(bytes.data(), size_bytes, kind, &file);
    return error == nullptr ? "good" : error;
}

// The same for a file of processes whose good header was changed.
std::string verdict(const std::function<void(vigia_file_header&)>& change) {
    vigia_file_header header = header_of(VIGIA_FILE_PROCESSES);
    const uint64_t size_bytes = header.total_size_bytes;
    change(header);
    return verdict(header, VIGIA_FILE_PROCESSES, size_bytes);
}

TEST_CASE("a whole file of each kind is accepted, and refused as every other kind") {
    for (const uint32_t kind : kinds) {
        const vigia_file_header header = header_of(kind);
        for (const uint32_t wanted : kinds) {
            CHECK(verdict(header, wanted, header.total_size_bytes) ==
                  (kind == wanted ? "good" : VIGIA_ERROR_KIND));
        }
        CHECK(verdict(header, kind, header.total_size_bytes + 4096) == "good");
    }
}

TEST_CASE("a file that is shorter than its header says is refused at every length") {
    for (const uint32_t kind : kinds) {
        const vigia_file_header header = header_of(kind);
        for (std::size_t size = 0; size < header.total_size_bytes; size += size < 512 ? 1 : 509) {
            REQUIRE(verdict(header, kind, size) == VIGIA_ERROR_SHORT);
        }
        CHECK(verdict(header, kind, header.total_size_bytes - 1) == VIGIA_ERROR_SHORT);
    }
}

TEST_CASE("a file that is not Vigia's is refused") {
    CHECK(verdict([](auto& h) { h.magic = 0; }) == VIGIA_ERROR_MAGIC);
    CHECK(verdict([](auto& h) { h.magic ^= 1ULL << 40; }) == VIGIA_ERROR_MAGIC);
    CHECK(verdict([](auto& h) { std::memcpy(&h, "\177ELF", 4); }) == VIGIA_ERROR_MAGIC);
    CHECK(verdict([](auto& h) { h.file_kind = 0; }) == VIGIA_ERROR_KIND);
    CHECK(verdict([](auto& h) { h.file_kind = ~0U; }) == VIGIA_ERROR_KIND);
}

TEST_CASE("a file of the other byte order is told from a foreign one") {
    CHECK(verdict([](auto& h) { h.magic = __builtin_bswap64(h.magic); }) == VIGIA_ERROR_ENDIAN);
    CHECK(verdict([](auto& h) { h.endian_tag = __builtin_bswap32(h.endian_tag); }) ==
          VIGIA_ERROR_ENDIAN);
    CHECK(verdict([](auto& h) { h.endian_tag = 0; }) == VIGIA_ERROR_ENDIAN);
}

TEST_CASE("a newer file is read if it says that this reader can, and refused if not") {
    CHECK(verdict([](auto& h) { h.abi_version = 99; }) == "good");
    CHECK(verdict([](auto& h) {
              h.abi_version = 99;
              h.abi_compatible = VIGIA_ABI_VERSION + 1;
              h.file_kind = 77; // the rest of a newer header may mean anything
          }) == VIGIA_ERROR_NEWER);
}

TEST_CASE("an older file is refused where this reader needs more") {
    CHECK(verdict([](auto& h) { h.abi_version = 0; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.header_size_bytes -= 8; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.header_size_bytes = 0; }) == VIGIA_ERROR_OLDER);
    CHECK(verdict([](auto& h) { h.slot_header_size_bytes -= 8; }) == VIGIA_ERROR_OLDER);
}

TEST_CASE("a header that uses reserved constants is refused") {
    for (std::size_t i = 0; i < 4; i++) {
        CHECK(verdict([i](auto& h) { h.reserved_constant[i] = 1ULL << 63; }) ==
              VIGIA_ERROR_RESERVED);
    }
}

TEST_CASE("fields that may come later are no reason to refuse") {
    CHECK(verdict([](auto& h) { h.features = ~0ULL; }) == "good");
    CHECK(verdict([](auto& h) { h.reserved[6] = 1; }) == "good");
    CHECK(verdict([](auto& h) { h.layout_generation = ~0ULL; }) == "good");
}

TEST_CASE("longer headers, longer records and more regions of a newer writer are read") {
    vigia_file_header header = header_of(VIGIA_FILE_PROCESSES);
    header.header_size_bytes += 64;
    header.slot_header_size_bytes += 64;
    header.slot_size_bytes += 4096;
    header.total_size_bytes += 3 * 4096;
    header.regions[0].offset_bytes += 64;
    header.regions[0].record_size_bytes += 64;
    const uint64_t end =
        header.regions[0].offset_bytes + uint64_t{header.regions[0].record_size_bytes} * capacity;
    header.regions[2] = {end, 1, 5};
    header.regions[3] = {end + 8, 16, 3};
    CHECK(verdict(header, VIGIA_FILE_PROCESSES, header.total_size_bytes) == "good");
}

TEST_CASE("sizes and offsets of slots that contradict each other are refused") {
    const std::function<void(vigia_file_header&)> changes[] = {
        [](auto& h) { h.slot_count = 0; },
        [](auto& h) { h.slot_count = 2; },
        [](auto& h) { h.slot_count = 4; },
        [](auto& h) { h.writer_instance = 0; },
        [](auto& h) { h.abi_compatible = 0; },
        [](auto& h) { h.abi_version = 2, h.abi_compatible = 0; },
        [](auto& h) { h.total_size_bytes = 0; },
        [](auto& h) { h.total_size_bytes -= 1; },
        [](auto& h) { h.slots_offset_bytes = 0; },
        [](auto& h) { h.slots_offset_bytes = h.header_size_bytes - 8; },
        [](auto& h) { h.slots_offset_bytes += 4; },
        [](auto& h) { h.slots_offset_bytes += 8; },
        [](auto& h) { h.slots_offset_bytes = h.total_size_bytes; },
        [](auto& h) { h.slots_offset_bytes = ~7ULL; },
        [](auto& h) { h.header_size_bytes = static_cast<uint32_t>(h.slots_offset_bytes) + 8; },
        [](auto& h) { h.header_size_bytes = ~0U; },
        [](auto& h) { h.slot_size_bytes = 0; },
        [](auto& h) { h.slot_size_bytes += 4; },
        [](auto& h) { h.slot_size_bytes += 8; },
        [](auto& h) { h.slot_size_bytes = ~7ULL; },
        // three times this is 8 beyond 2^64: it must not be multiplied
        [](auto& h) { h.slot_size_bytes = 0x5555555555555558ULL; },
        [](auto& h) { h.slot_header_size_bytes = static_cast<uint32_t>(h.slot_size_bytes) + 8; },
        [](auto& h) { h.slot_header_size_bytes = ~0U; },
    };
    for (std::size_t i = 0; i < std::size(changes); i++) {
        INFO("change " << i);
        CHECK(verdict(changes[i]) == VIGIA_ERROR_LAYOUT);
    }
}

TEST_CASE("regions that lie outside their slot, overlap or have a bad stride are refused") {
    using Region = vigia_region;
    const std::function<void(Region&, Region&)> changes[] = {
        [](Region& cgroups, Region&) { cgroups = {}; },
        [](Region& cgroups, Region&) { cgroups.record_size_bytes = 0; },
        [](Region& cgroups, Region&) { cgroups.record_size_bytes = 1; },
        [](Region& cgroups, Region&) { cgroups.record_size_bytes -= 8; },
        [](Region& cgroups, Region&) { cgroups.record_size_bytes += 4; },
        [](Region& cgroups, Region&) { cgroups.record_size_bytes = ~7U; },
        [](Region& cgroups, Region&) { cgroups.record_capacity = ~0U; },
        [](Region& cgroups, Region&) { cgroups.record_capacity *= 4; },
        [](Region& cgroups, Region&) { cgroups.offset_bytes = 0; },
        [](Region& cgroups, Region&) { cgroups.offset_bytes = sizeof(vigia_slot) - 8; },
        [](Region& cgroups, Region&) { cgroups.offset_bytes += 4; },
        [](Region& cgroups, Region&) { cgroups.offset_bytes = ~7ULL; },
        [](Region& cgroups, Region& text) { text.offset_bytes = cgroups.offset_bytes; },
        [](Region& cgroups, Region& text) { std::swap(cgroups.offset_bytes, text.offset_bytes); },
        [](Region& cgroups, Region& text) {
            text.offset_bytes = cgroups.offset_bytes + capacity * sizeof(vigia_cgroup) - 8;
        },
        [](Region&, Region& text) { text.offset_bytes += 1; },
        [](Region&, Region& text) { text.offset_bytes = ~7ULL; },
        [](Region&, Region& text) { text.record_size_bytes = 8; },
        [](Region&, Region& text) { text.record_size_bytes = 0; },
        [](Region&, Region& text) { text.record_capacity = ~0U; },
        [](Region&, Region& text) { text = {}; },
    };
    for (std::size_t i = 0; i < std::size(changes); i++) {
        INFO("change " << i);
        // the text fills its slot to the last byte
        vigia_file_header header =
            make_header(VIGIA_FILE_CGROUPS, regions_of(VIGIA_FILE_CGROUPS, capacity, 8));
        header.regions[1].record_capacity =
            static_cast<uint32_t>(header.slot_size_bytes - header.regions[1].offset_bytes);
        REQUIRE(verdict(header, VIGIA_FILE_CGROUPS, header.total_size_bytes) == "good");
        changes[i](header.regions[0], header.regions[1]);
        CHECK(verdict(header, VIGIA_FILE_CGROUPS, header.total_size_bytes) == VIGIA_ERROR_LAYOUT);
    }
}

TEST_CASE("an unused region must be all zero") {
    CHECK(verdict([](auto& h) { h.regions[3].record_capacity = 1; }) == VIGIA_ERROR_LAYOUT);
    CHECK(verdict([](auto& h) { h.regions[3].offset_bytes = 4096; }) == VIGIA_ERROR_LAYOUT);
    CHECK(verdict([](auto& h) { h.regions[1].record_size_bytes = 8; }) == VIGIA_ERROR_LAYOUT);
}

// Random bytes, of which the first so many are those of a good header: the further they are right,
// the further the reader gets. Whatever is accepted is read to the last byte.
TEST_CASE("random bytes are refused or read within their bounds") {
    const uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    uint64_t accepted = 0;
    for (int round = 0; round < 20'000; round++) {
        const uint32_t kind = kinds[random() % std::size(kinds)];
        vigia_file_header header = header_of(kind);
        std::vector<uint64_t> bytes(header.total_size_bytes / 8);
        for (uint64_t& word : bytes) {
            word = random() >> random() % 64; // of any magnitude
        }
        auto* words = reinterpret_cast<uint64_t*>(&header);
        for (uint64_t changes = random() % 3; changes > 0; changes--) {
            words[random() % (sizeof(header) / 8)] = random() >> random() % 64;
        }
        header.current_slot = static_cast<uint32_t>(random() % 4);
        std::memcpy(bytes.data(), &header, sizeof(header));
        const std::size_t size_bytes =
            random() % 8 == 0 ? random() % (bytes.size() * 8) : bytes.size() * 8;
        vigia_file file{};
        if (vigia_validate(bytes.data(), size_bytes, kind, &file) == nullptr) {
            accepted++;
            test::read_everything(file);
        }
    }
    CHECK(accepted > 1'000);
    CHECK(accepted < 19'000);
}

TEST_CASE("vigia_open names what is wrong with a path, and leaves no descriptor behind") {
    TemporaryDirectory directory;
    const auto said = [&](const std::string& path) {
        vigia_file file{};
        const char* error = vigia_open(path.c_str(), VIGIA_FILE_INFO, &file);
        vigia_close(&file);
        return std::string(error == nullptr ? "good" : error);
    };
    const int before = ::dup(0);
    ::close(before);
    CHECK(said(directory.file("missing")) == VIGIA_ERROR_OPEN);
    CHECK(errno == ENOENT);
    CHECK(said(directory.path()) == VIGIA_ERROR_MAGIC);
    REQUIRE(::mkfifo(directory.file("fifo").c_str(), 0600) == 0);
    CHECK(said(directory.file("fifo")) == VIGIA_ERROR_MAGIC);
    CHECK(said("/dev/zero") == VIGIA_ERROR_MAGIC);
    // no size in the inode: the header is asked for, and is not one
    CHECK(said("/proc/self/limits") == VIGIA_ERROR_MAGIC);
    CHECK(said("/proc/self/comm") == VIGIA_ERROR_SHORT);
    ::close(::creat(directory.file("empty").c_str(), 0600));
    CHECK(said(directory.file("empty")) == VIGIA_ERROR_SHORT);
    AbiWriter writer(directory.file("info"), VIGIA_FILE_INFO, 1);
    CHECK(said(directory.file("info")) == "good");
    REQUIRE(::truncate(directory.file("info").c_str(), 4096) == 0);
    CHECK(said(directory.file("info")) == VIGIA_ERROR_SHORT);
    const int after = ::dup(0);
    ::close(after);
    CHECK(after == before);
}

} // namespace
} // namespace vigia
