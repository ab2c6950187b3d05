from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from emotion_perception.speech.voices.cache import PhraseCache

DAY = 24 * 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "phrases"


def age(folder: Path, days: float, *, but: set[Path] = frozenset()) -> None:  # type: ignore[assignment]
    for path in set(folder.iterdir()) - but:
        os.utime(path, (time.time() - days * DAY,) * 2)


def test_keeps_what_it_is_given_for_its_owner_alone(folder: Path) -> None:
    PhraseCache(folder, limit=100).put(b"sound", "gtts", "en", "Hello Anna")

    assert PhraseCache(folder, limit=100).get("gtts", "en", "Hello Anna") == b"sound"
    assert PhraseCache(folder, limit=100).get("gtts", "el", "Hello Anna") is None
    (path,) = folder.iterdir()
    assert "Anna" not in path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_others_may_read_is_closed_to_them(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)

    PhraseCache(folder, limit=100).put(b"sound", "hello")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_not_said_for_longest_makes_room(folder: Path) -> None:
    cache = PhraseCache(folder, limit=100)
    for number, text in enumerate(("one", "two")):
        known = set(folder.iterdir()) if folder.exists() else set()
        cache.put(bytes(40), text)
        age(folder, 2 - number, but=known)

    assert cache.get("one")  # said again, so it is now the newest
    cache.put(bytes(40), "three")

    assert [text for text in ("one", "two", "three") if cache.has(text)] == ["one", "three"]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 100


def test_what_is_larger_than_the_limit_is_not_kept(folder: Path) -> None:
    PhraseCache(folder, limit=100).put(bytes(101), "hello")

    assert not folder.exists()


def test_what_nobody_says_is_gone_after_a_month(folder: Path) -> None:
    PhraseCache(folder, limit=100).put(b"old", "old")
    age(folder, 31)

    assert not PhraseCache(folder, limit=100).has("old")


def test_a_disk_that_refuses_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = PhraseCache(tmp_path / "file" / "phrases", limit=100)

    cache.put(b"sound", "hello")

    assert cache.get("hello") is None
