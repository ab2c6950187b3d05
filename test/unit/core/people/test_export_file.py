from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Action, Consent, Imported, PeopleStore, export_file

Embed = Callable[..., NDArray[np.float32]]
Open = Callable[..., PeopleStore]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.json"


@pytest.fixture
def exported(open_store: Open, consent: Consent, embed: Embed, file: Path) -> Path:
    """An export of Anna, who is kept for a month, and Zoé."""
    with open_store() as store:
        store.enroll("Anna", embed(3), consent=consent, language="el", retention_days=30)
        store.enroll("Zoé", embed(1, seed=1), consent=consent)
        assert store.export(file) == 2
    return file


@pytest.fixture
def other(open_store: Open, tmp_path: Path) -> PeopleStore:
    """An empty store elsewhere."""
    return open_store(tmp_path / "other" / "people.db")


def test_everything_arrives(open_store: Open, exported: Path, other: PeopleStore) -> None:
    here = open_store()
    assert other.import_people(exported) == Imported(added=2, known=0, forgotten=0)
    assert other.people() == here.people()
    np.testing.assert_array_equal(other.gallery().embeddings, here.gallery().embeddings)
    assert [(entry.action, entry.person) for entry in other.audit()] == [
        (Action.IMPORTED, person.id) for person in here.people()
    ]


def test_an_export_is_for_its_owner_alone_and_readable(exported: Path, embed: Embed) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    document = json.loads(exported.read_text(encoding="utf-8"))
    anna, zoe = document["people"]
    assert (document["format"], document["version"]) == ("emotion_perception people", 1)
    assert (document["embedder"], document["dimension"]) == ("dlib_resnet", 128)
    assert (anna["name"], anna["language"], anna["retention_days"], zoe["retention_days"]) == ("Anna", "el", 30, None)
    assert anna["consent"] == {"given_at": 1_790_000_000.25, "note": "spoken, asked by the robot"}
    values = [np.frombuffer(base64.b64decode(text), "<f4") for text in anna["embeddings"]]
    np.testing.assert_array_equal(values, embed(3))
    assert "Zoé" in exported.read_text(encoding="utf-8")


def test_nothing_is_overwritten(open_store: Open, exported: Path) -> None:
    store = open_store()
    before = exported.read_bytes()
    with pytest.raises(PeopleError, match="is there already: delete it, or give another name"):
        store.export(exported)
    assert exported.read_bytes() == before
    assert [entry.action for entry in store.audit()].count(Action.EXPORTED) == 1


def test_a_folder_that_is_not_there(store: PeopleStore, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match=r"cannot be written \(No such file or directory\)"):
        store.export(tmp_path / "nowhere" / "people.json")
    assert store.audit() == []


def test_a_write_that_fails_leaves_nothing(store: PeopleStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PeopleError, match=r"people\.json cannot be written \(No space left on device\)"):
        store.export(file)
    assert [path.name for path in file.parent.iterdir()] == ["memory"]
    assert store.audit() == []


def test_who_is_here_stays_and_is_last_seen_when_either_says(open_store: Open, exported: Path) -> None:
    store = open_store()
    before = store.people()
    document = json.loads(exported.read_bytes())
    document["people"][0] |= {"name": "Somebody Else", "last_seen": before[0].last_seen + 100}
    exported.write_text(json.dumps(document))
    store.gallery()
    assert store.import_people(exported) == Imported(added=0, known=2, forgotten=0)
    after = store.people()
    assert [person.name for person in after] == ["Anna", "Zoé"]
    assert after[0].last_seen == before[0].last_seen + 100
    assert after[1] == before[1]
    assert not store.changed()


def test_who_was_forgotten_stays_forgotten_and_who_was_purged_comes_back(open_store: Open, exported: Path) -> None:
    store = open_store()
    anna, zoe = store.people()
    store.forget(zoe.id)
    assert anna.expires is not None
    store.purge(anna.expires)
    assert store.import_people(exported) == Imported(added=1, known=0, forgotten=1)
    assert [person.name for person in store.people()] == ["Anna"]
    assert store.changed()


def test_another_embedder_is_refused(open_store: Open, exported: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "third" / "people.db", embedder="arcface", dimension=512)
    with pytest.raises(PeopleError, match=r"holds embeddings of dlib_resnet \(128 numbers\), which cannot be compared"):
        store.import_people(exported)
    assert store.people() == []


def change(document: Any, keys: tuple[Any, ...], value: Any) -> None:
    for key in keys[:-1]:
        document = document[key]
    document[keys[-1]] = value


P = ("people", 1)


