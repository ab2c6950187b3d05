from __future__ import annotations

from pathlib import Path

import pytest

from emotion_perception.bags.definitions import Definition
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import Choice, choose, only_image, playable
from emotion_perception.bags.topic import CAMERA_INFO, COMPRESSED_IMAGE, IMAGE, Topic
from emotion_perception.bags.writing import BagWriter
from emotion_perception.core.errors import BagError

KINDS = {"/image_raw": IMAGE, "/image_raw/compressed": COMPRESSED_IMAGE, "/camera_info": CAMERA_INFO}


def bag(folder: Path, *names: str, silent: tuple[str, ...] = ()) -> BagReader:
    with BagWriter(folder) as writer:
        for name in (*names, *silent):
            kind = next((kind for end, kind in KINDS.items() if name.endswith(end)), "std_msgs/msg/String")
            writer.add(Topic(name, kind))
            if name in names:
                writer.write(name, 1, b"\0\1\0\0")
    return BagReader(folder)


def played(choices: list[object]) -> dict[str, str]:
    return {each.topic.name: each.name for each in choices}  # type: ignore[attr-defined]


def test_everything_is_played_as_recorded(tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/image_raw", "/image_raw/compressed", "/emotion", silent=("/speech",)) as read:
        names = ("/image_raw", "/image_raw/compressed", "/emotion")
        assert played(choose(read)) == {name: name for name in names}


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        ("raw", {"/image_raw/compressed": "/image_raw", "/camera_info": "/camera_info"}),
        ("compressed", {"/image_raw/compressed": "/image_raw/compressed", "/camera_info": "/camera_info"}),
    ],
)
def test_inputs_are_pictures_in_the_form_asked_for(transport: str, expected: dict[str, str], tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/image_raw/compressed", "/camera_info", "/emotion") as read:
        choices = choose(read, inputs=True, transport=transport)
        assert played(choices) == expected
        assert {each.kind for each in choices if each.topic.is_image} == {KINDS[expected["/image_raw/compressed"]]}


def test_pictures_that_are_there_in_both_forms_are_played_once(tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/image_raw", "/image_raw/compressed") as read:
        assert played(choose(read, inputs=True, transport="raw")) == {"/image_raw": "/image_raw"}


def test_what_the_bag_does_not_hold_is_told_with_what_it_holds(tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/chatter", silent=("/image_raw",)) as read:
        with pytest.raises(BagError, match="holds no images: it holds /chatter"):
            choose(read, inputs=True)
        with pytest.raises(BagError, match="holds no /emotion: it holds /chatter"):
            choose(read, names=["/emotion"])
    with bag(tmp_path / "c") as read, pytest.raises(BagError, match="no messages"):
        choose(read)


def test_two_cameras_are_not_mixed_up(tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/left/image_raw", "/right/image_raw") as read:
        choices = choose(read, inputs=True, transport="raw")
        with pytest.raises(BagError, match="several cameras"):
            only_image(read, choices)
        (chosen,) = choose(read, names=["/right/image_raw"], inputs=True, transport="raw")
        assert only_image(read, [chosen]).name == "/right/image_raw"


def test_types_that_are_not_installed_are_left_out_unless_named(tmp_path: Path) -> None:
    odd = Topic("/odd", "nowhere_msgs/msg/Odd", (), Definition("int8 a", ""))
    old = Topic("/old", "std_msgs/msg/String", (), Definition("string data", "RIHS01_of_another_version"))
    choices = [Choice(topic, topic.name, topic.kind) for topic in (odd, old, Topic("/talk", "std_msgs/msg/String"))]
    kept, sentences = playable(choices, named=False)
    assert [each.name for each in kept] == ["/talk"]
    assert "/odd is not played" in sentences[0]
    assert "another version of std_msgs/msg/String" in sentences[1]
    with pytest.raises(BagError, match="nowhere_msgs/msg/Odd"):
        playable(choices, named=True)
    with pytest.raises(BagError, match="nothing can be played"):
        playable(choices[:2], named=False)


def test_what_a_bag_says_of_its_types_is_read(tmp_path: Path) -> None:
    with bag(tmp_path / "b", "/chatter") as read:
        (choice,) = choose(read)
        assert choice.topic.definition is not None
        assert choice.topic.definition.hash.startswith("RIHS01_")
        assert playable([choice], named=False) == ([choice], [])
