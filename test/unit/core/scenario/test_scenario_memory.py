from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path

import pytest

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.scenario.memory import Memory, RefusalsInFile

NOON = 86400.0 * 365 + 43200
DAY = datetime.fromtimestamp(NOON).date().isoformat()


def test_a_file_of_refusals_holds_a_day_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "dialogue" / "refused_on"
    Memory(RefusalsInFile(path)).note_refusal(NOON)
    assert path.read_text() == f"{DAY}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["refused_on"]
    memory = Memory(RefusalsInFile(path))
    assert memory.refused_today(NOON + 3600)
    assert not memory.refused_today(NOON + 86400)


@pytest.mark.parametrize("content", ["", "yesterday", "1971-01-01\n1971-01-02", "\udcff"])
def test_a_damaged_file_of_refusals_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "refused_on"
    path.write_bytes(content.encode(errors="surrogateescape"))
    assert RefusalsInFile(path).last() == ""
    RefusalsInFile(path).note("1971-01-01")
    assert RefusalsInFile(path).last() == "1971-01-01"


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match=r"cannot write .*make the folder writable"):
        RefusalsInFile(tmp_path / "file" / "refused_on").note("1971-01-01")
    with pytest.raises(ScenarioError, match=r"cannot read .*remove it"):
        RefusalsInFile(tmp_path).last()


def test_greetings_are_dropped_when_they_are_old(tmp_path: Path) -> None:
    memory = Memory()
    memory.note_greeting("p1", NOON)
    assert memory.greeted("p1", NOON + 100, within=1800)
    assert memory.greeted("p1", NOON - 100, within=1800)
    assert not memory.greeted("p1", NOON + 1800, within=1800)
    memory.prune(NOON + 1000, older_than=1800)
    assert memory.greetings == 1
    memory.prune(NOON + 2000, older_than=1800)
    assert memory.greetings == 0


class FullDisk:
    """A log that was readable, and cannot be written."""

    reads = 0

    def last(self) -> str:
        self.reads += 1
        return ""

    def note(self, day: str) -> None:
        raise ScenarioError("the disk is full")


def test_a_refusal_that_cannot_be_written_down_counts_and_is_told() -> None:
    troubles: list[str] = []
    log = FullDisk()
    memory = Memory(log, trouble=troubles.append)
    memory.note_refusal(NOON)
    assert (memory.refused_today(NOON), log.reads) == (True, 1)
    assert troubles == ["the disk is full"]


def test_a_log_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot read"):
        Memory(RefusalsInFile(tmp_path))
