from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from emotion_perception.cli import people_enroll
from emotion_perception.cli.main import main
from emotion_perception.core.people import PeopleStore
from emotion_perception.sources.uri import open_source

Assets = Callable[[str], Path]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


@pytest.fixture
def enroll(database: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """enroll("--name", "Anna", ...) -> the exit code, and the last line of what was said, on stdout or stderr."""

    def call(*arguments: str | Path) -> tuple[int, str]:
        code = main(["people", "enroll", "--people", str(database), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, (out or err).splitlines()[-1].removeprefix("emotion-perception: ")

    return call


@pytest.fixture
def kept(database: Path) -> Iterator[PeopleStore]:
    """The database after what was enrolled."""
    with PeopleStore(database, embedder="dlib_resnet", dimension=128) as store:
        yield store


@pytest.mark.parametrize("consent", [(), ("--consent", ""), ("--consent", " ")])
def test_without_consent_nothing_is_looked_at(
    enroll: Callable[..., tuple[int, str]], database: Path, consent: tuple[str, ...]
) -> None:
    assert enroll("--name", "Anna", "--image", "nowhere.jpg", *consent) == (
        1,
        "nobody is remembered without consent: ask Anna, and give the answer with --consent, e.g. --consent "
        '"spoken, asked by me".',
    )
    assert not database.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--name", " \n"), "the name is empty"),
        (("--name", "x" * 10_000), "the name .* has 10000 characters"),
        (("--name", "Anna", "--language", "Greek!"), 'the language "Greek!" is not a tag'),
        (("--name", "Anna", "--retention-days", "-1"), "retention_days is -1.0"),
        (("--name", "Anna", "--consent", "x" * 1000), "the note on consent .* has 1000 characters"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_looked_at(
    enroll: Callable[..., tuple[int, str]], database: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, said = enroll("--image", "nowhere.jpg", "--consent", "spoken", *arguments)
    assert code == 1
    assert re.match(sentence, said)
    assert not database.exists()


def test_a_picture_is_enough(
    enroll: Callable[..., tuple[int, str]], asset: Assets, database: Path, request: pytest.FixtureRequest
) -> None:
    code, said = enroll("--name", " Zoé ", "--image", asset("single_face_picture"), "--consent", "written, on paper")
    assert code == 0
    (person,) = request.getfixturevalue("kept").people()
    assert said == f"Zoé enrolled ({person.id}) in {database}"
    assert (person.name, person.consent.note, person.embeddings) == ("Zoé", "written, on paper", 1)
    assert (person.language, person.expires) == ("", None)


def test_the_same_person_is_not_enrolled_under_two_names(
    enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore
) -> None:
    for name, code in (("Anna", 0), ("Bob", 1)):
        result = enroll("--name", name, "--image", asset("single_face_picture"), "--consent", "spoken")
        assert result[0] == code
    assert result[1].startswith('this face is too like that of "Anna", who is known already')
    assert [person.name for person in kept.people()] == ["Anna"]
    assert enroll("--name", "Bob", "--image", asset("happy_picture"), "--consent", "spoken")[0] == 0


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        ("group_picture", "there are 5 faces in the picture"),
        ("no_face_picture", "there is no face in the picture"),
        ("turned_picture", "the face is turned away"),
    ],
)
def test_a_picture_that_will_not_do(
    enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore, picture: str, sentence: str
) -> None:
    pictures = asset("happy_picture"), asset(picture)
    code, said = enroll("--name", "Anna", "--consent", "spoken", "--image", *pictures)
    assert code == 1
    assert said.startswith(f"{pictures[1]}: {sentence}")
    assert kept.people() == []


def test_pictures_of_two_people(enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore) -> None:
    pictures = asset("happy_picture"), asset("angry_picture")
    code, said = enroll("--name", "Anna", "--consent", "spoken", "--image", *pictures)
    assert code == 1
    assert said.startswith(f"{pictures[0]} and {pictures[1]} do not seem to show the same person (distance ")
    assert kept.people() == []


def test_no_picture(enroll: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    for path, sentence in ((broken, "can be read"), (tmp_path / "nowhere.jpg", "there is no folder or picture")):
        code, said = enroll("--name", "Anna", "--consent", "spoken", "--image", path)
        assert code == 1
        assert sentence in said
        assert str(path) in said


def test_all_pictures_of_a_folder(
    enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore, tmp_path: Path
) -> None:
    source = open_source(f"file:{asset('demo_clip')}")
    source.open()
    (tmp_path / "looks").mkdir()
    for number in range(2):
        frame = source.read()
        assert frame is not None
        cv2.imwrite(str(tmp_path / "looks" / f"{number}.png"), frame.image)
    source.close()
    assert enroll("--name", "Anna", "--consent", "spoken", "--image", tmp_path / "looks")[0] == 0
    assert kept.people()[0].embeddings == 2


def test_a_camera_gives_several_looks(enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore) -> None:
    clip = f"file:{asset('demo_clip')}"
    code, said = enroll(
        "--name", "Anna", "--camera", clip, "--consent", "spoken", "--language", "de", "--retention-days", "30"
    )
    assert (code, said.split()[:2]) == (0, ["Anna", "enrolled"])
    (person,) = kept.people()
    assert (person.embeddings, person.language, person.expires) == (5, "de", person.last_seen + 30 * 86_400)


def test_a_camera_that_sees_nobody(enroll: Callable[..., tuple[int, str]], asset: Assets, kept: PeopleStore) -> None:
    code, said = enroll("--name", "Anna", "--camera", f"file:{asset('no_face_clip')}", "--consent", "spoken")
    assert code == 1
    assert said.startswith("there were 0 good looks of 5, as there is no face in the picture")
    assert kept.people() == []


def test_a_camera_is_not_looked_through_forever(
    enroll: Callable[..., tuple[int, str]], asset: Assets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_enroll, "_LOOKING_TIME", 0.0)
    code, said = enroll("--name", "Anna", "--camera", f"file:{asset('demo_clip')}", "--consent", "spoken")
    assert (code, said) == (1, "there were 0 good looks of 5: try again.")


def test_no_camera(enroll: Callable[..., tuple[int, str]]) -> None:
    code, said = enroll("--name", "Anna", "--camera", "usb:/dev/nowhere", "--consent", "spoken")
    assert code == 1
    assert "there is no /dev/nowhere" in said


def test_a_database_of_another_embedder(enroll: Callable[..., tuple[int, str]], asset: Assets, database: Path) -> None:
    PeopleStore(database, embedder="arcface", dimension=512).close()
    code, said = enroll("--name", "Anna", "--image", asset("happy_picture"), "--consent", "spoken")
    assert code == 1
    assert said.startswith(
        f"{database} holds embeddings of arcface (512 numbers), which dlib_resnet (128) cannot compare"
    )


def test_pictures_are_not_kept(enroll: Callable[..., tuple[int, str]], asset: Assets, tmp_path: Path) -> None:
    picture = shutil.copy(asset("happy_picture"), tmp_path / "given.jpg")
    assert enroll("--name", "Anna", "--image", picture, "--consent", "spoken")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.jpg", "people.db"]
    assert (tmp_path / "people.db").stat().st_size < 50_000
