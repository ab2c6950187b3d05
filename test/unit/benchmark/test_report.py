"""The page says what was measured, against the budgets, and what could not be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from emotion_perception.benchmark.budgets import budgets
from emotion_perception.benchmark.plan import (
    PERCEPTION,
    USUAL,
    GraphRun,
    ImportRun,
    KernelRun,
    PeerRun,
    comparison,
    quick,
    whole,
)
from emotion_perception.benchmark.plot import draw_cost
from emotion_perception.benchmark.report import write_page
from emotion_perception.benchmark.session import Results

CROWD = replace(USUAL, faces=10)


def graph_answer(p50: float, **others: Any) -> dict[str, Any]:
    return {
        "p50": p50,
        "p99": 2 * p50,
        "rate": 120.0,
        "frames": 900,
        "lost": 0,
        "cores": 0.25,
        "cpu_per_frame": 8.0,
        "memory": 180_000_000,
        "first": 1.5,
        "stages": {"face_detector": 5.0, "emotion_classifier": 1.0},
        **others,
    }


@pytest.fixture
def results() -> Results:
    made = Results({"processor": "A Processor", "cores": 2, "memory GB": 8.0}, rounds=3, loads=[0.5, 1.25])
    made.answers = {
        ImportRun("emotion_perception.core"): [{"seconds": 0.3}] * 3,
        GraphRun(USUAL, 900): [graph_answer(p50) for p50 in (8.0, 99.0, 9.0)],
        GraphRun(USUAL, 900, lossless=True): [graph_answer(14.0)] * 3,
        GraphRun(CROWD, 900): [graph_answer(20.0)] * 3,
        GraphRun(CROWD, 900, lossless=True): [graph_answer(30.0, cpu_per_frame=25.0)] * 3,
        GraphRun(USUAL, 900, apart=True): [graph_answer(7.0)] * 3,
        KernelRun(USUAL, 100): [
            {
                "steps": {"decode": 1.0, "detect": 2.5, "track": 0.5, "align": 0.25, "classify": 0.75},
                "total": 5.0,
                "recall": 1.0,
                "false": 0,
            }
        ],
        PeerRun(USUAL, 90): [{"rate": 30.0, "recall": 0.9, "false": 2}] * 3,
    }
    made.absent = {PeerRun(USUAL, 90, mtcnn=True): "needs PyTorch"}
    return made


def row(page: str, begin: str) -> list[str]:
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {begin}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_budgets_are_compared_with_medians(results: Results) -> None:
    found = {each.what: (each.value, each.met) for each in budgets(results)}
    assert found["image to `/emotion`, p50"] == (9.0, True)
    assert found["frames lost of 2700"] == (0, True)
    assert found["CPU of camera, faces and emotion"] == (25.0, True)
    assert found["frames per second flat out, against `fer` (Haar)"] == (4.0, True)
    assert found["CPU a frame with 10 faces, against one face"] == (3.125, False)


def test_what_was_not_measured_is_not_met(results: Results) -> None:
    results.answers = {}
    assert {each.met for each in budgets(results)} == {None}
    assert "not measured" in write_page(results, command="benchmark")


def test_the_page_tells_conditions_and_numbers(results: Results) -> None:
    page = write_page(results, command="emotion-perception benchmark", picture="p.png", changes="p_changes.md")
    assert "2 cores of A Processor" in page
    assert "load average 0.5 to 1.25" in page
    assert "Medians of 3 interleaved rounds" in page
    assert row(page, "image to `/emotion`, p50") == ["image to `/emotion`, p50", "≤ 10 ms", "9", "met"]
    assert row(page, "CPU a frame")[-1] == "**missed**"
    assert row(page, "640x480 | 1 | `fer`, Haar") == [
        "640x480",
        "1",
        "`fer`, Haar",
        "30.0",
        "90 %",
        "6",
        "120.0 (4.0x)",
    ]
    assert "`fer` with MTCNN needs PyTorch." in page
    assert row(page, "1 | one |") == ["1", "one", "5.0", "1.0", "3.0", "9.0"]
    one = next(line for line in page.splitlines() if line.startswith("| 640x480 | 1 | 9.0"))
    assert "2.2x" in one  # 9.0 over 2.5 + 0.5 + 0.25 + 0.75
    assert "![Cost against faces and size](p.png)" in page
    assert "[p_changes.md](p_changes.md)" in page


def test_a_node_beside_perception_is_compared_with_its_absence(results: Results) -> None:
    without, with_ = comparison(("overlay",), frames=300)
    results.answers |= {without: [graph_answer(9.0)], with_: [graph_answer(10.5)]}
    page = write_page(results, command="benchmark")
    assert row(page, "without `overlay`")[1] == "9.0"
    assert row(page, "with `overlay`")[1] == "10.5"
    assert with_.nodes == (*PERCEPTION, "overlay")


def test_everything_can_be_written_as_json(results: Results) -> None:
    read = json.loads(json.dumps(results.as_json()))
    assert read["measurements"][1]["run"]["scene"] == {"faces": 1, "width": 640, "height": 480}
    assert [answer["p50"] for answer in read["measurements"][1]["answers"]] == [8.0, 99.0, 9.0]


def test_the_plot_needs_two_numbers_of_faces(results: Results, tmp_path: Path) -> None:
    assert draw_cost(results, tmp_path / "cost.png")
    picture = cv2.imread(str(tmp_path / "cost.png"))
    assert picture is not None
    assert picture.std() > 5
    results.answers = {run: each for run, each in results.answers.items() if run == GraphRun(USUAL, 900)}
    assert not draw_cost(results, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_plans_measure_what_budgets_are_about() -> None:
    plan = whole()
    assert max(run.frames for run in plan if isinstance(run, GraphRun)) == 900
    assert {run.scene.faces for run in plan if isinstance(run, GraphRun)} == {0, 1, 4, 10}
    assert len({run.scene.size for run in plan if isinstance(run, GraphRun)}) == 3
    assert {run.apart for run in plan if isinstance(run, GraphRun)} == {True, False}
    assert {run.mtcnn for run in quick() if isinstance(run, PeerRun)} == {True, False}


def test_an_interrupted_measurement_says_so(results: Results) -> None:
    assert "interrupted" not in write_page(results, command="benchmark")
    results.interrupted = True
    assert "**It was interrupted**" in write_page(results, command="benchmark")
    assert results.as_json()["interrupted"]


def test_a_camera_below_its_rate_is_told_and_lost_frames_are_none(results: Results) -> None:
    usual = GraphRun(USUAL, 900)
    results.answers[usual] = [graph_answer(8.0, rate=27.0, lost=100)] * 3
    assert "could not play" not in write_page(results, command="benchmark")
    results.answers[usual] = [graph_answer(8.0, rate=27.0)] * 3
    page = write_page(results, command="benchmark")
    assert "* graph (one process, emotion_classifier, face_detector), 640x480, 1 face, 30 Hz: 27.0" in page
