// SPDX-License-Identifier: MIT
// The fields of a record of `memory` by their names in the kernel's text. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vigia::publish {

enum class TextUnit { one, kib, page, huge_page };

struct MemoryField {
    std::string_view name;
    std::size_t offset; // into the record, of a uint64_t
    TextUnit unit;
    uint64_t group; // VIGIA_MEMORY_VALID_*
};

// What a page is in bytes. A huge page is one of the page tables' second level; 0: not known.
struct PageSizes {
    uint64_t page_bytes = 0;
    uint64_t huge_page_bytes = 0;
};

// One table, and which of its fields were found in this round. Allocates only when it is made.
class MemoryFields {
public:
    // `fields` is borrowed for good: a constant table.
    MemoryFields(std::span<const MemoryField> fields, PageSizes sizes);

    void begin() { found_.assign(found_.size(), false); }
    // Adds `value` to the field of this name in `record`, if there is one.
    void take(std::string_view name, uint64_t value, void* record);
    // The groups of which nothing is missing.
    uint64_t complete_groups() const;

private:
    uint64_t bytes_in(TextUnit unit) const;

    std::span<const MemoryField> fields_;
    PageSizes sizes_;
    std::unordered_map<std::string_view, std::size_t> place_;
    std::vector<bool> found_;
};

} // namespace vigia::publish
