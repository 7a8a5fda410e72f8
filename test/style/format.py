#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every C and C++ file is as clang-format leaves it."""

import subprocess

import tree


def badly_formatted(paths):
    for path in paths:
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", str(path)], cwd=tree.ROOT,
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            first = run.stderr.strip().split("\n")[0]
            yield f"{first or path} (clang-format -i {path})"


def main():
    report = tree.Report()
    report.check("clang-format changes nothing", badly_formatted(tree.files(tree.CODE_SUFFIXES)))
    report.end()


if __name__ == "__main__":
    main()
