from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.report import overlay_video
from emotion_perception.core.report.mp4 import Mp4Writer
from emotion_perception.core.report.overlay_video import OverlayVideo

STEP = 1_000_000_000 // 30
IMAGE = np.zeros((48, 64, 3), np.uint8)


def frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_all_pictures_are_in_the_file_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "overlay.mp4"
    with OverlayVideo(path) as video:
        for index in range(20):
            video.write(IMAGE, index * STEP)
        assert not path.exists()
    assert video.dropped == 0
    assert frames_of(path) == 20
    assert [file.name for file in path.parent.iterdir()] == ["overlay.mp4"]
    video.close()


def test_the_file_is_finished_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Ctrl-C"), OverlayVideo(tmp_path / "overlay.mp4") as video:
        video.write(IMAGE, 0)
        video.write(IMAGE, STEP)
        raise RuntimeError("Ctrl-C")
    assert frames_of(tmp_path / "overlay.mp4") == 2


def test_without_a_picture_there_is_no_file_and_no_old_one_either(tmp_path: Path) -> None:
    (tmp_path / "overlay.mp4").write_text("of an earlier run")
    with OverlayVideo(tmp_path / "overlay.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_slow_encoder_costs_pictures_and_never_the_callers_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay_video, "_LONGEST_QUEUE", 4)
    go = threading.Event()
    add = Mp4Writer.add

    def slow_add(self: Mp4Writer, image: np.ndarray, stamp: int) -> None:
        go.wait(10)
        add(self, image, stamp)

    monkeypatch.setattr(Mp4Writer, "add", slow_add)
    video = OverlayVideo(tmp_path / "overlay.mp4")
    began = time.monotonic()
    for index in range(20):
        video.write(IMAGE, index * STEP)
    assert time.monotonic() - began < 5
    go.set()
    video.close()
    assert video.dropped in (15, 16)
    assert frames_of(tmp_path / "overlay.mp4") == 20 - video.dropped


def test_a_full_disk_is_told_by_write_or_close_in_a_sentence(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; import numpy as np\n"
        "from emotion_perception.core.errors import PerceptionError\n"
        "from emotion_perception.core.report.overlay_video import OverlayVideo\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "noise = np.random.default_rng(0)\n"
        "try:\n"
        "    with OverlayVideo(Path(sys.argv[1])) as video:\n"
        "        for i in range(40): video.write(noise.integers(0, 255, (240, 320, 3), dtype=np.uint8), i * 10**7)\n"
        "except PerceptionError as error: print(error)\n"
    )
    full = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "overlay.mp4"], capture_output=True, text=True, check=True, timeout=60
    )
    assert f"cannot write {tmp_path / 'overlay.mp4'} (File too large): free some space there" in full.stdout
    assert list(tmp_path.iterdir()) == []


def test_after_a_failure_write_raises_and_close_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()

    def fail(self: Mp4Writer, image: np.ndarray, stamp: int) -> None:
        failed.set()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Mp4Writer, "add", fail)
    video = OverlayVideo(tmp_path / "overlay.mp4")
    video.write(IMAGE, 0)
    assert failed.wait(5)
    with pytest.raises(PerceptionError, match="No space left on device"):
        for index in range(500):
            video.write(IMAGE, index)
            time.sleep(0.01)
    with pytest.raises(PerceptionError, match="No space left on device"):
        video.close()
    video.close()


def test_closing_does_not_hang_when_the_encoder_failed_with_pictures_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay_video, "_LONGEST_QUEUE", 2)
    go, entered = threading.Event(), threading.Event()

    def fail(self: Mp4Writer, image: np.ndarray, stamp: int) -> None:
        entered.set()
        go.wait(10)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Mp4Writer, "add", fail)
    video = OverlayVideo(tmp_path / "overlay.mp4")
    video.write(IMAGE, 0)
    assert entered.wait(5)
    for index in range(1, 10):
        video.write(IMAGE, index)
    errors: list[PerceptionError] = []

    def close() -> None:
        try:
            video.close()
        except PerceptionError as error:
            errors.append(error)

    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    go.set()
    closing.join(5)
    assert not closing.is_alive()
    assert len(errors) == 1


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PerceptionError, match=r"cannot write .*overlay.mp4"):
        OverlayVideo(tmp_path / "file" / "overlay.mp4")
