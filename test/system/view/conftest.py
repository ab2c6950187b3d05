"""A real browser before the live page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the module that pictures.py, a script, imports from beside it too

from browser import INSTALL, Browser, find_browser


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser with an empty page; CI installs one, so there it must not be missing."""
    if find_browser() is None:
        lack = f"the page is tested in a real browser, and there is none: {INSTALL}"
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)
    with Browser() as made:
        yield made
