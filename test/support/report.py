# SPDX-License-Identifier: MIT
"""The report of a test program that is no Catch2 executable; test/count.py reads its last line."""

import sys


class Report:
    """Counts the checks, and prints what each one found."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, findings):
        """One check with its findings: an empty list passes."""
        findings = list(findings)
        if findings:
            self.failed += 1
            print(f"FAILED {name}")
            for finding in findings:
                print(f"    {finding}")
        else:
            self.passed += 1
            print(f"ok     {name}")
        sys.stdout.flush()

    def end(self):
        """Prints the closing line and ends the program."""
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)
