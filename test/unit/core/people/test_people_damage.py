"""Files that are no database of ours, not any more, or not to be written: a sentence, and not one byte changed."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Consent, PeopleStore

Embed = Callable[..., NDArray[np.float32]]
Open = Callable[..., PeopleStore]


@pytest.fixture
def filled(open_store: Open, consent: Consent, embed: Embed, path: Path) -> Path:
    """A closed database of thirty people."""
    with open_store() as store:
        for seed in range(30):
            store.enroll(f"person {seed}", embed(5, seed=seed), consent=consent)
    return path


@pytest.fixture
def with_log(path: Path) -> Path:
    """A database whose process was killed: part of it is in the write-ahead log only."""
    program = (
        "import os, sys, pathlib, numpy as np\n"
        "from emotion_perception.core.people import Consent, PeopleStore\n"
        "def enroll(store, count):\n"
        "    for number in range(count):\n"
        "        store.enroll(f'person {number}', np.ones((5, 128)), consent=Consent(0, 'test'))\n"
        "def opened(): return PeopleStore(pathlib.Path(sys.argv[1]), embedder='dlib_resnet', dimension=128)\n"
        "with opened() as store: enroll(store, 30)\n"
        "enroll(opened(), 3)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], timeout=60, check=False)
    assert path.with_name("people.db-wal").stat().st_size > 0
    return path


def everything(path: Path) -> dict[str, bytes]:
    """Content of the database and its log; SQLite makes an empty log to look at one, and the log's index anew."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return {file.name: file.read_bytes() if file.exists() else b"" for file in files}


def spoil(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(length))


def refused(open_store: Open, path: Path, sentence: str) -> None:
    before = everything(path)
    for use in (open_store, PeopleStore.existing):
        with pytest.raises(PeopleError, match=sentence) as raised:
            use(path)
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)
    assert everything(path) == before


DAMAGED = "is damaged and was left as it is: move it, with the -wal and -shm files beside it if there are any, to"


@pytest.mark.parametrize(("at", "length"), [(0, 100), (4096, 4096), (3 * 4096, 200), (12 * 4096, 4096), (80_000, 9000)])
def test_a_damaged_file_is_left_as_it_is(open_store: Open, filled: Path, at: int, length: int) -> None:
    spoil(filled, at, length)
    refused(open_store, filled, DAMAGED)


@pytest.mark.parametrize("at", [12 * 4096, 20 * 4096])  # pages that the log holds no newer state of
def test_the_log_of_a_killed_process_is_not_written_into_a_damaged_file(
    open_store: Open, with_log: Path, at: int
) -> None:
    spoil(with_log, at, 4096)
    refused(open_store, with_log, DAMAGED)


def test_a_header_that_is_gone(open_store: Open, filled: Path) -> None:
    spoil(filled, 16, 84)
    refused(open_store, filled, f"{DAMAGED}|is a database of another program|was written by a newer version")


@pytest.mark.parametrize("size", [10, 100, 4096, 50_000])
def test_a_file_that_was_cut_short(open_store: Open, filled: Path, size: int) -> None:
    os.truncate(filled, size)
    refused(open_store, filled, "is damaged and was left as it is")


def test_an_emptied_file_whose_log_is_there(open_store: Open, with_log: Path) -> None:
    os.truncate(with_log, 0)
    before = everything(with_log)
    with pytest.raises(PeopleError, match="is damaged and was left as it is"):
        open_store()
    assert everything(with_log) == before


def test_every_flipped_bit_is_noticed_or_harmless(open_store: Open, filled: Path) -> None:
    """Nobody is named by a changed name or a changed embedding."""
    with open_store() as store:
        people, gallery = store.people(), store.gallery()
    whole = filled.read_bytes()
    noticed = 0
    for at in random.Random(0).sample(range(len(whole)), 60):
        content = bytearray(whole)
        content[at] ^= 0x10
        filled.write_bytes(content)
        try:
            with open_store() as store:
                found = store.gallery()
                store.audit()
        except PeopleError:
            noticed += 1
            continue
        np.testing.assert_array_equal(found.embeddings, gallery.embeddings)
        assert [(person.id, person.name, person.consent) for person in found.people] == [
            (person.id, person.name, person.consent) for person in people
        ]
    assert noticed > 30


