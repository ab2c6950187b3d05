"""The values of what texts and conditions may use, as templates.VARIABLES describes them."""

from __future__ import annotations

import math
from typing import Any

from emotion_perception.core.scenario.company import Visitor
from emotion_perception.core.scenario.conversation import Conversation, Occurrence

_CERTAIN = 0.8  # of the gender, for grammar


def about(talk: Conversation, occurrence: Occurrence) -> tuple[Visitor | None, Visitor | None]:
    """Whom an occurrence makes us talk of: the person talked to (from now on), and another one."""
    if talk.partner is None:
        return occurrence.visitor, None
    return talk.partner, occurrence.visitor if occurrence.visitor is not talk.partner else None


def of_person(visitor: Visitor | None) -> dict[str, Any]:
    """What is known about the person talked to."""
    face = visitor.face if visitor is not None else None
    return {
        "name": visitor.name if visitor is not None else "",
        "known": visitor is not None and bool(visitor.person_id),
        "emotion": face.label if face is not None and face.label != "uncertain" else "",
        "age": round(face.age) if face is not None and math.isfinite(face.age) else None,
        "gender": _gender(face.female_probability) if face is not None else "",
        "asked": visitor is not None and visitor.asked,
        "refused": visitor is not None and visitor.refused,
        "let_be": visitor is not None and visitor.let_be,
    }


def _gender(female: float) -> str:
    if female >= _CERTAIN:
        return "female"
    return "male" if female <= 1 - _CERTAIN else ""
