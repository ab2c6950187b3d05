from __future__ import annotations

import sqlite3
import stat
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core import paths
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Action, Consent, PeopleStore, default_path

Embed = Callable[..., NDArray[np.float32]]
Open = Callable[..., PeopleStore]

DAY = 86_400.0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_enrolled_is_there_after_reopening(open_store: Open, consent: Consent, embed: Embed) -> None:
    store = open_store()
    enrolled = store.enroll(" Őrsi ", embed(3), consent=consent, language="hu", retention_days=30)
    store.close()
    again = open_store()
    assert again.people() == [enrolled]
    assert uuid.UUID(enrolled.id).version == 4
    assert (enrolled.name, enrolled.language, enrolled.consent, enrolled.embeddings) == ("Őrsi", "hu", consent, 3)
    assert enrolled.first_seen == enrolled.last_seen
    assert enrolled.expires == enrolled.last_seen + 30 * DAY
    gallery = again.gallery()
    assert gallery.people == (enrolled,)
    np.testing.assert_array_equal(gallery.embeddings, embed(3))
    np.testing.assert_array_equal(gallery.owners, [0, 0, 0])


@pytest.mark.parametrize(
    "name",
    [
        "Ἀλέξανδρος",
        "Їжакевич Олена",
        "Őrsi Ágnes",
        "王小明",
        'O\'Brien "Bob" `$(id)`',
        "'); DROP TABLE person;--",
        "%s{0}\\n",
    ],
)
def test_a_name_is_stored_exactly_and_nothing_of_it_is_executed(
    open_store: Open, consent: Consent, embed: Embed, name: str
) -> None:
    store = open_store()
    store.enroll("somebody else", embed(seed=1), consent=consent)
    person = store.enroll(name, embed(), consent=consent)
    store.close()
    again = open_store()
    assert [person.name for person in again.people()] == ["somebody else", name]
    assert again.find(name) == person


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 10_000, "\ud800"])
def test_a_name_that_is_refused_leaves_nothing(store: PeopleStore, consent: Consent, embed: Embed, name: str) -> None:
    with pytest.raises(PeopleError) as raised:
        store.enroll(name, embed(), consent=consent)
    assert len(str(raised.value)) < 150
    assert store.people() == []
    assert store.audit() == []


