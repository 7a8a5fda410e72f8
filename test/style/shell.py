#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shell script parses, and shellcheck has nothing to say about it."""

import subprocess

import tree


def scripts():
    for path in tree.files():
        if path.suffix == ".sh":
            yield path
        elif not path.suffix:
            with open(tree.ROOT / path, "rb") as file:
                if file.read(64).startswith((b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh")):
                    yield path


def complaints(command, paths):
    for path in paths:
        run = subprocess.run([*command, str(path)], cwd=tree.ROOT, capture_output=True, text=True,
                             check=False)
        if run.returncode != 0:
            yield f"{path}: {(run.stdout + run.stderr).strip()}"


def main():
    report = tree.Report()
    paths = list(scripts())
    report.check("there are scripts to look at", [] if paths else ["none found"])
    report.check("bash -n", complaints(["bash", "-n"], paths))
    report.check("shellcheck", complaints(["shellcheck", "-x", "-P", "SCRIPTDIR"], paths))
    report.end()


if __name__ == "__main__":
    main()
