// SPDX-License-Identifier: MIT
#include "collector/publish/memory_fields.h"

#include <cstring>

namespace vigia::publish {

MemoryFields::MemoryFields(std::span<const MemoryField> fields, PageSizes sizes)
    : fields_(fields), sizes_(sizes), found_(fields.size()) {
    place_.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        place_.emplace(fields[i].name, i);
    }
}

uint64_t MemoryFields::bytes_in(TextUnit unit) const {
    switch (unit) {
    case TextUnit::kib:
        return 1024;
    case TextUnit::page:
        return sizes_.page_bytes;
    case TextUnit::huge_page:
        return sizes_.huge_page_bytes;
    case TextUnit::one:
        break;
    }
    return 1;
}

void MemoryFields::take(std::string_view name, uint64_t value, void* record) {
    const auto place = place_.find(name);
    if (place == place_.end()) {
        return;
    }
    const MemoryField& field = fields_[place->second];
    const uint64_t unit = bytes_in(field.unit);
    if (unit == 0) {
        return; // of unknown size: as if it were not there
    }
    auto* at = static_cast<unsigned char*>(record) + field.offset;
    uint64_t sum = 0;
    std::memcpy(&sum, at, sizeof(sum));
    sum += value * unit;
    std::memcpy(at, &sum, sizeof(sum));
    found_[place->second] = true;
}

uint64_t MemoryFields::complete_groups() const {
    uint64_t all = 0;
    uint64_t broken = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        all |= fields_[i].group;
        broken |= found_[i] ? 0 : fields_[i].group;
    }
    return all & ~broken;
}

} // namespace vigia::publish
