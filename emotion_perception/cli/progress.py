"""A bar on a terminal, a few lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

_WIDTH = 30
_REDRAW = 0.1  # seconds


def progress_bar(what: str) -> Callable[[int, int], None]:
    """Return a function that takes how many of how many are done, and shows it on stderr, with the time that is left.

    On a terminal a bar is drawn again and again; otherwise there is a line at each tenth.
    """
    began = time.monotonic()
    drawn, tenth = 0.0, -1

    def show(done: int, total: int) -> None:
        nonlocal drawn, tenth
        now = time.monotonic()
        text = f"{what} {done:,} of {total:,}"
        if sys.stderr.isatty():
            if now - drawn < _REDRAW and done < total:
                return
            drawn = now
            filled = _WIDTH * done // max(1, total)
            left = (now - began) * (total - done) / max(1, done)
            bar = "#" * filled + "." * (_WIDTH - filled)
            end = "\n" if done == total else f", {left:.0f} s left"
            print(f"\r\x1b[K[{bar}] {text}", end=end, file=sys.stderr, flush=True)
        elif 10 * done // max(1, total) > tenth:
            tenth = 10 * done // max(1, total)
            print(text, file=sys.stderr, flush=True)

    return show
