"""Who is in view, who was a moment ago, and who is probably still the same person on another track."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from emotion_perception.core.scenario.events import Person


@dataclass(eq=False)
class Visitor:
    """Somebody in view, or gone for a moment; times on the engine's clock.

    person_id stays once it is known, even if identity is in doubt later. decided: known, or surely unknown.
    greeted, asked, refused, let_be: what happened in this visit (see templates.VARIABLES).
    language: chosen or preferred.
    nearer_since: since when they have been clearly nearer than the person talked to; infinity if they are not.
    """

    face: Person
    first_seen: float
    last_seen: float
    present: bool = True
    person_id: str = ""
    name: str = ""
    decided: bool = False
    greeted: bool = False
    asked: bool = False
    refused: bool = False
    let_be: bool = False
    language: str = ""
    nearer_since: float = math.inf

    @property
    def area(self) -> float:
        """Fraction of the image; what is no number counts as far away."""
        return self.face.roi_area if self.face.roi_area >= 0 else 0.0


class Company:
    """Keeps the visitors up to date.

    identify_within, returns_within: as in model.Settings. Somebody unknown who comes back is recognised by nothing but
    that one stranger was lost and one appeared soon after; for somebody known, by who they are.
    """

    def __init__(self, *, identify_within: float, returns_within: float) -> None:
        self._identify_within = identify_within
        self._returns_within = returns_within
        self._visitors: dict[str, Visitor] = {}

    def update(self, people: Sequence[Person], now: float, forgotten: Collection[str]) -> dict[int, Visitor]:
        """Take in who is seen. Returns who is another visitor now: id() of the old one to the new one.

        forgotten: ids of people who are not known any more, even if identity has not heard of it yet.
        """
        seen = {person.face_id: person for person in people}
        for face_id, person in seen.items():
            visitor = self._visitors.get(face_id)
            if visitor is None:
                visitor = self._visitors[face_id] = Visitor(person, now, now)
            visitor.face, visitor.last_seen = person, now
            if person.person_id and person.person_id not in forgotten:
                visitor.person_id, visitor.name = person.person_id, person.name
                visitor.language = visitor.language or person.language
        for face_id, visitor in self._visitors.items():
            visitor.present = face_id in seen
        replaced = {}
        for visitor in [visitor for visitor in self._visitors.values() if visitor.present and not visitor.decided]:
            identified = visitor.face.identified or now - visitor.first_seen >= self._identify_within
            visitor.decided = bool(visitor.person_id) or identified
            if visitor.decided and (former := self._former(visitor)) is not None:
                _inherit(visitor, former)
                del self._visitors[former.face.face_id]
                replaced[id(former)] = visitor
        self._visitors = {k: v for k, v in self._visitors.items() if now - v.last_seen < self._returns_within}
        return replaced

    def present(self) -> list[Visitor]:
        """Everybody in view, the nearest first."""
        return sorted((v for v in self._visitors.values() if v.present), key=lambda v: (-v.area, v.face.face_id))

    def __len__(self) -> int:
        return len(self._visitors)

    def _former(self, visitor: Visitor) -> Visitor | None:
        """Who ``visitor`` was before their track was lost."""
        lost = [v for v in self._visitors.values() if not v.present and v.person_id == visitor.person_id]
        if visitor.person_id:
            return lost[-1] if lost else None
        new = [v for v in self._visitors.values() if v.present and v.first_seen == visitor.first_seen]
        return lost[0] if len(lost) == len(new) == 1 and lost[0].last_seen <= visitor.first_seen else None


def _inherit(visitor: Visitor, former: Visitor) -> None:
    visitor.greeted |= former.greeted
    visitor.asked |= former.asked
    visitor.refused |= former.refused
    visitor.let_be |= former.let_be
    visitor.language = visitor.language or former.language
