// SPDX-License-Identifier: MIT
#include "collector/cli/columns.h"

#include <cctype>
#include <numeric>

#include <fmt/format.h>

#include "collector/base/text.h"
#include "collector/cli/width.h"

namespace vigia::cli {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& letter : result) {
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return result;
}

// Damerau's distance: letters that were added, left out, replaced, or swapped with their neighbour.
std::size_t edits_between(std::string_view left, std::string_view right) {
    std::vector<std::size_t> before;                  // the row of two letters ago
    std::vector<std::size_t> above(right.size() + 1); // of one letter ago
    std::vector<std::size_t> row(above.size());
    std::iota(above.begin(), above.end(), 0U);
    for (std::size_t i = 0; i < left.size(); ++i) {
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            row[j + 1] =
                std::min({above[j] + (left[i] == right[j] ? 0 : 1), row[j] + 1, above[j + 1] + 1});
            if (i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j]) {
                row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
            }
        }
        before = above;
        above.swap(row);
    }
    return above[right.size()];
}

// A title, or a title without its percent sign: "cpu" is CPU%.
bool means(const ColumnInfo& column, std::string_view wanted) {
    return lower(column.title) == wanted || lower(column.title) == std::string(wanted) + "%";
}

Tone tone_above(const Value& value, double warning, double bad) {
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr || *number < 0.0005) {
        return Tone::faint;
    }
    return *number >= bad ? Tone::bad : *number >= warning ? Tone::warning : Tone::plain;
}

} // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
    std::string_view nearest;
    std::size_t fewest = std::max<std::size_t>(word.size() / 2, 1) + 1;
    for (const std::string_view candidate : words) {
        std::size_t edits = edits_between(word, candidate);
        // The beginning or a part of a name is nearer than its edits say.
        if (word.size() >= 3 && candidate.find(word) != std::string_view::npos) {
            edits = 1;
        }
        if (edits < fewest) {
            fewest = edits;
            nearest = candidate;
        }
    }
    return nearest;
}

Result<std::size_t> find_column(std::span<const ColumnInfo> columns, std::string_view name) {
    const std::string wanted = lower(name);
    const auto exact =
        std::find_if(columns.begin(), columns.end(),
                     [&wanted](const ColumnInfo& column) { return column.name == wanted; });
    const auto found =
        exact != columns.end()
            ? exact
            : std::find_if(columns.begin(), columns.end(),
                           [&wanted](const ColumnInfo& column) { return means(column, wanted); });
    if (found != columns.end()) {
        return static_cast<std::size_t>(found - columns.begin());
    }
    std::vector<std::string> words;
    for (const ColumnInfo& column : columns) {
        words.emplace_back(column.name);
        words.push_back(lower(column.title));
    }
    const std::vector<std::string_view> names(words.begin(), words.end());
    const std::string_view near = nearest_word(wanted, names);
    return Error(ErrorKind::usage,
                 fmt::format("there is no field \"{}\"{}; --help lists all fields",
                             to_terminal(name),
                             near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near)));
}

Result<SortOrder> find_sort(std::span<const ColumnInfo> columns, std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::string_view direction =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (colon != std::string_view::npos && direction != "asc" && direction != "desc") {
        return Error(ErrorKind::usage,
                     fmt::format("\"{}\" is no direction: write {}:asc or {}:desc",
                                 to_terminal(direction), to_terminal(text.substr(0, colon)),
                                 to_terminal(text.substr(0, colon))));
    }
    const auto column = find_column(columns, text.substr(0, colon));
    if (!column) {
        return column.error();
    }
    const bool falls = direction.empty() ? columns[*column].unit != Unit::text &&
                                               columns[*column].unit != Unit::identity
                                         : direction == "desc";
    return SortOrder{*column, falls};
}

Result<std::vector<std::size_t>> find_fields(std::span<const ColumnInfo> columns,
                                             const std::vector<std::string>& fields,
                                             bool for_people) {
    std::vector<std::size_t> chosen;
    for (const std::string& field : fields) {
        const auto index = find_column(columns, field);
        if (!index) {
            return index.error();
        }
        chosen.push_back(*index);
    }
    for (std::size_t index = 0; fields.empty() && index < columns.size(); ++index) {
        if (columns[index].shown || !for_people) {
            chosen.push_back(index);
        }
    }
    return chosen;
}

std::string describe_columns(std::span<const ColumnInfo> columns) {
    constexpr std::size_t help_column = 35;
    constexpr std::size_t line_width = 80;
    std::string text = "Fields (* in the default table):\n";
    for (const ColumnInfo& column : columns) {
        text += fmt::format("  {} {:<30} {}\n", column.shown ? '*' : ' ', column.name,
                            wrap(column.help, help_column, line_width));
    }
    return text;
}

Heading to_heading(const ColumnInfo& info) {
    return {std::string(info.name), std::string(info.title), info.unit,
            info.drop_rank,         info.minimum_width,      info.tone};
}

Tone tone_of_cpu(const Value& ratio) {
    return tone_above(ratio, 0.5, 0.9);
}

Tone tone_of_share(const Value& ratio) {
    return tone_above(ratio, 0.8, 0.95);
}

Tone tone_of_pressure(const Value& ratio) {
    return tone_above(ratio, 0.1, 0.4);
}

Tone tone_of_rate(const Value& rate) {
    const auto* number = std::get_if<double>(&rate);
    return number == nullptr || *number < 0.5 ? Tone::faint : Tone::plain;
}

} // namespace vigia::cli
