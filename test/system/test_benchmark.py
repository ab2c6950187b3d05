"""The benchmark in miniature: real graphs, real processes, the real peer library."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_perception.benchmark import peer
from emotion_perception.benchmark.children import ask
from emotion_perception.benchmark.plan import GraphRun, ImportRun, KernelRun, PeerRun
from emotion_perception.benchmark.scenes import Scene
from emotion_perception.benchmark.session import carry_out
from emotion_perception.core import weights
from emotion_perception.core.errors import PerceptionError

SMALL = Scene(2, 320, 240)


def benchmark(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emotion_perception.cli.main", "benchmark", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


@pytest.mark.parametrize("apart", [False, True])
def test_the_graph_is_measured_in_one_process_and_in_several(apart: bool) -> None:
    run = GraphRun(SMALL, 20, lossless=True, apart=apart)
    results = carry_out([run], rounds=1, progress=lambda line: None)
    (answer,) = results.answers[run]
    assert answer["frames"] >= 20
    assert answer["lost"] == 0
    assert 1.5 <= answer["faces"] <= 2
    assert 0 < answer["p50"] <= answer["p99"]
    assert 0 < answer["first"] < 60
    assert 50e6 < answer["memory"] < 2e9
    assert answer["cpu_per_frame"] > 0


def test_bare_work_and_imports_are_measured() -> None:
    kernels, importing = KernelRun(SMALL, 10), ImportRun("emotion_perception.core")
    lines: list[str] = []
    results = carry_out([kernels, importing], rounds=2, progress=lines.append)
    assert len(lines) == 4
    assert len(results.loads) == 3
    assert set(results.answers[kernels][0]["steps"]) == {"decode", "detect", "track", "align", "classify"}
    assert results.median(kernels, "recall") == 1
    assert (results.median(importing, "seconds") or 0) > 0


def test_the_peer_library_is_fetched_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    store = weights.default_store().folder
    run = PeerRun(Scene(1, 320, 240), 10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "emotion_perception").mkdir()
    (tmp_path / "emotion_perception" / "models").symlink_to(store)

    absent = carry_out([run], rounds=1, progress=lambda line: None)
    assert "--peer" in absent.absent[run]

    peer.install()
    measured = carry_out([run], rounds=1, progress=lambda line: None)
    assert measured.answers[run][0]["recall"] > 0.5
    assert measured.answers[run][0]["rate"] > 0


def test_the_command_compares_prints_and_writes(tmp_path: Path) -> None:
    done = benchmark("--quick", "--compare", "overlay", "--json", f"{tmp_path}/b.json", "--out", f"{tmp_path}/new/b.md")
    assert done.returncode == 0, done.stderr
    assert "| with `overlay` |" in done.stdout
    assert (tmp_path / "new" / "b.md").read_text() in done.stdout
    measured = json.loads((tmp_path / "b.json").read_text())
    assert [row["run"]["nodes"][-1] for row in measured["measurements"]] == ["face_detector", "overlay"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--compare", "camera"), '"camera" cannot be left out of perception: choose face_identity or overlay'),
        (("--rounds", "-1"), "--rounds is -1: give 1 or more"),
        (("--out", "/proc/nothing/b.md"), "/proc/nothing/b.md cannot be written"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(arguments: tuple[str, ...], sentence: str) -> None:
    done = benchmark(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_fails_is_told_and_the_others_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = GraphRun(SMALL, 10, nodes=("face_detector",)), ImportRun("emotion_perception.core")
    monkeypatch.setattr("emotion_perception.benchmark.session._PATIENCE", 10.0)
    results = carry_out([broken, sound], rounds=1, progress=lambda line: None)
    (sentence,) = results.failed
    assert sentence.startswith("graph (one process, face_detector), 320x240, 2 faces, 30 Hz: ")
    assert "did not finish within" in sentence
    assert broken not in results.answers


def test_a_failed_measurement_says_what_it_said(tmp_path: Path) -> None:
    question = {"clip": str(tmp_path / "none.mp4"), "truth": str(tmp_path / "none.npy"), "frames": 1, "warm_up": 0}
    with pytest.raises(PerceptionError, match=r"a measurement failed .*none\.npy"):
        ask("emotion_perception.benchmark.measure_kernels", question, timeout=60)


def test_a_measurement_that_takes_too_long_leaves_no_process_behind() -> None:
    mark = str(uuid.uuid4())
    question = {"clip": "/nowhere.mp4", "nodes": ["face_detector"], "frames": 1, "apart": True}
    with pytest.raises(PerceptionError, match="did not finish within 4 s"):
        ask("emotion_perception.benchmark.measure_graph", question, timeout=4, environment={"MARK": mark})
    assert not list(marked_processes(mark))


def test_ctrl_c_at_the_very_start_of_a_measurement_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = str(uuid.uuid4())

    class InterruptedOnceStarted(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("emotion_perception.benchmark.children.subprocess.Popen", InterruptedOnceStarted)
    with pytest.raises(KeyboardInterrupt):
        ask("http.server", {}, timeout=60, environment={"MARK": mark})
    assert not list(marked_processes(mark))


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    mark = str(uuid.uuid4())
    command = [sys.executable, "-m", "emotion_perception.cli.main", "benchmark", "--quick", "--compare", "overlay"]
    with subprocess.Popen(
        [*command, "--json", f"{tmp_path}/b.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARK": mark},
    ) as process:
        assert process.stderr is not None
        assert any("2 of 2" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        page, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "It was interrupted" in page
    measured = json.loads((tmp_path / "b.json").read_text())
    assert measured["interrupted"]
    assert len(measured["measurements"]) == 1
    assert not list(marked_processes(mark))


def marked_processes(mark: str) -> Iterator[int]:
    """Those that have the environment variable MARK."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MARK={mark}".encode() in (folder / "environ").read_bytes():
                yield int(folder.name)