@pytest.mark.parametrize(
    ("keys", "value", "sentence"),
    [
        (("format",), "zip", "this is no export of people"),
        (("version",), 2, "its version is 2 and this program reads 1: update"),
        (("version",), True, '"version" is missing or of the wrong kind'),
        (("embedder",), "a\nb", "its embedder is not one"),
        (("embedder",), None, '"embedder" is missing'),
        (("dimension",), 0, "its embedder is not one"),
        (("dimension",), 10**9, "its embedder is not one"),
        (("people",), {}, '"people" is missing'),
        (("people",), [[]], 'person 1: "consent" is missing'),
        ((*P, "id"), "2", "person 2: .* is not the UUID of a person"),
        ((*P, "id"), ["x"], 'person 2: "id" is missing'),
        ((*P, "name"), "a\x1b[2Jb", "person 2: the name .* holds the control character U.001B"),
        ((*P, "name"), "\ud800", "person 2: the name .* holds the control character"),
        ((*P, "name"), "x" * 10_000, "person 2: the name .* has 10000 characters"),
        ((*P, "language"), "'; DROP TABLE person", "person 2: the language .* is not a tag"),
        ((*P, "consent"), None, 'person 2: "consent" is missing'),
        ((*P, "consent", "note"), "", "person 2: nobody is remembered without consent"),
        ((*P, "consent", "given_at"), float("nan"), "person 2: the time of consent is nan"),
        ((*P, "first_seen"), 10**400, "person 2: first_seen is inf"),
        ((*P, "first_seen"), 7e9, "person 2: last_seen is .* before first_seen"),
        ((*P, "last_seen"), "now", 'person 2: "last_seen" is missing'),
        ((*P, "last_seen"), True, 'person 2: "last_seen" is missing'),
        ((*P, "retention_days"), -1, "person 2: retention_days is -1.0"),
        ((*P, "retention_days"), "1", 'person 2: "retention_days" is missing'),
        ((*P, "embeddings"), [], r"person 2: embeddings of shape \(0, 128\) cannot be kept"),
        ((*P, "embeddings"), ["AAAA"], "person 2: an embedding does not have 128 numbers"),
        ((*P, "embeddings"), ["é"], "person 2: an embedding is not base64"),
        ((*P, "embeddings"), [[1.0]], "person 2: an embedding is not base64"),
        ((*P, "embeddings"), [base64.b64encode(b"\xff" * 512).decode()], "person 2: .* not finite"),
        ((*P, "embeddings"), [base64.b64encode(bytes(512)).decode()] * 101, "person 2: .* give 1 to 100"),
    ],
)
def test_one_wrong_value_and_nobody_is_imported(
    exported: Path, other: PeopleStore, keys: tuple[Any, ...], value: Any, sentence: str
) -> None:
    document = json.loads(exported.read_bytes())
    change(document, keys, value)
    exported.write_text(json.dumps(document))
    with pytest.raises(PeopleError, match=sentence) as raised:
        other.import_people(exported)
    assert str(raised.value).startswith(f"{exported}: ")
    assert len(str(raised.value)) < len(str(exported)) + 250
    assert other.people() == []
    assert other.audit() == []


def test_the_same_person_twice(exported: Path, other: PeopleStore) -> None:
    document = json.loads(exported.read_bytes())
    document["people"] *= 2
    exported.write_text(json.dumps(document))
    with pytest.raises(PeopleError, match=r"person 3: the UUID .* is there twice"):
        other.import_people(exported)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"9" * 10_000, b"{}", b"[]", b"null"])
def test_what_is_no_export(file: Path, other: PeopleStore, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(PeopleError, match=r"is not JSON, or only part of it|this is no export of people"):
        other.import_people(file)


def test_no_prefix_of_an_export_is_taken_for_one(exported: Path) -> None:
    whole = exported.read_bytes()
    for length in range(0, len(whole), 97):
        exported.write_bytes(whole[:length])
        with pytest.raises(PeopleError, match="is not JSON, or only part of it"):
            export_file.read(exported)


def test_what_is_no_file(other: PeopleStore, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="is not a file"):
        other.import_people(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PeopleError, match="is not a file"):
        other.import_people(tmp_path / "pipe")


def test_a_file_too_large_to_be_an_export(other: PeopleStore, file: Path) -> None:
    file.touch()
    os.truncate(file, 1 << 40)
    with pytest.raises(PeopleError, match="has 1048576 MB: an export has at most 256"):
        other.import_people(file)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values, data=st.data())
def test_whatever_stands_in_the_file_it_is_read_or_refused(exported: Path, value: Any, data: st.DataObject) -> None:
    document = json.loads(exported.read_bytes())
    places = [(key,) for key in document]
    places += [("people", 0, key) for key in document["people"][0]] + [("people", 0, "consent", "note")]
    change(document, data.draw(st.sampled_from(places)), value)
    changed = exported.with_name("changed.json")
    changed.write_text(json.dumps(document))
    try:
        export_file.read(changed)
    except PeopleError as error:
        assert "\n" not in str(error)
