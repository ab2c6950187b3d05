"""Text in any script as anti-aliased masks; cv2.putText knows ASCII only."""

from __future__ import annotations

import importlib.util
from bisect import bisect_right
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

_ELLIPSIS = "…"
_SYSTEM_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
# Fonts for Chinese, Japanese and Korean in the order of preference; none comes with a Python package we use.
_CJK_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf")

Mask = NDArray[np.uint8]
_Font = ImageFont.FreeTypeFont


@lru_cache(maxsize=4096)
def text_mask(text: str, size: int, *, bold: bool = False) -> Mask:
    """Return the opacity of one line of text, (line_height(size), W) uint8, read-only.

    Characters that no font on this machine has are left out. Lines of one size share their base line.
    """
    line = line_height(size)
    parts = [_run_mask(run, path, size, line) for path, run in _runs(text, bold)]
    mask = np.hstack(parts) if parts else np.zeros((line, 0), np.uint8)
    mask.flags.writeable = False
    return mask


def line_height(size: int) -> int:
    """Return the height in pixels of a line of text of that size."""
    ascent, descent = _font(_main_font(False), size).getmetrics()
    return int(ascent + descent)


def text_width(text: str, size: int, *, bold: bool = False) -> int:
    """Return the width in pixels that the text takes."""
    return int(text_mask(text, size, bold=bold).shape[1])


@lru_cache(maxsize=1024)
def fit_text(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """Return the text, or its beginning and an ellipsis, so that it takes at most ``width`` pixels; "" if none fits."""
    if text_width(text, size, bold=bold) <= width:
        return text
    fitting = bisect_right(range(len(text)), width, key=lambda end: text_width(_shortened(text, end), size, bold=bold))
    return _shortened(text, fitting - 1) if fitting > 1 else ""


def _shortened(text: str, end: int) -> str:
    return text[:end].rstrip() + _ELLIPSIS


def drawable(text: str) -> str:
    """Return the text without what no font on this machine can show, white space joined; "" if nothing is left."""
    shown = "".join(character for character in text if character.isspace() or _font_with(character, False))
    return " ".join(shown.split())


def _runs(text: str, bold: bool) -> list[tuple[str, str]]:
    """Cut the text into stretches of one font each: (path of the font, stretch)."""
    fonts = [(_font_with(character, bold), character) for character in drawable(text)]
    return [
        (path, "".join(character for _, character in run))
        for path, run in groupby(fonts, key=lambda pair: pair[0])
        if path is not None
    ]


def _run_mask(text: str, path: str, size: int, line: int) -> Mask:
    font = _font(path, size)
    base = _font(_main_font(False), size).getmetrics()[0]
    mask = np.zeros((line, round(font.getlength(text))), np.uint8)
    core, (left, top) = font.getmask2(text, mode="L", anchor="ls")
    width, height = core.size
    glyphs = np.array(core, np.uint8).reshape(height, width)
    x, y = max(0, left), base + top
    y0, y1, x1 = max(0, y), min(line, y + height), min(mask.shape[1], x + width)
    if y1 > y0 and x1 > x:
        mask[y0:y1, x:x1] = glyphs[y0 - y : y1 - y, : x1 - x]
    return mask


@lru_cache(maxsize=4096)
def _font_with(character: str, bold: bool) -> str | None:
    """Return the path of the first font that has the character; white space is in every font."""
    main = _main_font(bold)
    if character.isspace() or _has(main, character):
        return main
    return next((path for path in _further_fonts() if _has(path, character)), None)


def _has(path: str, character: str) -> bool:
    """Whether a font has a glyph of its own for the character rather than the one that stands for missing ones."""
    font = _font(path, 32)
    return character.isprintable() and bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffd"))


@lru_cache(maxsize=64)
def _font(path: str, size: int) -> _Font:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=2)
def _main_font(bold: bool) -> str:
    """Return DejaVu Sans (Latin, Greek, Cyrillic, Arabic, …), which Matplotlib ships and most systems have."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    matplotlib = importlib.util.find_spec("matplotlib")  # found without being imported, which would take long
    folders = [Path(matplotlib.origin).parent / "mpl-data/fonts/ttf"] if matplotlib and matplotlib.origin else []
    folders.append(Path("/usr/share/fonts/truetype/dejavu"))
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"the font {name} is missing: install Matplotlib, or Debian's package fonts-dejavu-core"
        )
    return str(found)


@lru_cache(maxsize=1)
def _further_fonts() -> tuple[str, ...]:
    found = (path for name in _CJK_FONTS for folder in _SYSTEM_FONTS for path in folder.rglob(name))
    return tuple(map(str, found))
