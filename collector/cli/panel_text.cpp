// SPDX-License-Identifier: MIT
#include "collector/cli/panel_text.h"

#include <algorithm>
#include <cmath>

#include "collector/cli/width.h"

namespace vigia::cli {
namespace {

constexpr std::size_t label_width = 10;
constexpr std::size_t unbounded = 1'000'000; // columns of a file or pipe: nothing is cut
constexpr std::size_t usual_bar_width = 13;  // of a terminal of 80 columns

} // namespace

PanelText::PanelText(const TableStyle& style)
    : width_(style.width == 0 ? unbounded : style.width), color_(style.color) {}

std::string PanelText::label_of(std::string_view label) const {
    const std::string name = pad_right(label, label_width);
    return color_ ? "\x1b[1m" + name + "\x1b[0m" : name;
}

void PanelText::line(std::string_view label, const std::string& content) {
    const std::string rest = cut_to_width(content, width_ - std::min(width_, label_width));
    text_ += label_of(label) + rest + "\n";
}

void PanelText::bar_line(std::string_view label, double ratio, Tone tone,
                         const std::string& content) {
    const std::size_t bar_width =
        width_ == unbounded ? usual_bar_width : std::clamp<std::size_t>(width_ / 6, 4, 30);
    const std::size_t used = label_width + bar_width + 2;
    text_ += label_of(label) + with_tone(bar(ratio, bar_width), tone, color_) + "  " +
             cut_to_width(content, width_ - std::min(width_, used)) + "\n";
}

std::string bar(double ratio, std::size_t width) {
    const double share = std::isfinite(ratio) ? std::clamp(ratio, 0.0, 1.0) : 0;
    const auto full = static_cast<std::size_t>(std::lround(share * static_cast<double>(width)));
    std::string text;
    for (std::size_t i = 0; i < width; ++i) {
        text += i < full ? "█" : "░";
    }
    return text;
}

} // namespace vigia::cli
