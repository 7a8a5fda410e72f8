// SPDX-License-Identifier: MIT
#include "collector/cli/width.h"

#include "test/support/catch.h"

using namespace vigia::cli;

TEST_CASE("width counts columns, not bytes") {
    CHECK(display_width("") == 0);
    CHECK(display_width("nginx") == 5);
    CHECK(display_width("é") == 1);
    CHECK(display_width("漢字") == 4);
    CHECK(display_width("한글") == 4);
    CHECK(display_width("🦆") == 2);
    CHECK(display_width("\xef\xbf\xbd") == 1); // U+FFFD
    CHECK(display_width("e\xcc\x81") == 1);    // e and a combining acute accent
    CHECK(display_width("a\xe2\x80\x8b"
                        "b") == 2); // zero-width space
}

TEST_CASE("cutting leaves whole characters and says that it cut") {
    CHECK(cut_to_width("nginx", 5) == "nginx");
    CHECK(cut_to_width("nginx", 4) == "ngi…");
    CHECK(cut_to_width("nginx", 1) == "…");
    CHECK(cut_to_width("nginx", 0).empty());
    CHECK(cut_to_width("漢字漢字", 5) == "漢字…");
    CHECK(cut_to_width("漢字漢字", 4) == "漢…"); // half a wide character is none
    for (std::size_t width = 0; width < 12; ++width) {
        CHECK(display_width(cut_to_width("aé漢🦆e\xcc\x81zz", width)) <= width);
    }
}

TEST_CASE("padding fills to the column and never cuts") {
    CHECK(pad_right("漢", 4) == "漢  ");
    CHECK(pad_left("漢", 4) == "  漢");
    CHECK(pad_left("12345", 3) == "12345");
}

TEST_CASE("a torn sequence at the end is one column and no read beyond it") {
    const std::string torn = "ab\xe6\xbc";
    CHECK(display_width(std::string_view(torn)) >= 2);
    CHECK(cut_to_width(std::string_view(torn).substr(0, 3), 1) == "…");
}

TEST_CASE("wrapping breaks between words, behind the indent, and never loses one") {
    CHECK(wrap("one two three", 4, 11) == "one two\n    three");
    CHECK(wrap("one two three", 4, 0) == "one two three");
    CHECK(wrap("unbreakable word", 2, 5) == "unbreakable\n  word");
    CHECK(wrap("", 4, 10).empty());
    CHECK(wrap("漢字 漢字", 0, 8) == "漢字\n漢字");
}
