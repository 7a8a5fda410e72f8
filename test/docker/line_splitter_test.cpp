// SPDX-License-Identifier: MIT
#include "collector/docker/line_splitter.h"

#include <vector>

#include "test/support/catch.h"

using vigia::docker::LineSplitter;

namespace {
struct Lines {
    bool feed(std::string_view bytes) {
        return splitter.feed(bytes, [this](std::string_view line) {
            seen.emplace_back(line);
            return true;
        });
    }
    LineSplitter splitter{8};
    std::vector<std::string> seen;
};
} // namespace

TEST_CASE("lines come out the same however they are cut") {
    std::string text = "one\ntwo\r\n\n\r\nthree\n";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        Lines lines;
        for (std::size_t at = 0; at < text.size(); at += step) {
            REQUIRE(lines.feed(std::string_view(text).substr(at, step)));
        }
        CHECK(lines.seen == std::vector<std::string>{"one", "two", "three"});
        CHECK_FALSE(lines.splitter.partial());
    }
}

TEST_CASE("a line of exactly the maximum passes and one byte more does not") {
    Lines lines;
    CHECK(lines.feed("12345678\n"));
    CHECK_FALSE(lines.feed("123456789\n"));
    Lines drops;
    CHECK(drops.feed("12345678"));
    CHECK(drops.splitter.partial());
    CHECK_FALSE(drops.feed("9"));
}

TEST_CASE("the reader of lines can say stop") {
    LineSplitter splitter(8);
    int seen = 0;
    CHECK_FALSE(splitter.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
}
