"""Joins what several topics say about the same image, by its stamp."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Joined:
    """One image and what is known about it; parts that did not come in time are missing."""

    stamp: int
    arrived: float
    parts: dict[str, Any] = field(default_factory=dict)


class StampJoiner:
    """Collects the named parts of each stamp and lets them go together, in the order of the stamps.

    A stamp is complete with all ``parts``. It goes without the missing ones once a later stamp is complete, when the
    part ``leader`` has waited ``timeout`` seconds, or when more than ``capacity`` stamps wait. Without its leader
    a stamp is never let go but dropped. Times are those of any one clock, in seconds.
    """

    def __init__(self, parts: tuple[str, ...], *, leader: str, timeout: float, capacity: int = 8) -> None:
        self._parts = frozenset(parts)
        self._leader = leader
        self._timeout = timeout
        self._capacity = capacity
        self._waiting: dict[int, Joined] = {}
        self._gone: deque[int] = deque(maxlen=64)

    def add(self, part: str, stamp: int, value: Any, now: float) -> list[Joined]:
        """Take one part, and return what can go now. A part that comes after its stamp went is ignored."""
        if stamp in self._gone:
            return []
        self._waiting.setdefault(stamp, Joined(stamp, now)).parts[part] = value
        complete = [each.stamp for each in self._waiting.values() if each.parts.keys() == self._parts]
        return self._release(max(complete)) if complete else self.expire(now)

    def expire(self, now: float) -> list[Joined]:
        """Return what has waited too long, or is too much to keep."""
        late = [each.stamp for each in self._waiting.values() if now - each.arrived >= self._timeout]
        stamps = sorted(self._waiting)
        if len(stamps) > self._capacity:
            late.append(stamps[-self._capacity - 1])
        return self._release(max(late)) if late else []

    def _release(self, until: int) -> list[Joined]:
        gone = [self._waiting.pop(stamp) for stamp in sorted(self._waiting) if stamp <= until]
        self._gone.extend(each.stamp for each in gone)
        return [each for each in gone if self._leader in each.parts]
