"""First names that a stranger may have: the most frequent ones, as ``first_names.txt`` says where they are from."""

from __future__ import annotations

from pathlib import Path

#: 400 names, in the order of the alphabet.
FIRST_NAMES = tuple(
    line
    for line in Path(__file__).with_name("first_names.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
