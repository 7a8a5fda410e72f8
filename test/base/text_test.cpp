// SPDX-License-Identifier: MIT
#include "collector/base/text.h"

#include <cstdint>
#include <random>
#include <string>

#include <nlohmann/json.hpp>

#include "test/support/catch.h"

using namespace vigia;

TEST_CASE("valid UTF-8 passes unchanged and every invalid byte becomes U+FFFD") {
    CHECK(to_utf8("niño 日本 🐳") == "niño 日本 🐳");
    CHECK(to_utf8("a\xFF"
                  "b") == "a\xEF\xBF\xBD"
                          "b");
    CHECK(to_utf8("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                 // overlong '/'
    CHECK(to_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // surrogate
    CHECK(to_utf8("\xE6\x97") == "\xEF\xBF\xBD\xEF\xBF\xBD");                 // cut short
    CHECK(to_utf8("\xF4\x90\x80\x80").find('\xF4') == std::string::npos);     // beyond U+10FFFF
}

TEST_CASE("nothing that reaches a terminal can move its cursor or reorder its text") {
    CHECK(to_terminal("a\nb\tc\rd") == "a\\nb\\tc\\rd");
    CHECK(to_terminal("\x1B[2J") == "\\x1B[2J");
    CHECK(to_terminal("\x7F") == "\\x7F");
    CHECK(to_terminal("\xC2\x9B"
                      "31m") == "\\x9B31m"); // C1 CSI
    CHECK(to_terminal("\xE2\x80\xAE"
                      "txt") == "\\u202Etxt"); // right-to-left override
    CHECK(to_terminal(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("a JSON string of any bytes parses back") {
    CHECK(to_json("a\"b\\c") == R"("a\"b\\c")");
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random() % 64, '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(random() & 0xFF);
        }
        CHECK(nlohmann::json::parse(to_json(bytes)).get<std::string>() == to_utf8(bytes));
    }
}

TEST_CASE("JSON escapes what would disturb a terminal, and parses back to it") {
    const std::string text =
        "\x1b[2J\x7F\u009B31m\u0085\u2028\u2029\u200E\u202Egnp.exe\u2066\uFEFF niño";
    const std::string escaped = to_json(text);
    CHECK(escaped ==
          "\"\\u001b[2J\\u007f\\u009b31m\\u0085\\u2028\\u2029\\u200e\\u202egnp.exe\\u2066"
          "\\ufeff niño\"");
    CHECK(to_terminal(escaped) == escaped);
    CHECK(nlohmann::json::parse(escaped).get<std::string>() == text);
}

TEST_CASE("a CSV field is quoted only when it has to be") {
    CHECK(to_csv("plain") == "plain");
    CHECK(to_csv("a,b") == "\"a,b\"");
    CHECK(to_csv("say \"hi\"\n") == "\"say \"\"hi\"\"\n\"");
}

TEST_CASE("a glob matches whole names") {
    CHECK(matches_glob("grafana*", "grafana-7"));
    CHECK(matches_glob("*", ""));
    CHECK(matches_glob("a?c", "abc"));
    CHECK(matches_glob("*low*", "vigia-test/low:1"));
    CHECK(matches_glob("a*b*c", "aXXbYYc"));
    CHECK_FALSE(matches_glob("grafana", "grafana-7"));
    CHECK_FALSE(matches_glob("", "x"));
    CHECK_FALSE(matches_glob("a*b*c", "aXXbYY"));
    CHECK_FALSE(matches_glob("a?c", "ac"));
}

TEST_CASE("a glob of many stars stays quick") {
    std::string pattern;
    for (int i = 0; i < 200; ++i) {
        pattern += "a*";
    }
    CHECK_FALSE(matches_glob(pattern + "b", std::string(4000, 'a')));
}
