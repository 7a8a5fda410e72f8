// SPDX-License-Identifier: MIT
// The lines of a panel: a label, perhaps a bar, and words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "collector/cli/table.h"

namespace vigia::cli {

class PanelText {
public:
    // At most style.width columns wide; 0: as wide as it has to be.
    explicit PanelText(const TableStyle& style);

    void line(std::string_view label, const std::string& content);
    // A bar of `ratio`, which is 1 when full, in the tone `tone`.
    void bar_line(std::string_view label, double ratio, Tone tone, const std::string& content);

    std::string take() { return std::move(text_); }

private:
    std::string label_of(std::string_view label) const;

    std::size_t width_;
    bool color_;
    std::string text_;
};

// "████░░░░": `width` columns, `ratio` of them full.
std::string bar(double ratio, std::size_t width);

} // namespace vigia::cli
