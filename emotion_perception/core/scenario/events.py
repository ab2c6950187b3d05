"""What the engine is told: who is seen, what is heard, and what became of what it asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A tracked face as it is seen just now, with what is known about it.

    face_id: of the track, as in Face.msg; never reused in a run.
    roi_area: fraction of the image, 0..1; the largest is the nearest person.
    person_id, name: of a known person; both empty otherwise.
    label: an expression of core.labels.LABELS; "" while none is probable enough ("uncertain" is taken as "").
    confidence: the label's probability, 0..1.
    age: years, NaN if not estimated.
    female_probability: 0..1, NaN if not estimated.
    identified: whether identity has made up its mind: known (``person_id``) or surely unknown.
    language: BCP 47 tag that a known person prefers, or "".
    """

    face_id: str
    roi_area: float
    person_id: str = ""
    name: str = ""
    label: str = ""
    confidence: float = 0.0
    age: float = math.nan
    female_probability: float = math.nan
    identified: bool = False
    language: str = ""


@dataclass(frozen=True)
class Heard:
    """A final utterance. confidence: 0..1, NaN if the recogniser gives none; language: BCP 47 tag, "" if not told."""

    text: str
    confidence: float = math.nan
    language: str = ""


@dataclass(frozen=True)
class Spoken:
    """The robot fell silent: everything it was given to say is over.

    interrupted: whether some of it was cut off or could not be said.
    """

    interrupted: bool = False


@dataclass(frozen=True)
class Enrolled:
    """How an Enroll ended. error: why nobody was enrolled, in a sentence; "" if the person is known now."""

    person_id: str = ""
    name: str = ""
    error: str = ""


@dataclass(frozen=True)
class Forgotten:
    """How a Forget ended. error: why nobody was forgotten, in a sentence; "" if nothing is stored any more."""

    error: str = ""


Outcome = Spoken | Enrolled | Forgotten