@pytest.mark.parametrize(
    ("embeddings", "sentence"),
    [
        (np.zeros((0, 128)), "give 1 to 100 rows"),
        (np.zeros((101, 128)), "give 1 to 100 rows"),
        (np.zeros(128), "give 1 to 100 rows"),
        (np.zeros((2, 64)), "an embedding has 64 numbers and those of dlib_resnet have 128"),
        (np.full((1, 128), np.nan), "not finite"),
        (np.full((1, 128), 1e300), "not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_embeddings_that_cannot_be_kept(
    store: PeopleStore, consent: Consent, embeddings: NDArray[np.float32], sentence: str
) -> None:
    with pytest.raises(PeopleError, match=sentence):
        store.enroll("Anna", embeddings, consent=consent)
    assert store.people() == []


def test_whole_numbers_and_a_negative_zero_are_kept_as_times(store: PeopleStore, embed: Embed) -> None:
    consent = Consent(-0.0, "spoken")
    store.enroll("Anna", embed(), consent=consent, retention_days=7)
    assert store.people()[0].consent == consent


def test_find_by_uuid_and_by_name(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    anna = store.enroll("Anna", embed(), consent=consent)
    zoe = store.enroll("Zoé", embed(seed=1), consent=consent)
    assert store.find(f" {anna.id.upper()} ") == anna
    assert store.find("Zoe\u0301") == zoe


def test_find_refuses_nobody_and_several(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    ids = [store.enroll("Anna", embed(seed=seed), consent=consent).id for seed in range(2)]
    with pytest.raises(PeopleError, match='nobody here is called "anna"'):
        store.find("anna")
    with pytest.raises(PeopleError, match=f'2 people are called "Anna": give the UUID of one .{ids[0]}, {ids[1]}.'):
        store.find("Anna")


def test_the_gallery_of_several_people(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    for count in (2, 1, 3):
        store.enroll(f"person {count}", embed(count, seed=count), consent=consent)
    gallery = store.gallery()
    np.testing.assert_array_equal(gallery.owners, [0, 0, 1, 2, 2, 2])
    assert gallery.distances(embed(1, seed=1)[0]).argmin() == 1
    assert [len(embeddings) for embeddings in gallery.by_person()] == [2, 1, 3]


def test_the_gallery_of_an_empty_store(store: PeopleStore) -> None:
    assert store.gallery().embeddings.shape == (0, 128)


def test_changed_tells_of_who_came_and_went_and_not_of_who_was_seen(
    store: PeopleStore, open_store: Open, consent: Consent, embed: Embed
) -> None:
    other = open_store()
    assert store.changed()
    store.gallery()
    assert not store.changed()
    anna = other.enroll("Anna", embed(), consent=consent)
    assert store.changed()
    assert store.changed()  # until somebody looks
    assert store.gallery().people == (anna,)
    other.saw({anna.id: anna.last_seen + 5})
    assert not store.changed()
    store.enroll("Bob", embed(seed=1), consent=consent)
    assert store.changed()
    store.gallery()
    other.forget(anna.id)
    assert store.changed()
    assert [person.name for person in store.gallery().people] == ["Bob"]


def test_saw_moves_last_seen_forward_only(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    anna = store.enroll("Anna", embed(), consent=consent, retention_days=1)
    store.saw({anna.id: anna.last_seen + 10, str(uuid.uuid4()): 5.0})
    store.saw({anna.id: anna.last_seen - 10})
    (seen,) = store.people()
    assert seen.last_seen == anna.last_seen + 10
    assert seen.expires == seen.last_seen + DAY
    with pytest.raises(PeopleError, match="a time of seeing somebody is nan"):
        store.saw({anna.id: float("nan")})


def test_purge_forgets_whose_retention_has_run_out(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    kept = store.enroll("kept", embed(seed=1), consent=consent)
    short = store.enroll("short", embed(seed=2), consent=consent, retention_days=1)
    seen = store.enroll("seen", embed(seed=3), consent=consent, retention_days=1)
    store.saw({seen.id: seen.last_seen + DAY})
    assert short.expires is not None
    assert store.purge(short.expires - 1) == 0
    assert store.purge(short.expires) == 1
    assert [person.id for person in store.people()] == [kept.id, seen.id]
    last = store.audit()[-1]
    assert (last.action, last.person, last.time) == (Action.PURGED, short.id, short.expires)


def test_forgetting_somebody_unknown(store: PeopleStore) -> None:
    with pytest.raises(PeopleError, match="nobody here has the UUID"):
        store.forget(str(uuid.uuid4()))


def test_forget_all(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    ids = [store.enroll("Anna", embed(seed=seed), consent=consent).id for seed in range(3)]
    assert store.forget_all() == 3
    assert store.people() == []
    assert store.forget_all() == 0
    assert [entry.person for entry in store.audit() if entry.action is Action.FORGOTTEN] == ids
    store.enroll("Bob", embed(), consent=consent)
    assert [person.name for person in store.people()] == ["Bob"]


def test_the_audit_says_what_happened_and_no_names(
    store: PeopleStore, consent: Consent, embed: Embed, path: Path
) -> None:
    anna = store.enroll("Anna", embed(), consent=consent)
    store.export(path.with_name("everybody.json"))
    store.forget(anna.id)
    entries = store.audit()
    assert [(entry.action, entry.person) for entry in entries] == [
        (Action.ENROLLED, anna.id),
        (Action.EXPORTED, ""),
        (Action.FORGOTTEN, anna.id),
    ]
    assert entries[0].time == anna.first_seen
    assert "Anna" not in repr(entries)


def test_everything_is_for_the_owner_alone(open_store: Open, consent: Consent, embed: Embed, path: Path) -> None:
    store = open_store()
    store.enroll("Anna", embed(), consent=consent)
    assert {file.name: mode(file) for file in path.parent.iterdir()} == {
        "people.db": 0o600,
        "people.db-wal": 0o600,
        "people.db-shm": 0o600,
    }
    assert mode(path.parent) == 0o700
    store.close()
    path.chmod(0o644)
    open_store().saw({})
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}


def test_a_link_leads_to_the_database(open_store: Open, consent: Consent, embed: Embed, path: Path) -> None:
    link = path.parent.with_name("link.db")
    link.symlink_to(path)
    store = open_store(link)
    anna = store.enroll("Anna", embed(), consent=consent)
    assert store.path == path
    assert mode(path.with_name("people.db-wal")) == 0o600
    assert open_store().people() == [anna]


@pytest.mark.parametrize("name", ["loop", "~nobody-of-that-name/people.db", "null\0byte"])
def test_a_path_that_leads_nowhere(open_store: Open, tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(PeopleError, match="leads nowhere: give a file in a folder of yours"):
        open_store(Path(name) if name.startswith("~") else tmp_path / name)


def test_the_default_folder_is_closed_to_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    paths.data_dir().mkdir(mode=0o755)
    with PeopleStore(embedder="dlib_resnet", dimension=128):
        assert default_path() == tmp_path / "emotion_perception" / "people.db"
        assert mode(default_path()) == 0o600
    assert mode(paths.data_dir()) == 0o700


def test_another_embedder_is_refused(store: PeopleStore, open_store: Open) -> None:
    with pytest.raises(
        PeopleError, match=r"holds embeddings of dlib_resnet \(128 numbers\), which other \(64\) cannot"
    ):
        open_store(embedder="other", dimension=64)
    with pytest.raises(PeopleError, match="use dlib_resnet"):
        open_store(dimension=64)


def test_existing_opens_with_whatever_embedder(open_store: Open, consent: Consent, embed: Embed, path: Path) -> None:
    assert PeopleStore.existing(path) is None
    assert not path.exists()
    open_store().enroll("Anna", embed(), consent=consent)
    store = PeopleStore.existing(path)
    assert store is not None
    with store:
        assert (store.embedder, store.dimension) == ("dlib_resnet", 128)
        assert [person.name for person in store.people()] == ["Anna"]


def test_a_closed_store_says_so(store: PeopleStore) -> None:
    store.close()
    store.close()
    with pytest.raises(PeopleError, match="was closed"):
        store.people()


@pytest.mark.parametrize("replacement", [None, b"", b"something else"])
def test_a_file_that_is_deleted_or_replaced_is_noticed(
    store: PeopleStore, consent: Consent, embed: Embed, path: Path, replacement: bytes | None
) -> None:
    store.enroll("Anna", embed(), consent=consent)
    path.rename(path.with_name("elsewhere.db"))
    if replacement is not None:
        path.write_bytes(replacement)
    for use in (store.changed, store.gallery, lambda: store.enroll("Bob", embed(seed=1), consent=consent)):
        with pytest.raises(PeopleError, match="was deleted or replaced while it was open"):
            use()


def test_threads_take_turns(store: PeopleStore, consent: Consent, embed: Embed) -> None:
    def enroll(seed: int) -> None:
        store.enroll(f"person {seed}", embed(seed=seed), consent=consent)
        store.gallery()

    threads = [threading.Thread(target=enroll, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {person.name for person in store.people()} == {f"person {seed}" for seed in range(8)}


def test_sqlite_is_told_to_keep_everything_safe(store: PeopleStore, path: Path) -> None:
    with store._database.maintaining(0) as connection:
        values = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "secure_delete", "synchronous", "foreign_keys", "temp_store")
        }
    assert values == {"journal_mode": "wal", "secure_delete": 1, "synchronous": 2, "foreign_keys": 1, "temp_store": 2}
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (1,)
