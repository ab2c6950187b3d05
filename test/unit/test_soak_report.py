"""The judge of `make soak`: a soak that went wrong must not pass."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def report() -> ModuleType:
    path = Path(__file__).parents[1] / "soak" / "report.py"
    spec = importlib.util.spec_from_file_location("soak_report", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak_report"] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


def memory(start: float, end: float) -> list[tuple[float, float]]:
    """Ten minutes, the first of which is all caches."""
    return [(float(second), 100.0 if second < 60 else start + (end - start) * second / 600) for second in range(600)]


def outcome(report: ModuleType, **changes: Any) -> Any:
    good = {
        "minutes": 10.0, "seed": 1, "emotions": 17000, "with_face": 16000, "not_newer": 0, "oldest": 0.3,
        "oldest_at": 5.0, "final_rate": 29.5, "memory": memory(240, 245), "processor": 150.0, "log_lines": 40,
        "exit_code": 0, "events": [report.Event(10.0, "sender killed", 3, 0, 0.2, ["nothing arrives"])],
    }  # fmt: skip
    return report.Outcome(**(good | changes))


def test_a_good_soak_passes_and_is_reported(report: ModuleType, tmp_path: Path) -> None:
    assert outcome(report).failures() == []
    markdown, numbers = report.write(outcome(report), tmp_path)
    assert "**Passed.**" in markdown.read_text()
    assert "| 10 | sender killed | 3 | 0.20 | nothing arrives |" in markdown.read_text()
    assert json.loads(numbers.read_text())["failures"] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"final_rate": 0.0}, "not publishing at the end"),
        ({"memory": memory(240, 300)}, "memory grew by"),
        ({"not_newer": 1}, "1 stamps were not newer"),
        ({"log_lines": 700}, "700 log lines in 10 minutes"),
        ({"with_face": 0}, "no face was seen"),
        ({"exit_code": -11}, "exit code -11"),
    ],
)
def test_what_went_wrong_is_said(report: ModuleType, tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    bad = outcome(report, **changes)
    (failure,) = bad.failures()
    assert sentence in failure
    markdown, _ = report.write(bad, tmp_path)
    assert "**Failed.**" in markdown.read_text()
    assert sentence in markdown.read_text()


@pytest.mark.parametrize(
    ("invented", "recovery", "sentence"),
    [(0, None, "no emotion within 5 s after sender killed"), (0, 7.5, "no emotion"), (2, 0.1, "2 emotions of nothing")],
)
def test_a_stream_that_is_not_taken_up_again_or_made_up_fails(
    report: ModuleType, invented: int, recovery: float | None, sentence: str
) -> None:
    event = report.Event(10.0, "sender killed", 3, invented, recovery, [])
    (failure,) = outcome(report, events=[event]).failures()
    assert sentence in failure


def test_memory_is_not_judged_before_it_is_warm(report: ModuleType) -> None:
    assert outcome(report, memory=memory(240, 400)[:100]).growth is None
