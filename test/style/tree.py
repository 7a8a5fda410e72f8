# SPDX-License-Identifier: MIT
"""What the style checks share: the files of the tree, code without its comments, and the report."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "support"))
from report import Report  # noqa: E402,F401  (for the checks)

SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}
CODE_SUFFIXES = {".h", ".c", ".cpp"}


def files(suffixes=None, root=ROOT):
    """Every file of the tree with one of the suffixes, as paths relative to the root, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            path = Path(folder, name)
            if name.endswith(".mod.c"):  # what the kernel's build system leaves in kmod/
                continue
            if name != ".git" and path.is_file() and (suffixes is None or path.suffix in suffixes):
                found.append(path.relative_to(root))
    return sorted(found)


def read(path, root=ROOT):
    return (root / path).read_text(encoding="utf-8")


_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def code_only(text):
    """C or C++ with comments, strings and character literals blanked; lines stay where they are."""

    def blank(match):
        kept = re.sub(r"[^\n]", " ", match.group())
        return kept if match.group().startswith(("/", "R")) else '"' + kept[2:] + '"'

    return _TOKENS.sub(blank, text)
