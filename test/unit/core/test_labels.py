from __future__ import annotations

import pytest

from emotion_perception.core.labels import AFFECTNET, FER_PLUS, HRI_EXPRESSION, LABELS, UNCERTAIN, to_label


def test_the_order_is_fer2013s() -> None:
    assert LABELS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert UNCERTAIN not in LABELS


def test_affectnets_numbers() -> None:
    ours = {number: label for number, (_, label) in enumerate(AFFECTNET) if label}
    assert ours == {0: "neutral", 1: "happy", 2: "sad", 3: "surprise", 4: "fear", 5: "disgust", 6: "angry"}
    assert len(AFFECTNET) == 11


def test_fer_pluss_columns() -> None:
    names = "neutral happiness surprise sadness anger disgust fear contempt unknown"
    assert [name for name, _ in FER_PLUS] == [*names.split(), "not a face"]
    assert [label for _, label in FER_PLUS] == [
        "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", None, None, None,
    ]  # fmt: skip


def test_every_label_has_one_expression_of_hri_msgs() -> None:
    assert tuple(HRI_EXPRESSION) == LABELS
    assert len(set(HRI_EXPRESSION.values())) == len(LABELS)


@pytest.mark.parametrize("table", [AFFECTNET, FER_PLUS])
def test_each_data_set_has_each_of_our_labels_once(table: tuple[tuple[str, str | None], ...]) -> None:
    assert sorted(label for _, label in table if label) == sorted(LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_our_labels_and_their_translations_come_back(label: str) -> None:
    assert to_label(label) == label
    assert to_label(HRI_EXPRESSION[label]) == label


def test_other_names_are_translated() -> None:
    assert to_label("Happiness") == "happy"
    assert to_label("anger") == "angry"
    assert to_label("scared") == "fear"
    assert to_label("contempt") is None


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="bored"):
        to_label("bored")
