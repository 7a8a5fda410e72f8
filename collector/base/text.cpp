// SPDX-License-Identifier: MIT
#include "collector/base/text.h"

#include <cstdint>

#include <fmt/format.h>

namespace vigia {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

struct Decoded {
    char32_t code = 0;
    std::size_t size_bytes = 0; // 0: invalid
};

// How many bytes the sequence that starts with `lead` has, and the smallest code it may encode
// (shorter encodings exist below that, and are invalid: RFC 3629).
struct SequenceShape {
    std::size_t size_bytes;
    char32_t smallest;
    unsigned char lead_mask;
};

SequenceShape shape_of(unsigned char lead) {
    if (lead < 0x80) {
        return {1, 0, 0x7F};
    }
    if ((lead & 0xE0) == 0xC0) {
        return {2, 0x80, 0x1F};
    }
    if ((lead & 0xF0) == 0xE0) {
        return {3, 0x800, 0x0F};
    }
    if ((lead & 0xF8) == 0xF0) {
        return {4, 0x10000, 0x07};
    }
    return {0, 0, 0};
}

Decoded decode(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes.front());
    const SequenceShape shape = shape_of(lead);
    if (shape.size_bytes == 0 || bytes.size() < shape.size_bytes) {
        return {};
    }
    auto code = static_cast<char32_t>(lead & shape.lead_mask);
    for (std::size_t i = 1; i < shape.size_bytes; ++i) {
        const auto next = static_cast<unsigned char>(bytes[i]);
        if ((next & 0xC0) != 0x80) {
            return {};
        }
        code = code << 6 | static_cast<char32_t>(next & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < shape.smallest || code > 0x10FFFF || surrogate) {
        return {};
    }
    return {code, shape.size_bytes};
}

// Walks the bytes; calls valid(code, bytes) for each character and invalid(byte) for each stray
// byte.
template <typename Valid, typename Invalid>
void for_each_character(std::string_view bytes, Valid valid, Invalid invalid) {
    while (!bytes.empty()) {
        const Decoded decoded = decode(bytes);
        if (decoded.size_bytes == 0) {
            invalid(static_cast<unsigned char>(bytes.front()));
            bytes.remove_prefix(1);
        } else {
            valid(decoded.code, bytes.substr(0, decoded.size_bytes));
            bytes.remove_prefix(decoded.size_bytes);
        }
    }
}

// Controls (C0, DEL, C1), line and paragraph separators, and the characters that reorder what
// follows.
bool disturbs_terminal(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

void append_control(std::string& out, char32_t code) {
    switch (code) {
    case '\n':
        out += "\\n";
        break;
    case '\t':
        out += "\\t";
        break;
    case '\r':
        out += "\\r";
        break;
    default:
        if (code < 0x100) {
            fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<uint32_t>(code));
        } else {
            fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<uint32_t>(code));
        }
    }
}

void append_json_character(std::string& out, char32_t code, std::string_view bytes) {
    if (code == '"' || code == '\\') {
        out += '\\';
        out += bytes;
    } else if (disturbs_terminal(code)) { // all of them below U+10000: one escape
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(code));
    } else {
        out += bytes;
    }
}

} // namespace

std::string to_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for_each_character(
        bytes, [&](char32_t, std::string_view character) { out += character; },
        [&](unsigned char) { out += replacement; });
    return out;
}

std::string to_terminal(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for_each_character(
        bytes,
        [&](char32_t code, std::string_view character) {
            if (disturbs_terminal(code)) {
                append_control(out, code);
            } else {
                out += character;
            }
        },
        [&](unsigned char) { out += replacement; });
    return out;
}

std::string to_json(std::string_view bytes) {
    std::string out = "\"";
    out.reserve(bytes.size() + 2);
    for_each_character(
        bytes,
        [&](char32_t code, std::string_view character) {
            append_json_character(out, code, character);
        },
        [&](unsigned char) { out += replacement; });
    out += '"';
    return out;
}

std::string to_csv(std::string_view bytes) {
    std::string field = to_utf8(bytes);
    if (field.find_first_of("\",\r\n") == std::string::npos) {
        return field;
    }
    std::string out = "\"";
    for (const char character : field) {
        out += character;
        if (character == '"') {
            out += '"';
        }
    }
    out += '"';
    return out;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos; // the last '*' seen ...
    std::size_t star_name = 0; // ... and how much of the name it does not swallow yet
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

} // namespace vigia
