// SPDX-License-Identifier: MIT
// Whatever happens to the bytes: what is shown was recorded, and what is missing is counted.
#include <algorithm>
#include <cstring>
#include <random>

#include "collector/recording/reader.h"
#include "collector/recording/replay.h"
#include "collector/sampler/sampler.h"
#include "test/recording/history.h"
#include "test/support/catch.h"
#include "test/support/temporary_directory.h"

using namespace vigia;
using namespace vigia::test;
using namespace vigia::recording;

namespace {

constexpr unsigned ticks = 8;
constexpr unsigned processes = 4;

struct Contents {
    std::vector<std::string> samples;
    Losses losses;
};

// The contents of all samples that can be read, or nothing if the file cannot be opened.
Contents read_all(const std::string& path) {
    Contents contents;
    auto reader = Reader::open(path);
    if (!reader) {
        return contents;
    }
    for (const IndexEntry& entry : (**reader).chunks()) {
        const auto content = (**reader).read(entry);
        if (content && entry.kind == static_cast<uint32_t>(ChunkKind::sample)) {
            contents.samples.emplace_back(reinterpret_cast<const char*>((**content).data()),
                                          (**content).size());
        }
    }
    contents.losses = (**reader).losses();
    return contents;
}

// True if `part` is `whole` with some left out.
bool is_part_of(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
    auto at = whole.begin();
    return std::all_of(part.begin(), part.end(), [&](const std::string& sample) {
        at = std::find(at, whole.end(), sample);
        return at != whole.end() && at++ != whole.end();
    });
}

} // namespace

TEST_CASE("a recording that is cut anywhere shows all whole samples before the cut") {
    const TemporaryDirectory folder;
    record_history(folder.file("whole"), ticks, processes);
    const std::string bytes = read_file(folder.file("whole"));
    const Contents whole = read_all(folder.file("whole"));
    REQUIRE(whole.samples.size() == ticks);
    REQUIRE_FALSE(whole.losses.index_rebuilt);
    std::size_t last = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        INFO("cut at " << size);
        write_file(folder.file("cut"), bytes.substr(0, size));
        const Contents cut = read_all(folder.file("cut"));
        REQUIRE(cut.samples.size() >= last); // every byte more shows no less
        REQUIRE(cut.samples.size() <= last + 1);
        last = cut.samples.size();
        REQUIRE(std::equal(cut.samples.begin(), cut.samples.end(), whole.samples.begin()));
        REQUIRE(cut.losses.damaged_chunks == 0);
        REQUIRE(cut.losses.torn_bytes < size + 1);
    }
    CHECK(last == ticks);
}

TEST_CASE("a flipped bit is found, and costs no more than the samples up to the next key") {
    const TemporaryDirectory folder;
    constexpr unsigned many = 35; // a key in the middle
    record_history(folder.file("whole"), many, processes);
    const std::string bytes = read_file(folder.file("whole"));
    const Contents whole = read_all(folder.file("whole"));
    const auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::size_t refused = 0;
    for (std::size_t byte = random() % 3; byte < bytes.size(); byte += 1 + random() % 5) {
        const unsigned bit = random() % 8;
        INFO("bit " << bit << " of byte " << byte);
        std::string flipped = bytes;
        flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
        write_file(folder.file("flipped"), flipped);
        const Contents contents = read_all(folder.file("flipped"));
        if (byte < sizeof(FileHeader)) {
            REQUIRE(contents.samples.empty());
            ++refused;
            continue;
        }
        REQUIRE(is_part_of(contents.samples, whole.samples));
        // Five samples stand behind the second key, thirty behind the first.
        REQUIRE(contents.samples.size() >= 5);
        if (contents.samples.size() < many) {
            REQUIRE(contents.losses.damaged_chunks + contents.losses.torn_bytes > 0);
        } else { // only what the engines told, or the index
            REQUIRE((contents.losses.damaged_chunks > 0 || contents.losses.index_rebuilt));
        }
    }
    CHECK(refused > 0);
}

