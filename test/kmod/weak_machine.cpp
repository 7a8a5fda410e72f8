// SPDX-License-Identifier: MIT
#include "test/kmod/weak_machine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vigia::test {

unsigned Explorer::choose(unsigned count) {
    if (at_ == path_.size()) {
        path_.push_back({0, count});
    }
    if (path_[at_].count != count) {
        throw std::logic_error("the same choices led to another place");
    }
    return path_[at_++].taken;
}

bool Explorer::next() {
    path_.resize(at_); // a run that was cut short has chosen no more than this
    while (!path_.empty() && path_.back().taken + 1 == path_.back().count) {
        path_.pop_back();
    }
    at_ = 0;
    if (path_.empty()) {
        return false;
    }
    path_.back().taken++;
    return true;
}

WeakMachine::Place& WeakMachine::place_of(const void* place) {
    const auto [found, is_new] = places_.try_emplace(place);
    if (is_new) {
        if (places_.size() > max_places) {
            throw std::length_error("the machine has no more places");
        }
        found->second.index = places_.size() - 1;
    }
    return found->second;
}

void WeakMachine::name(const void* place, Barrier release, Barrier acquire) {
    Place& named = place_of(place);
    named.release = release;
    named.acquire = acquire;
}

void WeakMachine::raise(View& view, const View& other) {
    for (std::size_t i = 0; i < view.size(); i++) {
        view[i] = std::max(view[i], other[i]);
    }
}

void WeakMachine::store(void* place, std::size_t size, uint64_t value, int order) {
    Place& stored = place_of(place);
    if (stored.history.empty()) {
        uint64_t before = 0;
        std::memcpy(&before, place, size);
        stored.history.push_back({before, View{}});
    }
    writer_[stored.index] = static_cast<uint8_t>(stored.history.size());
    const bool releases =
        order == __ATOMIC_RELEASE && (missing_ == Barrier::none || missing_ != stored.release);
    Message message{value, releases ? writer_ : writer_fence_};
    message.view[stored.index] = writer_[stored.index];
    stored.history.push_back(message);
    std::memcpy(place, &value, size);
}

void WeakMachine::start_reader(Explorer& explorer) {
    explorer_ = &explorer;
    reader_ = reader_pending_ = View{};
}

uint64_t WeakMachine::load(const void* place, std::size_t size, int order) {
    const auto found = places_.find(place);
    if (explorer_ == nullptr || found == places_.end() || found->second.history.empty()) {
        uint64_t value = 0; // the writer's own, or nobody ever stores here
        std::memcpy(&value, place, size);
        return value;
    }
    const Place& loaded = found->second;
    const unsigned oldest = reader_[loaded.index];
    const auto newest = static_cast<unsigned>(loaded.history.size() - 1);
    const unsigned taken = newest - explorer_->choose(newest - oldest + 1);
    const Message& message = loaded.history[taken];
    reader_[loaded.index] = static_cast<uint8_t>(taken);
    if (order == __ATOMIC_ACQUIRE && (missing_ == Barrier::none || missing_ != loaded.acquire)) {
        raise(reader_, message.view);
    } else {
        raise(reader_pending_, message.view);
    }
    return message.value;
}

void WeakMachine::join(const View& view) {
    raise(reader_, view);
}

void WeakMachine::fence(int order) {
    if (order == __ATOMIC_RELEASE && missing_ != Barrier::release_fence) {
        writer_fence_ = writer_;
    }
    if (order == __ATOMIC_ACQUIRE && missing_ != Barrier::acquire_fence) {
        raise(reader_, reader_pending_);
    }
}

std::string WeakMachine::reader_state() const {
    std::string state(reader_.begin(), reader_.end());
    // what is pending matters only where it is ahead
    for (std::size_t i = 0; i < reader_.size(); i++) {
        state.push_back(static_cast<char>(std::max(reader_[i], reader_pending_[i])));
    }
    return state;
}

} // namespace vigia::test
