from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from emotion_perception.cli import people_evaluate
from emotion_perception.core.errors import ModelError, PeopleError


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five people, three pictures each; one looks so different in two of them that there is a logistic to fit."""
    monkeypatch.setattr(people_evaluate, "PEOPLE", (1, 2, 7, 12, 19))
    monkeypatch.setattr(people_evaluate, "PICTURES", (1, 3, 6))


def evaluate(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    people_evaluate.add_parser(parser.add_subparsers())
    return people_evaluate.run(parser.parse_args(["evaluate", *arguments]))


def test_it_prints_and_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.md"
    assert evaluate("--out", str(path)) == 0
    printed = capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == printed
    assert "# Telling people apart: dlib_resnet at 0.45" in printed
    assert "15 portraits of 5 people" in printed
    assert "| everybody         | 0.45      | 15   | 90        |" in printed
    assert "others, in colour" in printed


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["embedder"] == "dlib_resnet"
    assert found["everybody"]["same"] == 15
    assert {one["threshold"] for one in found["identification"]} == {0.45, 0.5, 0.6}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match=r"cannot be written \(Is a directory\): choose another file"):
        evaluate("--out", str(tmp_path))


def test_a_folder_that_is_not_there_is_named_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(people_evaluate, "embed_portraits")
    with pytest.raises(PeopleError, match="nowhere is no folder: make it, or choose another file"):
        evaluate("--out", str(tmp_path / "nowhere" / "people.md"))


def test_without_the_pictures_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="`emotion-perception models pull "):
        evaluate()
