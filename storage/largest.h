// SPDX-License-Identifier: MIT
// The `capacity` items with the largest keys of any number offered, without allocating.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace vigia::storage {

template <std::size_t maximum>
class Largest {
public:
    // (key, index): the larger index goes first among equals, so that the choice is one.
    using Item = std::pair<uint64_t, uint32_t>;

    explicit Largest(std::size_t capacity) : capacity_(std::min(capacity, maximum)) {}

    void offer(uint64_t key, uint32_t index) {
        Item item{key, index};
        if (size_ < capacity_) {
            items_[size_++] = item;
            std::push_heap(begin(), end(), std::greater<>());
        } else if (capacity_ > 0 && item > items_[0]) {
            std::pop_heap(begin(), end(), std::greater<>());
            items_[size_ - 1] = item;
            std::push_heap(begin(), end(), std::greater<>());
        }
    }

    // In no useful order.
    const Item* begin() const { return items_.data(); }
    const Item* end() const { return items_.data() + size_; }
    std::size_t size() const { return size_; }

private:
    Item* begin() { return items_.data(); }
    Item* end() { return items_.data() + size_; }

    std::array<Item, maximum> items_;
    std::size_t capacity_;
    std::size_t size_ = 0; // a heap whose first is the smallest
};

} // namespace vigia::storage
