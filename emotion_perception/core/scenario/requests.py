"""What was asked of the memory of people and is not answered yet: at most one enrolment and one wish to forget."""

from __future__ import annotations

import math

from emotion_perception.core.scenario.actions import Action, Enroll, Forget

_WITHIN = 20.0  # seconds; after that nobody waits for the answer any more


class Requests:
    """enrolling: the face that is being enrolled, forgetting: the person who is being forgotten; "" for none."""

    def __init__(self) -> None:
        self.enrolling = self.forgetting = ""
        self._enrols_until = self._forgets_until = math.inf
        self._new: list[Action] = []

    @property
    def pending(self) -> bool:
        """Whether an answer is waited for."""
        return bool(self.enrolling or self.forgetting)

    @property
    def deadline(self) -> float:
        """When the next one is given up; infinity for none."""
        return min(self._enrols_until, self._forgets_until)

    def enroll(self, wish: Enroll, clock: float) -> None:
        """Ask for somebody to be remembered."""
        self.enrolling, self._enrols_until = wish.face_id, clock + _WITHIN
        self._new.append(wish)

    def forget(self, person_id: str, clock: float) -> None:
        """Ask for somebody to be forgotten, unless somebody is just being forgotten."""
        if not self.forgetting:
            self.forgetting, self._forgets_until = person_id, clock + _WITHIN
            self._new.append(Forget(person_id))

    def late(self, clock: float) -> tuple[bool, bool]:
        """Whether the enrolment, and the wish to forget, have waited for too long."""
        return clock >= self._enrols_until, clock >= self._forgets_until

    def enrolled(self) -> str:
        """The enrolment was answered. Returns the face, "" if none was waited for."""
        face_id, self.enrolling, self._enrols_until = self.enrolling, "", math.inf
        return face_id

    def forgot(self) -> str:
        """The wish to forget was answered. Returns the person, "" if none was waited for."""
        person_id, self.forgetting, self._forgets_until = self.forgetting, "", math.inf
        return person_id

    def take(self) -> list[Action]:
        """What has to be asked for now."""
        new, self._new = self._new, []
        return new
