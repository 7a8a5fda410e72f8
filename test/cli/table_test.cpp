// SPDX-License-Identifier: MIT
#include "collector/cli/table.h"

#include <sstream>

#include "collector/cli/width.h"
#include "test/support/catch.h"

using namespace vigia::cli;

namespace {

Tone red_when_large(const Value& value) {
    const auto* number = std::get_if<uint64_t>(&value);
    return number != nullptr && *number > 1000 ? Tone::bad : Tone::plain;
}

Grid animals() {
    Grid grid;
    grid.columns = {{"pid", "PID", Unit::identity},
                    {"container", "CONTAINER", Unit::text, 0, 4},
                    {"rss_bytes", "RSS", Unit::bytes, 2, 0, red_when_large},
                    {"command", "COMMAND", Unit::text, 5, 7}};
    grid.rows = {{uint64_t{1}, Value{}, uint64_t{0}, std::string("init")},
                 {uint64_t{12345}, std::string("漢字-web"), uint64_t{1} << 30,
                  std::string("duck --quack\x1b[31m")}};
    return grid;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

} // namespace

TEST_CASE("a table is aligned by width, numbers right and text left") {
    CHECK(render_table(animals(), {}) == "  PID  CONTAINER       RSS  COMMAND\n"
                                         "    1  -                 0  init\n"
                                         "12345  漢字-web   1.00 GiB  duck --quack\\x1B[31m\n");
}

TEST_CASE("no line of a table is wider than the terminal") {
    for (std::size_t width = 18; width < 60; ++width) {
        for (const std::string& line : lines_of(render_table(animals(), {width, 0, false, true}))) {
            CHECK(display_width(line) <= width);
        }
    }
}

TEST_CASE("a narrow terminal loses text first, then the columns that matter least") {
    const auto lines = lines_of(render_table(animals(), {36, 0, false, true}));
    CHECK(lines[2] == "12345  漢字-web   1.00 GiB  duck --…");
    const auto narrow = lines_of(render_table(animals(), {30, 0, false, true}));
    CHECK(narrow[0] == "  PID  CONTAINER       RSS");
    const auto narrowest = lines_of(render_table(animals(), {18, 0, false, true}));
    CHECK(narrowest[0] == "  PID  CONTAINER");
}

TEST_CASE("columns that must stay do so even when they do not fit") {
    CHECK(lines_of(render_table(animals(), {3, 0, false, true}))[0] == "  PID  CONTAINER");
}

TEST_CASE("without a header a table has only rows") {
    CHECK(lines_of(render_table(animals(), {0, 0, false, false})).size() == 2);
}

TEST_CASE("an empty grid is its header") {
    Grid grid = animals();
    grid.rows.clear();
    CHECK(render_table(grid, {}) == "PID  CONTAINER  RSS  COMMAND\n");
}

TEST_CASE("a bound on lines counts the header") {
    CHECK(lines_of(render_table(animals(), {0, 2, false, true})).size() == 2);
}

TEST_CASE("colours surround cells and change nothing else") {
    const std::string plain = render_table(animals(), {});
    std::string colored = render_table(animals(), {0, 0, true, true});
    CHECK(colored.find("\x1b[1;31m1.00 GiB\x1b[0m") != std::string::npos);
    for (const std::string sequence : {"\x1b[1;31m", "\x1b[1m", "\x1b[0m"}) {
        for (std::size_t at; (at = colored.find(sequence)) != std::string::npos;) {
            colored.erase(at, sequence.size());
        }
    }
    CHECK(colored == plain);
}
