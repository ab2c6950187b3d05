from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.report.history import FaceHistory
from emotion_perception.core.report.page import Second, Snapshot, seconds_of, transitions, write_page

SECOND = 1_000_000_000


def face(*decided: str) -> FaceHistory:
    return FaceHistory("face_1", np.arange(len(decided)) / 25, np.full((len(decided), 2), 0.5), decided)


def test_seconds_count_frames_and_take_the_median_of_their_latency() -> None:
    received = [0, 100_000_000, 900_000_000, 2_500_000_000]
    frames = [(at - late * 1_000_000, at) for at, late in zip(received, (5, 7, 30, 8), strict=True)]
    assert seconds_of(frames) == [Second(3, 7.0), Second(0, None), Second(1, 8.0)]
    assert seconds_of([]) == []


def test_transitions_are_counted_without_breaks() -> None:
    found = transitions(face("happy", "happy", "sad", "happy", "sad"))
    assert found == {("happy", "sad"): 2, ("sad", "happy"): 1}
    apart = FaceHistory("face_1", np.array([0.0, 0.04, 9.0, 9.04]), np.zeros((4, 2)), ("happy", "happy", "sad", "sad"))
    assert transitions(apart) == {}


class Page(HTMLParser):
    """Checks that what is opened is closed, and keeps the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.sources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_the_page_is_whole_and_needs_no_other_file(tmp_path: Path) -> None:
    write_page(
        tmp_path / "new" / "page.html",
        title="<A & B>",
        facts=[("model", "net <1>")],
        timeline=b"png",
        faces=[face("happy", "sad", "sad", "happy")],
        seconds=[Second(25, 7.5), Second(0, None), Second(24, 9.0)],
        snapshots=[Snapshot("1.0 s <happy>", b"jpeg")],
    )
    page = Page((tmp_path / "new" / "page.html").read_text())
    assert page.open == []
    assert len(page.sources) == 2
    assert all(source.startswith("data:image/") for source in page.sources)
    for said in ("<A & B>", "net <1>", "happy", "50.0%", "happy → sad", "1.0 s <happy>"):
        assert said in page.said
    assert any("0.0 to 9.0 ms, median 8.2, over 3 s" in said for said in page.said)


def test_a_page_that_cannot_be_written_is_told() -> None:
    with pytest.raises(PerceptionError, match="/proc/nowhere"):
        write_page(
            Path("/proc/nowhere/page.html"), title="", facts=[], timeline=b"", faces=[], seconds=[], snapshots=[]
        )