@pytest.mark.parametrize(
    ("written", "spoilt"),
    [
        (b"CREATE TABLE audit", b"CREA\xa0E TABLE audit"),  # SQLite then quotes it in a message that is no UTF-8
        (b"CREATE TABLE person", b"CREATE TABLE pers\xffn"),
        (b"person 7", b"pers\xffn 7"),
        (b"enrolled", b"enroll\x1bd"),
    ],
)
def test_text_that_is_spoilt(open_store: Open, filled: Path, written: bytes, spoilt: bytes) -> None:
    content = filled.read_bytes()
    assert written in content
    filled.write_bytes(content.replace(written, spoilt))
    with pytest.raises(PeopleError, match=DAMAGED), open_store() as store:
        store.gallery()
        store.audit()


@pytest.mark.parametrize("content", [b"name,embedding\nAnna,1\n", b"\x89PNG" + bytes(5000), b"{}"])
def test_what_is_no_database(open_store: Open, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o644)
    refused(open_store, path, "is damaged and was left as it is")
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_database_of_another_program(open_store: Open, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE contacts (name)")
    connection.close()
    refused(open_store, path, "is a database of another program and was left as it is: give another file")


def test_a_database_of_a_newer_version(open_store: Open, filled: Path) -> None:
    with sqlite3.connect(filled) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    refused(open_store, filled, r"was written by a newer version of emotion_perception \(layout 7, this one knows 1\)")


def test_a_database_without_its_tables(open_store: Open, filled: Path) -> None:
    with sqlite3.connect(filled) as connection:
        connection.execute("DROP TABLE about")
    connection.close()
    refused(open_store, filled, "is damaged and was left as it is")


def test_a_folder_or_a_device_is_no_file(open_store: Open, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="is not a file: give one to keep people in"):
        open_store(tmp_path)
    with pytest.raises(PeopleError, match="is not a file"):
        open_store(Path("/dev/null"))
    with pytest.raises(PeopleError, match=r"cannot be made or opened \(File name too long\)"):
        open_store(tmp_path / ("x" * 300))


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder, and no power over what permissions forbid: root becomes somebody else."""
    folder = Path(tempfile.mkdtemp())
    if root := os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    shutil.rmtree(folder)


def test_a_read_only_folder(open_store: Open, unprivileged: Path) -> None:
    unprivileged.chmod(0o500)
    with pytest.raises(PeopleError, match=r"cannot be made or opened \(Permission denied\): make it a file of yours"):
        open_store(unprivileged / "people.db")


def test_a_database_in_a_folder_that_became_read_only(
    open_store: Open, unprivileged: Path, consent: Consent, embed: Embed
) -> None:
    path = unprivileged / "people.db"
    with open_store(path) as store:
        anna = store.enroll("Anna", embed(), consent=consent)
    unprivileged.chmod(0o500)
    refused(open_store, path, "cannot be opened: give yourself permission|is read-only, and nothing was changed")
    unprivileged.chmod(0o700)
    path.chmod(0o400)
    with open_store(path) as store:  # of a file that may be read the people are known
        assert store.gallery().people == (anna,)
        for change in (lambda: store.enroll("Bob", embed(seed=1), consent=consent), store.forget_all):
            with pytest.raises(PeopleError, match="is read-only, and nothing was changed: give yourself permission"):
                change()
        assert store.people() == [anna]


def test_a_file_of_somebody_else(open_store: Open, unprivileged: Path) -> None:
    path = unprivileged / "people.db"
    path.touch(0o000)
    with pytest.raises(PeopleError, match="give yourself permission"):
        open_store(path)
