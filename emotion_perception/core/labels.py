"""The seven expressions and their order, and what other data sets and messages call them. The one place for both."""

from __future__ import annotations

#: FER2013's order, used in every array and message of this package.
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

#: What is published when no label is probable enough. Not a class: it has no probability.
UNCERTAIN = "uncertain"

#: AffectNet's classes by their number, as (its name, our label or None where we have none).
AFFECTNET: tuple[tuple[str, str | None], ...] = (
    ("neutral", "neutral"),
    ("happy", "happy"),
    ("sad", "sad"),
    ("surprise", "surprise"),
    ("fear", "fear"),
    ("disgust", "disgust"),
    ("anger", "angry"),
    ("contempt", None),
    ("none", None),
    ("uncertain", None),
    ("no face", None),
)

#: FER+'s columns in their order, as (its name, our label or None where we have none).
FER_PLUS: tuple[tuple[str, str | None], ...] = (
    ("neutral", "neutral"),
    ("happiness", "happy"),
    ("surprise", "surprise"),
    ("sadness", "sad"),
    ("anger", "angry"),
    ("disgust", "disgust"),
    ("fear", "fear"),
    ("contempt", None),
    ("unknown", None),
    ("not a face", None),
)

#: Our label to the constant of hri_msgs/Expression (its string value, the same in ROS 1 and ROS 2).
HRI_EXPRESSION = {
    "angry": "angry",
    "disgust": "disgusted",
    "fear": "scared",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprised",
    "neutral": "neutral",
}

_OURS: dict[str, str | None] = {
    **dict(AFFECTNET),
    **dict(FER_PLUS),
    **{theirs: ours for ours, theirs in HRI_EXPRESSION.items()},
    **{label: label for label in LABELS},
}


def to_label(name: str) -> str | None:
    """Translate a class name of FER2013, AffectNet, FER+ or hri_msgs; None for one we have no label for (contempt).

    KeyError for a name that none of them has.
    """
    return _OURS[name.lower()]
