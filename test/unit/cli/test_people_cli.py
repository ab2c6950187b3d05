from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.cli.main import main
from emotion_perception.cli.table import print_table
from emotion_perception.core.people import Consent, PeopleStore, Person, default_path

DAY = 86_400.0


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Iterator[None]:
    """People are looked for in a folder of the test's, and times shown are those of Greenwich."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def call() -> Callable[..., int]:
    """call("list") -> the exit code of `emotion-perception people list`."""
    return lambda *arguments: main(["people", *map(str, arguments)])


@pytest.fixture
def enroll() -> Callable[..., Person]:
    """enroll("Anna") -> a person in the default database."""

    def add(name: str, *, note: str = "spoken, asked by me", **options: object) -> Person:
        with PeopleStore(embedder="dlib_resnet", dimension=128) as store:
            count = len(store.people())
            return store.enroll(name, np.full((2, 128), count), consent=Consent(1.0, note), **options)  # type: ignore[arg-type]

    return add


@pytest.mark.parametrize("arguments", [("list",), ("list", "--audit"), ("forget", "--all")])
def test_nobody(call: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert call(*arguments) == 0
    assert capsys.readouterr().out == "nobody is enrolled\n"
    assert not default_path().exists()


def test_nobody_for_programs(call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("arguments", [("forget", "Anna"), ("export", "out.json")])
def test_nobody_to_do_it_to(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert call(*arguments) == 1
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"emotion-perception: nobody is enrolled in {default_path()}: give another file with --people.\n",
    )


def test_list_is_a_table_that_stays_aligned_in_any_script(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["Anna", "王小明", "Ἀλέξανδρος", 'O\'Brien "Bob"']
    people = [enroll(name, language="el", retention_days=30 if name == "Anna" else None) for name in names]
    assert call("list") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "LANGUAGE", "ENROLLED", "LAST", "SEEN", "EXPIRES", "PERSON", "CONSENT"]
    assert len(rows) == 4
    language = header.index("LANGUAGE")
    for row, person in zip(rows, people, strict=True):
        narrow = row.replace("王小明", "123456")  # each of those takes two columns of a terminal
        assert narrow[:language].rstrip() == person.name.replace("王小明", "123456")
        assert narrow[language:].startswith("el ")
        assert narrow[header.index("CONSENT") :] == "spoken, asked by me"
        assert narrow[header.index("PERSON") :].startswith(person.id)
        assert narrow[header.index("ENROLLED") :].startswith(time.strftime("%Y-", time.gmtime(person.first_seen)))
    assert "never" not in rows[0]
    assert "never" in rows[1]


def test_list_for_programs_has_everything_but_biometrics(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    anna = enroll("Ánna", retention_days=1)
    assert call("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "id": anna.id,
            "name": "Ánna",
            "language": "",
            "consent": {"given_at": 1.0, "note": "spoken, asked by me"},
            "first_seen": anna.first_seen,
            "last_seen": anna.first_seen,
            "expires": anna.first_seen + DAY,
            "embeddings": 2,
        }
    ]


def test_names_that_the_terminal_cannot_show_are_escaped(enroll: Callable[..., Person]) -> None:
    enroll("王小明")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "emotion_perception.cli.main", "people", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "\\u738b\\u5c0f\\u660e  " in done.stdout


def test_marks_and_joiners_take_no_column(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([("a", "b"), ("e\u0301", "x"), ("क\u200d", "y")])
    assert [line[-1] for line in capsys.readouterr().out.splitlines()] == ["b", "x", "y"]


def test_forget_by_name_and_by_uuid(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    anna, bob, zoe = enroll("Anna"), enroll("Bob"), enroll("Zoe")
    assert call("forget", "Anna") == 0
    assert call("forget", bob.id) == 0
    assert capsys.readouterr() == (f"Anna forgotten ({anna.id})\nBob forgotten ({bob.id})\n", "")
    assert call("forget", "anna") == 1
    assert capsys.readouterr().err.startswith('emotion-perception: nobody here is called "anna": give ')
    with PeopleStore(embedder="dlib_resnet", dimension=128) as store:
        assert store.people() == [zoe]


def test_forget_everybody(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    enroll("Anna")
    assert call("forget", "--all") == 0
    assert call("list") == 0
    assert capsys.readouterr().out == "1 person forgotten\nnobody is enrolled\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("forget",),
        ("forget", "Anna", "--all"),
        ("enroll", "--image", "a.jpg"),
        ("enroll", "--name", "Anna"),
        ("enroll", "--name", "Anna", "--image", "a.jpg", "--camera"),
        ("export",),
    ],
)
def test_what_is_not_understood(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as raised:
        call(*arguments)
    assert raised.value.code == 2
    assert "usage: emotion-perception people" in capsys.readouterr().err


def test_a_running_node_notices(call: Callable[..., int], enroll: Callable[..., Person]) -> None:
    anna = enroll("Anna")
    with PeopleStore(embedder="dlib_resnet", dimension=128) as node:
        assert node.gallery().people == (anna,)
        assert call("forget", "Anna") == 0
        assert node.changed()
        assert node.gallery().people == ()


def test_what_a_reader_holds_up_is_said(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    enroll("Anna")
    with PeopleStore(embedder="dlib_resnet", dimension=128) as node, node._database.reading() as connection:
        connection.execute("SELECT * FROM person").fetchall()
        assert call("forget", "Anna") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Anna forgotten")
    assert err.startswith(f"their bytes are still in {default_path()}, as another process is reading it")


def test_export_and_import_into_another_database(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    anna = enroll("Anna")
    file, other = tmp_path / "people.json", tmp_path / "other.db"
    assert call("export", file) == 0
    assert capsys.readouterr().out == f"1 person exported to {file}: whoever has that file can recognise them\n"
    assert call("import", file, "--people", other) == 0
    assert call("import", file, "--people", other) == 0
    assert capsys.readouterr().out == "1 person imported, 0 known already\n0 people imported, 1 known already\n"
    assert call("forget", anna.id, "--people", other) == 0
    assert call("import", file, "--people", other) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "0 people imported, 0 known already, 1 left out as they were forgotten here"
    )
    assert call("export", file) == 1
    assert capsys.readouterr().err == f"emotion-perception: {file} is there already: delete it, or give another name.\n"


def test_the_audit(
    call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    anna = enroll("Anna")
    call("export", tmp_path / "people.json")
    call("forget", "Anna")
    capsys.readouterr()
    assert call("list", "--audit") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["TIME", "ACTION", "PERSON"]
    assert [row.split()[2:] for row in rows] == [
        ["enrolled", anna.id],
        ["exported", "everybody"],
        ["forgotten", anna.id],
    ]
    assert call("list", "--audit", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0] == {"time": anna.first_seen, "action": "enrolled", "person": anna.id}


def test_purge(call: Callable[..., int], enroll: Callable[..., Person], capsys: pytest.CaptureFixture[str]) -> None:
    enroll("Anna", retention_days=1e-9)
    bob = enroll("Bob", retention_days=1)
    assert call("purge") == 0
    assert capsys.readouterr().out == "1 person purged\n"
    with PeopleStore(embedder="dlib_resnet", dimension=128) as store:
        assert store.people() == [bob]


@pytest.mark.parametrize("action", [("list",), ("forget", "Anna"), ("purge",), ("export", "x.json")])
def test_a_damaged_database_is_one_sentence(
    call: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, action: tuple[str, ...]
) -> None:
    path = tmp_path / "people.db"
    path.write_bytes(b"no database" * 1000)
    assert call(*action, "--people", path) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"emotion-perception: {path} is damaged and was left as it is: ")
    assert len(err.splitlines()) == 1
    assert path.read_bytes() == b"no database" * 1000
