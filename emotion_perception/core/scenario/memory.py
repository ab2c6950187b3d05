"""Who was greeted and who must not be asked: in RAM, except for the day of a refusal, which is about no face."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from emotion_perception.core import paths
from emotion_perception.core.errors import ScenarioError


class RefusalLog(Protocol):
    """Keeps the last day on which somebody said no to being remembered: that alone, nothing about the person."""

    def last(self) -> str:
        """ISO date, or "" if nobody ever refused."""

    def note(self, day: str) -> None:
        """Keep ``day`` (ISO date)."""


class RefusalsInMemory:
    """A log that ends with the process."""

    def __init__(self) -> None:
        self._day = ""

    def last(self) -> str:
        """ISO date, or "" if nobody refused."""
        return self._day

    def note(self, day: str) -> None:
        """Keep ``day``."""
        self._day = day


class RefusalsInFile:
    """A log that survives a restart: one line, an ISO date, in a file that only the user can read."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path if path is not None else paths.data_dir() / "dialogue" / "refused_on"

    def last(self) -> str:
        """ISO date, or "" if there is none or the file holds something else. Raises ScenarioError if unreadable."""
        try:
            text = self._path.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise ScenarioError(
                f"cannot read {self._path} ({error.strerror}): make it readable, or remove it to be asked again today"
            ) from error
        return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else ""

    def note(self, day: str) -> None:
        """Keep ``day``; whole or not at all. Raises ScenarioError if it cannot be written."""
        part = self._path.with_name(self._path.name + ".part")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(day + "\n")
            part.replace(self._path)
        except OSError as error:
            raise ScenarioError(
                f"cannot write {self._path} ({error.strerror}): make the folder writable, so that nobody is asked twice"
            ) from error


class Memory:
    """What outlives a conversation, and is shared by all conversations of a run.

    Greetings are kept by person, or by track for somebody unknown, and dropped once they are too old to matter, so
    that memory does not grow. Times are the engine's ``now``: seconds since 1970 if days are to be calendar days.

    refusals: read once, here, so that its ScenarioError comes before anybody is greeted. trouble: called with the
    sentence of one that comes later; whoever refuses is heard all the same.
    """

    def __init__(
        self, refusals: RefusalLog | None = None, *, trouble: Callable[[str], None] = lambda sentence: None
    ) -> None:
        self._refusals: RefusalLog = refusals if refusals is not None else RefusalsInMemory()
        self._refused_on = self._refusals.last()
        self._trouble = trouble
        self._greeted: dict[str, float] = {}

    def note_greeting(self, key: str, now: float) -> None:
        """The person with this id, or the face with this track, was greeted."""
        self._greeted[key] = now

    def greeted(self, key: str, now: float, within: float) -> bool:
        """Whether ``key`` was greeted in the last ``within`` seconds. A clock that was set back forgets nothing."""
        at = self._greeted.get(key)
        return at is not None and abs(now - at) < within

    def prune(self, now: float, older_than: float) -> None:
        """Drop the greetings that are older than so many seconds."""
        self._greeted = {key: at for key, at in self._greeted.items() if abs(now - at) < older_than}

    def note_refusal(self, now: float) -> None:
        """Somebody does not want to be remembered; nobody can tell who without remembering them, so only the day is."""
        if self.refused_today(now):
            return
        self._refused_on = _day(now)
        try:
            self._refusals.note(self._refused_on)
        except ScenarioError as error:
            self._trouble(str(error))

    def refused_today(self, now: float) -> bool:
        """Whether somebody has said no on the calendar day of ``now``, in the time zone of this machine."""
        return self._refused_on == _day(now)

    @property
    def greetings(self) -> int:
        """How many greetings are kept."""
        return len(self._greeted)


def _day(now: float) -> str:
    return datetime.fromtimestamp(now).date().isoformat()
