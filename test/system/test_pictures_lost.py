"""What `run --out` says of a video that lacks pictures."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from emotion_perception.cli.main import main
from emotion_perception.core.report import overlay_video
from emotion_perception.core.report.mp4 import Mp4Writer


@pytest.mark.parametrize("slow", [True, False], ids=["too slow", "in time"])
def test_pictures_that_could_not_be_encoded_in_time_are_counted(
    slow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add = Mp4Writer.add

    def slow_add(self: Mp4Writer, image: object, stamp: int) -> None:
        time.sleep(0.2)
        add(self, image, stamp)  # type: ignore[arg-type]

    if slow:
        monkeypatch.setattr(overlay_video, "_LONGEST_QUEUE", 2)
        monkeypatch.setattr(Mp4Writer, "add", slow_add)
    source = "synthetic:?count=30&rate=30&width=64&height=48"
    assert main(["run", "--source", source, "--out", str(tmp_path)]) == 0
    assert ("overlay.mp4 lacks " in capsys.readouterr().out) is slow
