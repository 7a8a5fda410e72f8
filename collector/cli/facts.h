// SPDX-License-Identifier: MIT
// A view's facts by field name, as a person reads them: one definition of validity and units for
// tables and panels.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/units.h"
#include "collector/cli/columns.h"

namespace vigia::cli {

// A number as a double; NAN if the value is none.
inline double as_double(const Value& value) {
    const auto* ratio = std::get_if<double>(&value);
    const auto* count = std::get_if<uint64_t>(&value);
    return ratio != nullptr ? *ratio : count != nullptr ? static_cast<double>(*count) : NAN;
}

template <typename Row>
class Facts {
public:
    Facts(std::span<const Column<Row>> columns, const Row& row) : columns_(columns), row_(row) {}

    // Nothing if it is not known, or if there is no such column.
    Value value(std::string_view name) const {
        for (const auto& column : columns_) {
            if (column.info.name == name) {
                return column.get(row_);
            }
        }
        return {};
    }
    std::string text(std::string_view name) const { return to_human(value(name), unit_of(name)); }
    double number(std::string_view name) const { return as_double(value(name)); }
    std::string percent(std::string_view name) const {
        const double ratio = number(name);
        return std::isnan(ratio) ? "-" : format_ratio(ratio);
    }

private:
    std::span<const Column<Row>> columns_;
    Row row_;
};

} // namespace vigia::cli
