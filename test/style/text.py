#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Text rules for every file: licence line, line length, words that don't belong here."""

import re

import tree

MIT = "MIT"
SHARED = "(GPL-2.0 WITH Linux-syscall-note) OR MIT"
KERNEL = "GPL-2.0"
LICENSED_SUFFIXES = tree.CODE_SUFFIXES | {".py", ".sh"}
LINE_LENGTH = 100
KERNEL_STYLE_LINE_LENGTH = 110

# Each with the reason that is shown. The words are put together here, so that this file passes.
BANNED_WORDS = [
    (r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", "leftover: do it, or open an issue"),
    (r"(?<![\w.])/wor" r"k/|/tm" r"p/(?:devenv|brief|land)", "a path of one machine"),
    (r"(?i)\b(?:de" r"b\.debian\.org|registry[-.]\w+\.\w+|py" r"pi\.org)\b",
     "a registry's host: take it from the machine's configuration"),
    (r"(?i)\b(?:chat" r"gpt|clau" r"de|anthro" r"pic|co" r"pilot|language mo" r"del"
     r"|A" r"I assistant"
     r"|this sess" r"ion|sub-?ag" r"ent)\b", "says how it was written, not what it is"),
]


def is_in_kernel(path):
    return path.parts[0] == "kmod" or path.parts[:3] == ("bench", "kernel", "module")


def expected_license(path):
    if is_in_kernel(path):
        return KERNEL
    if path.parts[:2] == ("include", "abi"):
        return SHARED
    return MIT


def license_findings(path, text):
    head = text.splitlines()[:2]  # a script's first line is its #!
    wanted = f"SPDX-License-Identifier: {expected_license(path)}"
    if not any(re.search(re.escape(wanted) + r"( \*/)?$", line) for line in head):
        yield f"{path}:1: the first line has to say \"{wanted}\""


def is_kernel_style(path):
    return is_in_kernel(path) or path.parts[:2] == ("include", "abi")


def line_findings(path, text):
    limit = KERNEL_STYLE_LINE_LENGTH if is_kernel_style(path) else LINE_LENGTH
    width = 8 if is_kernel_style(path) else 4
    for number, line in enumerate(text.split("\n"), 1):
        if len(line.expandtabs(width)) > limit and "://" not in line:
            yield f"{path}:{number}: longer than {limit} columns"
        if line != line.rstrip() and path.suffix != ".md":
            yield f"{path}:{number}: blanks at the end of the line"


def word_findings(path, text):
    for pattern, reason in BANNED_WORDS:
        for match in re.finditer(pattern, text):
            number = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{number}: '{match.group()}': {reason}"


def main():
    report = tree.Report()
    text_suffixes = LICENSED_SUFFIXES | {".md", ".txt", ".toml", ".json", ".cmake", ""}
    texts = {path: tree.read(path) for path in tree.files(text_suffixes)}
    sources = {path: text for path, text in texts.items()
               if path.suffix in LICENSED_SUFFIXES or text.startswith("#!")}

    def over(group, check):
        return [finding for path, text in group.items() for finding in check(path, text)]

    report.check("every source file says its licence first", over(sources, license_findings))
    report.check("no line is too long, none ends in blanks", over(sources, line_findings))
    report.check("no word that doesn't belong here", over(texts, word_findings))
    report.end()


if __name__ == "__main__":
    main()
