#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom: the tables of ARCHITECTURE.md against every #include and CMake link."""

import fnmatch
import re
from dataclasses import dataclass, field
from pathlib import Path

import tree

C_HEADERS = {"assert.h", "errno.h", "inttypes.h", "limits.h", "math.h", "signal.h", "stdalign.h",
             "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
             "time.h"}
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">\n]+)[">]', re.MULTILINE)
_LINKS = re.compile(r"(?:vigia_library|target_link_libraries)\(\s*(\w+)([^)]*)\)")
_NO_TARGETS = {"PUBLIC", "PRIVATE", "INTERFACE", "vigia_options"}
PRODUCT = ("include", "collector", "policy", "storage")


@dataclass
class Folder:
    library: str
    folders: list
    outside: list
    used: set = field(default_factory=set)


@dataclass
class Outside:
    headers: list
    targets: list


def table(text, *heads):
    """The cells of the rows of the table whose header row has these heads."""
    rows = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip().replace("`", "").replace("\\*", "*")
                 for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells == list(heads):
            inside = True
        elif inside and not re.fullmatch(r"[-| :]+", line):
            rows.append(cells)
    return rows


def parse(text):
    folders = {row[0]: Folder(row[1], row[2].split(), row[3].split()) for row in
               table(text, "folder", "library", "may include", "and from outside")}
    outside = {row[0]: Outside(row[1].split(), row[2].split())
               for row in table(text, "outside", "headers", "CMake")}
    return folders, outside


def order_findings(folders, outside):
    above = set()
    for name, row in folders.items():
        for other in row.folders:
            if other not in above:
                yield f"ARCHITECTURE.md: {name} names {other}, which is no row above it"
        for word in row.outside:
            if word not in outside:
                yield f"ARCHITECTURE.md: {name} names '{word}', which the second table lacks"
        above.add(name)


def is_standard(header):
    return "/" not in header and ("." not in header or header in C_HEADERS)


def includes(text):
    for match in _INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2)


def folder_of(header, quoted, path, root):
    """The folder that a header of ours lies in; None if it is none of ours."""
    if header.startswith("vigia/") and not quoted:
        return "include/abi/vigia"
    if quoted and path.parts[:2] == ("include", "abi") and "/" not in header:
        return "include/abi/vigia"
    if quoted:
        return str(Path(header).parent) if (root / header).is_file() else "?"
    return None


def include_findings(path, text, folders, outside, root=tree.ROOT):
    own = str(path.parent)
    row = folders.get(own)
    if row is None:
        yield f"{path}: ARCHITECTURE.md has no row for {own}"
        return
    for number, quoted, header in includes(text):
        other = folder_of(header, quoted, path, root)
        if other == "?":
            yield f"{path}:{number}: \"{header}\" is no file; includes are rooted at the top"
        elif other is not None:
            row.used.add(other)
            if other != own and other not in row.folders:
                yield f"{path}:{number}: {own} may not include {other} (\"{header}\")"
        elif not is_standard(header):
            words = {word for word, kind in outside.items()
                     if any(fnmatch.fnmatchcase(header, pattern) for pattern in kind.headers)}
            row.used |= words
            if not words & set(row.outside):
                yield f"{path}:{number}: {own} may not include <{header}>"


def links(text):
    """Library -> what it links, from vigia_library() and target_link_libraries() calls."""
    found = {}
    text = re.sub(r"#[^\n]*", "", text)
    for name, body in _LINKS.findall(text):
        words = body.split("LINKS", 1)[1] if "LINKS" in body else "" if "SOURCES" in body else body
        found.setdefault(name, set()).update(set(words.split()) - _NO_TARGETS)
    return found


def link_findings(name, folders, outside, text):
    row = folders[name]
    if not row.library:
        return
    linked = links(text)
    have = set().union(*linked.values()) if linked else set()
    if row.library not in linked and row.library not in text:
        yield f"{name}/CMakeLists.txt: makes no {row.library}"
    allowed = {row.library} | {folders[other].library for other in row.folders}
    allowed |= {target for word in row.outside for target in outside[word].targets}
    allowed |= set(linked)
    for target in sorted(have - allowed):
        yield f"{name}/CMakeLists.txt: links {target}, which its row does not allow"
    for other in row.folders:
        if folders[other].library in have and other not in row.used:
            yield f"{name}/CMakeLists.txt: links {other} and includes nothing of it"


def unused_findings(folders):
    for name, row in folders.items():
        for word in row.folders + row.outside:
            if word not in row.used:
                yield f"ARCHITECTURE.md: {name} may include {word} and does not"


def main():
    report = tree.Report()
    folders, outside = parse(tree.read("ARCHITECTURE.md"))
    report.check("the tables are there, and data goes one way",
                 order_findings(folders, outside) if folders and outside else ["no table found"])
    sources = [path for path in tree.files(tree.CODE_SUFFIXES) if path.parts[0] in PRODUCT]
    report.check("every include is allowed by the table", [
        finding for path in sources
        for finding in include_findings(path, tree.read(path), folders, outside)])
    report.check("CMake's links agree with the table", [
        finding for name in folders if (tree.ROOT / name / "CMakeLists.txt").is_file()
        for finding in link_findings(name, folders, outside, tree.read(f"{name}/CMakeLists.txt"))])
    report.check("no permission is unused", unused_findings(folders))
    report.end()


if __name__ == "__main__":
    main()