TEST_CASE("a chunk of a kind that is not known is passed over") {
    const TemporaryDirectory folder;
    record_history(folder.file("a"), ticks, processes);
    std::string bytes = read_file(folder.file("a"));
    const auto reader = Reader::open(folder.file("a"));
    REQUIRE(reader);
    const IndexEntry catalog = (**reader).chunks().front();
    REQUIRE(catalog.kind == static_cast<uint32_t>(ChunkKind::catalog));
    ChunkHeader header{};
    std::memcpy(&header, bytes.data() + catalog.offset, sizeof(header));
    header.kind = 99;
    header.header_checksum = own_checksum(header);
    std::memcpy(bytes.data() + catalog.offset, &header, sizeof(header));
    bytes.resize(bytes.size() - sizeof(Trailer)); // the index says something else
    write_file(folder.file("b"), bytes);
    CHECK(replayed(folder.file("b")).size() == ticks);
}

TEST_CASE("a newer recording is refused in clear words, a damaged header too") {
    const TemporaryDirectory folder;
    record_history(folder.file("a"), 2, processes);
    std::string bytes = read_file(folder.file("a"));
    FileHeader header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    const auto with_header = [&](const FileHeader& changed, bool good_checksum) {
        FileHeader put = changed;
        if (good_checksum) {
            put.checksum = own_checksum(put);
        }
        std::memcpy(bytes.data(), &put, sizeof(put));
        write_file(folder.file("b"), bytes);
        return Reader::open(folder.file("b"));
    };
    FileHeader newer = header;
    newer.version = 9;
    CHECK(with_header(newer, true)); // but we can read it
    newer.compatible = 9;
    const auto refused = with_header(newer, true);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::newer);
    CHECK(refused.error().message().find("newer Vigia (format 9") != std::string::npos);
    CHECK(with_header(newer, false).error().kind() == ErrorKind::damaged);
    FileHeader other = header;
    other.endian = 0x04030201;
    CHECK(with_header(other, true).error().message().find("byte order") != std::string::npos);
}

TEST_CASE("a damaged sample takes its events with it, and the next one tells that as a loss") {
    const TemporaryDirectory folder;
    constexpr unsigned many = 35;
    constexpr unsigned victim = 29; // a key stands behind it: no other leans on it
    record_history(folder.file("whole"), many, processes);
    std::string bytes = read_file(folder.file("whole"));
    const auto opened = Reader::open(folder.file("whole"));
    REQUIRE(opened);
    std::vector<uint64_t> offsets;
    for (const IndexEntry& entry : (**opened).chunks()) {
        if (entry.kind == static_cast<uint32_t>(ChunkKind::sample)) {
            offsets.push_back(entry.offset);
        }
    }
    REQUIRE(offsets.size() == many);
    char& byte = bytes[offsets[victim] + sizeof(ChunkHeader) + 1];
    byte = static_cast<char>(byte ^ 0x10);
    write_file(folder.file("damaged"), bytes);
    std::vector<uint64_t> lost[2]; // by each sample that is shown: of the whole, of the damaged
    for (const bool damaged : {false, true}) {
        auto replay = Replay::open(folder.file(damaged ? "damaged" : "whole"));
        REQUIRE(replay);
        sampler::Sampler sampler({ns_per_second, false, "/proc"});
        sampler.follow(&(**replay).events());
        while ((**replay).has_next()) {
            const auto sample = sampler.take(**replay, nullptr, 0);
            REQUIRE(sample);
            lost[damaged ? 1 : 0].push_back((**sample).lost_events);
        }
        CHECK((**replay).losses().damaged_chunks == (damaged ? 1 : 0));
    }
    REQUIRE(lost[0].size() == many);
    lost[0].erase(lost[0].begin() + victim);
    lost[0][victim] += 1; // of the sample behind it
    CHECK(lost[1] == lost[0]);
}
