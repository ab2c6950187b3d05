"""Columns of text in a terminal, also of text whose characters are two columns wide or none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print left-aligned columns, two spaces apart."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """Columns that a terminal needs (Unicode Standard Annex 11)."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
