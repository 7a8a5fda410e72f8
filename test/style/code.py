#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules for the C and C++ sources: short functions, no dangerous calls, no dead files."""

import re

import tree

FUNCTION_LINES = 70
BANNED_CALLS = {
    "system": "start no shell; use the API behind the command",
    "popen": "start no shell; use the API behind the command",
    "strcpy": "use std::string, or snprintf with the size",
    "strcat": "use std::string, or snprintf with the size",
    "sprintf": "use snprintf or fmt::format",
    "vsprintf": "use vsnprintf or fmt::format",
    "gets": "use getline",
    "atoi": "use std::from_chars, which reports errors",
    "atol": "use std::from_chars, which reports errors",
    "atof": "use std::from_chars, which reports errors",
    "rand": "use <random> with a printed seed",
    "srand": "use <random> with a printed seed",
    "strtok": "use std::string_view::find",
    "localtime": "use localtime_r",
    "gmtime": "use gmtime_r",
    "strerror": "use system_error() of collector/base/result.h",
    "alloca": "use a bounded array",
    "setjmp": "use Result<T>",
    "longjmp": "use Result<T>",
}
# A declaration (a type before the name) or a member of ours (x.system(), Class::system()) is none.
_CALL = re.compile(r"(?:(?<!\w)std::|(?<![\w>])::|(?<![\w.>:]))("
                   + "|".join(BANNED_CALLS) + r")\s*\(")
_DECLARATION = re.compile(r"(?:\w|[>&*])\s+[*&]?$")
_MEMBER_INITIALISER = re.compile(r"^\s*(?::\s*)?\w+\(.*\)\s*(?:,|\{.*)$")
_SCOPE = re.compile(r"(?:inline |static |typedef )*(?:namespace|class|struct|union|enum|extern)\b")


def call_findings(path, text):
    for number, line in enumerate(tree.code_only(text).split("\n"), 1):
        if _MEMBER_INITIALISER.match(line):
            continue
        for match in _CALL.finditer(line):
            before = line[: match.start()]
            if _DECLARATION.search(before) and not re.search(r"\b(?:return|else|do)\s+$", before):
                continue
            name = match.group(1)
            yield f"{path}:{number}: {name}(): {BANNED_CALLS[name]}"


def is_scope(lines, last):
    """True if the brace that ends lines[last] opens a namespace, a type or a table."""
    first = last
    while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";{}:":
        first -= 1
    head = " ".join(line.strip() for line in lines[first : last + 1])
    head = re.sub(r"^template\s*<.*?>\s*(?=class|struct|union)", "", head)
    return head.endswith("= {") or (_SCOPE.match(head) is not None and ")" not in head)


def functions(text):
    """(first line, lines) of each outermost function body, in code as clang-format leaves it."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: "\n" * match.group().count("\n"),
                  tree.code_only(text), flags=re.MULTILINE)
    lines = code.split("\n")
    at = 0
    while at < len(lines):
        if lines[at].rstrip().endswith("{") and not is_scope(lines, at):
            first, depth = at, 0
            while at < len(lines):
                depth += lines[at].count("{") - lines[at].count("}")
                if depth <= 0:
                    break
                at += 1
            yield first + 1, at - first + 1
        at += 1


def function_findings(path, text):
    for first, lines in functions(text):
        if lines > FUNCTION_LINES:
            yield f"{path}:{first}: a function of {lines} lines; {FUNCTION_LINES} at most"


def dead_files(texts, cmake):
    """Sources that no CMakeLists.txt or Kbuild names, and headers that nobody includes."""
    included = set()
    for path, text in texts.items():
        for name in re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', text, re.MULTILINE):
            included.add(name.split("/")[-1])
    for path in texts:
        if path.suffix in {".c", ".cpp"}:
            own = re.compile(r"(?<![\w.])" + re.escape(path.name) + r"(?![\w])")
            far = f"{path.parent.name}/{path.name}"
            if not any(own.search(text) if folder in path.parents else far in text
                       for folder, text in cmake.items()):
                yield f"{path}: no CMakeLists.txt or Kbuild builds it"
        elif path.name not in included:
            yield f"{path}: nobody includes it"


def main():
    report = tree.Report()
    texts = {path: tree.read(path) for path in tree.files(tree.CODE_SUFFIXES)}
    cmake = {path.parent: tree.read(path)
             for path in tree.files({".txt"}) if path.name == "CMakeLists.txt"}
    cmake |= {path.parent: re.sub(r"\.o\b", ".c", tree.read(path))
              for path in tree.files({""}) if path.name == "Kbuild"}

    def over(check):
        return [finding for path, text in texts.items() for finding in check(path, text)]

    report.check(f"no function is longer than {FUNCTION_LINES} lines", over(function_findings))
    report.check("no call that has a better replacement", over(call_findings))
    report.check("no dead file", dead_files(texts, cmake))
    report.end()


if __name__ == "__main__":
    main()
