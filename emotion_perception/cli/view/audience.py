"""Who looks at the page, and what each of them is still to be sent.

A viewer gets the newest of everything and nothing that is out of date: what it has no time for is replaced, never
queued, so that a slow one is late for itself alone and takes no more memory than a fast one. A page answers what it
gets, as the buffers of a network hold seconds of what nobody has seen yet.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

#: Pictures, and likewise texts, that a viewer is sent before it answers. One would leave the network idle meanwhile.
_IN_FLIGHT = 2
#: Lines of speech that wait for a viewer.
_LINES = 50


class Viewer:
    """One open page. Belongs to the server's thread."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._looking = False
        self._room: dict[type, int] = {bytes: _IN_FLIGHT, str: _IN_FLIGHT}
        self._picture: bytes | None = None
        self._newest: dict[str, str] = {}
        self._lines: deque[str] = deque(maxlen=_LINES)

    @property
    def looking(self) -> bool:
        """Whether the page can be seen."""
        return self._looking

    @looking.setter
    def looking(self, looking: bool) -> None:
        self._looking = looking
        self._picture = None  # of before

    def offer_picture(self, jpeg: bytes) -> None:
        """Take the place of the picture that waits."""
        self._picture = jpeg
        self.wake.set()

    def offer(self, kind: str, text: str, *, every: bool) -> None:
        """Take the place of the last of that kind, or its turn after it if ``every`` one counts."""
        if every:
            self._lines.append(text)
        else:
            self._newest[kind] = text
        self.wake.set()

    def answered(self, kind: type) -> None:
        """Note that the page has shown a picture (bytes) or read a text (str)."""
        self._room[kind] = min(_IN_FLIGHT, self._room[kind] + 1)
        self.wake.set()

    def next(self) -> str | bytes | None:
        """Return what to send now, None when there is nothing."""
        if self._room[str] and (self._lines or self._newest):
            self._room[str] -= 1
            return self._lines.popleft() if self._lines else self._newest.pop(next(iter(self._newest)))
        if self._room[bytes] and self._picture is not None:
            self._room[bytes] -= 1
            picture, self._picture = self._picture, None
            return picture
        return None


class Audience:
    """All viewers. `show`, `tell` and `looking` are for any thread, the rest for the server's.

    changed: called in the server's thread when the first begins to look, and when the last one ceases to.
    """

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._viewers: set[Viewer] = set()
        self._looking = threading.Event()

    @property
    def looking(self) -> bool:
        """Whether anybody looks."""
        return self._looking.is_set()

    def show(self, jpeg: bytes) -> None:
        """Give a picture to everybody who looks."""
        self._post(lambda viewer: viewer.offer_picture(jpeg))

    def tell(self, kind: str, content: dict[str, Any], *, every: bool = False) -> None:
        """Give a message to everybody who looks; only the newest of a kind counts, unless ``every`` one does."""
        text = json.dumps({"kind": kind} | content, ensure_ascii=False, separators=(",", ":"))
        self._post(lambda viewer: viewer.offer(kind, text, every=every))

    def join(self) -> Viewer:
        """Return a new viewer, who does not look yet."""
        viewer = Viewer()
        self._viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)
        self._count()

    def look(self, viewer: Viewer, looking: bool) -> None:
        """Note whether a viewer's page can be seen."""
        viewer.looking = looking
        self._count()

    def _count(self) -> None:
        looking = any(viewer.looking for viewer in self._viewers)
        if looking != self.looking:
            (self._looking.set if looking else self._looking.clear)()
            self.changed()

    def _post(self, give: Callable[[Viewer], None]) -> None:
        if self.looking and self.loop is not None:
            try:
                self.loop.call_soon_threadsafe(self._give, give)
            except RuntimeError:  # the server has just closed
                return

    def _give(self, give: Callable[[Viewer], None]) -> None:
        for viewer in self._viewers:
            if viewer.looking:
                give(viewer)
