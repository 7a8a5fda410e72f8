// SPDX-License-Identifier: MIT
#include "collector/recording/catalog.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

// Numbers are little-endian and 64 bits wide, texts follow their length.
class Encoder {
public:
    explicit Encoder(Bytes& to) : to_(to) {}

    void number(uint64_t value) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(&value);
        to_.insert(to_.end(), bytes, bytes + sizeof(value));
    }
    void text(std::string_view text) {
        number(text.size());
        to_.insert(to_.end(), text.begin(), text.end());
    }
    std::size_t position() const { return to_.size(); }
    void set_number(std::size_t position, uint64_t value) {
        std::memcpy(to_.data() + position, &value, sizeof(value));
    }

private:
    Bytes& to_;
};

// Once something did not fit, everything is empty and ok() is false.
class Decoder {
public:
    explicit Decoder(std::string_view from) : rest_(from) {}

    bool ok() const { return ok_; }
    uint64_t number() {
        uint64_t value = 0;
        const std::string_view bytes = take(sizeof(value));
        if (!bytes.empty()) { // else its data may be null
            std::memcpy(&value, bytes.data(), bytes.size());
        }
        return value;
    }
    std::string_view text() { return take(number()); }

private:
    std::string_view take(uint64_t size_bytes) {
        if (size_bytes > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, size_bytes);
        rest_.remove_prefix(size_bytes);
        return taken;
    }

    std::string_view rest_;
    bool ok_ = true;
};

void encode(const ContainerInfo& info, Encoder& to) {
    to.text(info.id);
    to.text(info.name);
    to.text(info.image);
    to.number(info.labels.size());
    for (const auto& [key, value] : info.labels) {
        to.text(key);
        to.text(value);
    }
    to.number(static_cast<uint64_t>(info.runtime));
    to.number(static_cast<uint64_t>(info.state));
    to.number(info.restart_count);
    to.number(info.created_realtime_ns);
    to.number(info.started_realtime_ns);
    to.number(info.finished_realtime_ns);
    to.number(static_cast<uint64_t>(int64_t{info.exit_code}));
    to.number((info.oom_killed ? 1U : 0U) | (info.stopped_by_person ? 2U : 0U));
}

// A value that came later is one that this program does not know.
template <typename Word>
Word known(uint64_t value, Word last) {
    return value <= static_cast<uint64_t>(last) ? static_cast<Word>(value) : Word{};
}

// Fields that a later version appends are passed over.
bool decode(Decoder from, ContainerInfo& info) {
    info.id = from.text();
    info.name = from.text();
    info.image = from.text();
    const uint64_t labels = from.number();
    for (uint64_t i = 0; i < labels && from.ok(); ++i) {
        std::string key(from.text());
        info.labels.emplace_back(std::move(key), from.text());
    }
    info.runtime = known(from.number(), Runtime::nspawn);
    info.state = known(from.number(), ContainerState::dead);
    info.restart_count = from.number();
    info.created_realtime_ns = from.number();
    info.started_realtime_ns = from.number();
    info.finished_realtime_ns = from.number();
    info.exit_code = static_cast<int>(static_cast<int64_t>(from.number()));
    const uint64_t flags = from.number();
    info.oom_killed = (flags & 1U) != 0;
    info.stopped_by_person = (flags & 2U) != 0;
    return from.ok();
}

} // namespace

void encode_catalog(const ContainerCatalog* catalog, Bytes& content) {
    content.clear();
    Encoder to(content);
    const bool complete = catalog != nullptr && catalog->complete();
    const std::size_t size = catalog != nullptr ? catalog->size() : 0;
    to.number(complete ? 1 : 0);
    to.number(size);
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t begin = to.position();
        to.number(0);
        encode(catalog->at(i), to);
        if (to.position() > limits::recording_catalog_bytes) {
            content.resize(begin);
            to.set_number(0, 0);
            to.set_number(sizeof(uint64_t), i);
            return;
        }
        to.set_number(begin, to.position() - begin - sizeof(uint64_t));
    }
}

void RecordedCatalog::clear() {
    containers_.clear();
    by_id_.clear();
    complete_ = false;
}

Status RecordedCatalog::decode(const Bytes& content) {
    clear();
    Decoder from({reinterpret_cast<const char*>(content.data()), content.size()});
    const bool complete = from.number() != 0;
    const uint64_t count = from.number();
    for (uint64_t i = 0; i < count && from.ok(); ++i) {
        const Decoder container(from.text());
        if (!recording::decode(container, containers_.emplace_back())) {
            clear();
            return Error(ErrorKind::damaged, "a list of containers in the recording is damaged");
        }
    }
    if (!from.ok()) {
        clear();
        return Error(ErrorKind::damaged, "a list of containers in the recording is cut");
    }
    complete_ = complete;
    by_id_.resize(containers_.size());
    for (std::size_t i = 0; i < by_id_.size(); ++i) {
        by_id_[i] = i;
    }
    std::stable_sort(by_id_.begin(), by_id_.end(), [this](std::size_t left, std::size_t right) {
        return containers_[left].id < containers_[right].id;
    });
    return {};
}

const ContainerInfo* RecordedCatalog::find(std::string_view id) const {
    const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                        [this](std::size_t index, std::string_view wanted) {
                                            return containers_[index].id < wanted;
                                        });
    return found != by_id_.end() && containers_[*found].id == id ? &containers_[*found] : nullptr;
}

} // namespace vigia::recording
