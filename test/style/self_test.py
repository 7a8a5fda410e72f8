#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every style check finds what it is for, and leaves good code alone."""

from pathlib import Path

import code
import includes
import readme
import text
import tree

SOURCE = Path("policy/rule.cpp")

TABLES = """
| folder | library | may include | and from outside |
|---|---|---|---|
| `low` | low_lib | | fmt |
| `high` | high_lib | low | |

| outside | headers | CMake |
|---|---|---|
| fmt | fmt/\\* | fmt::fmt |
"""


def long_function(lines):
    return "namespace a {\nint f() {\n" + "    g();\n" * (lines - 2) + "}\n} // namespace a\n"


def included(path, source):
    folders, outside = includes.parse(TABLES)
    return list(includes.include_findings(Path(path), source, folders, outside))


def linked(name, cmake):
    folders, outside = includes.parse(TABLES)
    folders["high"].used.add("low")
    return list(includes.link_findings(name, folders, outside, cmake))


def ordered(tables):
    return list(includes.order_findings(*includes.parse(tables)))


def calls(source):
    return list(code.call_findings(SOURCE, source))


def lengths(source):
    return list(code.function_findings(SOURCE, source))


# (what is expected, findings, whether there must be any)
CASES = [
    ("a missing licence is found", list(text.license_findings(SOURCE, "int x;\n")), True),
    ("a wrong licence is found",
     list(text.license_findings(SOURCE, "// SPDX-License-Identifier: GPL-2.0\n")), True),
    ("a right licence passes",
     list(text.license_findings(SOURCE, "// SPDX-License-Identifier: MIT\n")), False),
    ("a line of 101 columns is found", list(text.line_findings(SOURCE, "x" * 101)), True),
    ("a line of 100 columns passes", list(text.line_findings(SOURCE, "x" * 100)), False),
    ("a blank at the end is found", list(text.line_findings(SOURCE, "x \n")), True),
    ("a leftover is found", list(text.word_findings(SOURCE, "// FIX" "ME: later")), True),
    ("a path of one machine is found", list(text.word_findings(SOURCE, "see /wor" "k/a")), True),
    ("an ordinary path passes", list(text.word_findings(SOURCE, "/var/lib/vigia")), False),
    ("a function of 71 lines is found", lengths(long_function(71)), True),
    ("a function of 70 lines passes", lengths(long_function(70)), False),
    ("a long class is no function", lengths("class A {\n" + "    int x;\n" * 99 + "};\n"), False),
    ("a brace in a string does not count", lengths('int f() {\n    g("{");\n}\n' * 30), False),
    ("system() is found", calls('int f() { return system("ls"); }'), True),
    ("std::system() is found", calls('std::system("ls");'), True),
    ("::popen() is found", calls('auto* p = ::popen("ls", "r");'), True),
    ("a method called system passes", calls("Result<Table> system(const Query& query);\n"
                                            "Result<Table> History::system(const Query& query) {}\n"
                                            "auto x = history->system(query);"), False),
    ("a member called system passes", calls("    : info(path), b(1),\n      system(path),"), False),
    ("snprintf passes", calls("snprintf(a, 5, x);"), False),
    ("a call in a comment passes", calls("// never system()"), False),
    ("a forgotten source is found",
     list(code.dead_files({SOURCE: ""}, {Path("policy"): "SOURCES old_rule.cpp"})), True),
    ("a built source passes",
     list(code.dead_files({SOURCE: ""}, {Path("policy"): "SOURCES rule.cpp"})), False),
    ("a forgotten header is found", list(code.dead_files({Path("policy/a.h"): ""}, {})), True),
    ("a forbidden header is found", included("low/a.cpp", "#include <sqlite3.h>\n"), True),
    ("a header without a row is found", included("low/a.cpp", "#include <unistd.h>\n"), True),
    ("a permitted header passes", included("low/a.cpp", "#include <fmt/core.h>\n"), False),
    ("a standard header passes", included("low/a.cpp", "#include <vector>\n"), False),
    ("a header that is not there is found", included("low/a.cpp", '#include "no/such.h"\n'), True),
    ("a folder without a row is found", included("new/a.cpp", "\n"), True),
    ("a row that names one below is found",
     ordered(TABLES.replace("low_lib | |", "low_lib | high |")), True),
    ("rows in order pass", ordered(TABLES), False),
    ("a link against the table is found",
     linked("low", "vigia_library(low_lib SOURCES a.cpp LINKS high_lib)"), True),
    ("a permitted link passes",
     linked("high", "vigia_library(high_lib SOURCES a.cpp LINKS low_lib)"), False),
    ("an unused permission is found",
     list(includes.unused_findings(includes.parse(TABLES)[0])), True),
    ("a path that is not there is found", list(readme.path_findings("R", "`test/none.sh`")), True),
    ("a path that is there passes", list(readme.path_findings("R", "`test/run.sh`")), False),
    ("an unknown subcommand is found",
     list(readme.command_findings("R", "vigia fly", {"ps"})), True),
    ("a known subcommand passes", list(readme.command_findings("R", "vigia ps", {"ps"})), False),
]


def main():
    report = tree.Report()
    for name, findings, expected in CASES:
        wrong = [] if bool(findings) == expected else findings or ["found nothing"]
        report.check(name, wrong)
    report.end()


if __name__ == "__main__":
    main()
