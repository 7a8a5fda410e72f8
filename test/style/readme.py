#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents name exists: files, scripts, and the subcommands of vigia."""

import re

import tree

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
_PATH = re.compile(r"(?<![\w./-])((?:deploy|test|bench|collector|policy|storage|include|kmod"
                   r"|LICENSES|\.ci)/[\w./-]*[\w])")


def path_findings(name, text, root=tree.ROOT):
    for number, line in enumerate(text.split("\n"), 1):
        for path in _PATH.findall(line):
            if not (root / path).exists():
                yield f"{name}:{number}: there is no {path}"


def subcommands(sources):
    """The names that the command line really has."""
    return {name for text in sources for name in re.findall(r'add_subcommand\(\s*"([\w-]+)"', text)}


def command_findings(name, text, known):
    for number, line in enumerate(text.split("\n"), 1):
        for command in re.findall(r"(?:^|`|[#$] |bin/)vigia ([a-z][a-z-]+)", line):
            if command not in known:
                yield f"{name}:{number}: vigia has no subcommand {command}"


def main():
    report = tree.Report()
    texts = {name: tree.read(name) for name in DOCUMENTS}
    known = subcommands(tree.read(path) for path in tree.files({".cpp"})
                        if path.parts[0] == "collector")
    report.check("every path in the documents exists", [
        finding for name, text in texts.items() for finding in path_findings(name, text)])
    report.check("every subcommand in the documents exists", [
        finding for name, text in texts.items() for finding in command_findings(name, text, known)])
    report.end()


if __name__ == "__main__":
    main()
