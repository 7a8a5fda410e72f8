#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what one part of test/run.sh did: count.py STATUS LOG JUNIT prints "PASSED FAILED".

A ctest test counts as the Catch2 test cases or checks that its own closing line names, else as one.
A part that failed without a failed test, or that ran nothing, counts as one failure."""

import re
import sys
import xml.etree.ElementTree
from pathlib import Path

_ALL_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
_CATCH = re.compile(r"^test cases:\s*(\d+)\s*\|(.*)$", re.MULTILINE)
_CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def count_output(text):
    """(passed, failed) by the closing line of one program, or None without one."""
    if match := _ALL_PASSED.search(text):
        return int(match.group(1)), 0
    if match := _CATCH.search(text):
        failed = re.search(r"(\d+) failed", match.group(2))
        bad = int(failed.group(1)) if failed else 0
        return int(match.group(1)) - bad, bad
    if matches := _CLOSING.findall(text):
        return int(matches[-1][0]), int(matches[-1][1])
    return None


def count_junit(text):
    passed = failed = 0
    for case in xml.etree.ElementTree.fromstring(text).iter("testcase"):
        good = case.get("status") == "run"
        counted = count_output(case.findtext("system-out") or "")
        if counted is None:
            counted = (1, 0) if good else (0, 1)
        passed += counted[0]
        failed += counted[1] if good else max(1, counted[1])
    return passed, failed


def count_part(status, log, junit):
    """(passed, failed) of a part; `junit` is None if it wrote none."""
    passed, failed = count_junit(junit) if junit else count_output(log) or (0, 0)
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    return passed, failed


def main():
    status, log, junit = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    passed, failed = count_part(status, log.read_text(encoding="utf-8", errors="replace"),
                                junit.read_text(encoding="utf-8") if junit.exists() else None)
    print(passed, failed)


if __name__ == "__main__":
    main()
