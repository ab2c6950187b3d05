"""Plays a scenario without a robot: people, a mouth and a memory of people that exist in simulated time only."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

from emotion_perception.core.scenario.actions import Action, Enroll, Expect, Forget, Hush, Report, Say
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.events import Enrolled, Forgotten, Heard, Person, Spoken

_FRAME = 0.2  # seconds between two looks
_SERVICE = 0.5  # seconds that enrolling and forgetting take


@dataclass(frozen=True)
class Line:
    """Something that happened: when (seconds), who or what ("robot", "person", "state", …), and what."""

    at: float
    who: str
    text: str


class Rehearsal:
    """Drives an engine as the dialogue node does.

    engine: not started yet. now: when it begins. pace: seconds that a character takes to be said. refuses: why nobody
    can be enrolled or forgotten, "" while they can. The transcript grows until ``take`` is called.
    """

    def __init__(self, engine: Engine, *, now: float = 0.0, pace: float = 0.06) -> None:
        self.engine = engine
        self.now = now
        self.pace = pace
        self.refuses = ""
        self.people: dict[str, Person] = {}
        self.known: dict[str, str] = {}
        self.report = Report("", "", "", "", "", "")
        self.expect = Expect("", (), ())
        self._lines: list[Line] = []
        self._ids = itertools.count(1)
        self._silent_at = math.inf
        self._answers: list[tuple[float, Enrolled | Forgotten]] = []
        self._seen_at = now
        self._do(engine.start(now))

    @property
    def speaking(self) -> bool:
        """Whether the robot speaks just now."""
        return self._silent_at < math.inf

    def take(self) -> list[Line]:
        """What happened since this was last asked."""
        lines, self._lines = self._lines, []
        return lines

    def know(self, name: str) -> str:
        """Have somebody be known already. Returns their id."""
        person_id = f"person-{next(self._ids)}"
        self.known[person_id] = name
        return person_id

    def appear(self, person_id: str = "", *, area: float = 0.1, language: str = "", age: float = 34.0) -> str:
        """Somebody comes into view, and identity has made up its mind. Returns the id of their face's track."""
        face_id = f"face-{next(self._ids)}"
        name = self.known.get(person_id, "")
        self.people[face_id] = Person(
            face_id, area, person_id, name, age=age, female_probability=0.5, identified=True, language=language
        )
        return face_id

    def leave(self, face_id: str) -> None:
        """Somebody is not seen any more."""
        del self.people[face_id]

    def show(self, face_id: str, label: str, confidence: float = 0.9) -> None:
        """Somebody's face shows an expression from now on; "" for none."""
        self.people[face_id] = replace(self.people[face_id], label=label, confidence=confidence)

    def say(self, text: str, confidence: float = math.nan) -> None:
        """Somebody says something."""
        self._note("person", text)
        self._do(self.engine.hear(Heard(text, confidence, self.report.language), self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass: people are seen, the mouth and the services end what they do."""
        end = self.now + seconds
        while True:
            due = [self._seen_at, self._silent_at, *(at for at, _ in self._answers)]
            deadline = self.engine.next_deadline()
            at = min(*due, deadline if deadline is not None else math.inf)
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            self._happen()

    def settle(self, most: float = 60.0) -> None:
        """Let time pass until the robot has said what it has to say, and for a moment longer."""
        end = self.now + most
        self.wait(2 * _FRAME)
        while (self.speaking or self._answers) and self.now < end:
            self.wait(2 * _FRAME)

    def _happen(self) -> None:
        if self._silent_at <= self.now:
            self._silent_at = math.inf
            self._do(self.engine.done(Spoken(), self.now))
        for answer in [answer for answer in self._answers if answer[0] <= self.now]:
            self._answers.remove(answer)
            self._do(self.engine.done(answer[1], self.now))
        if self._seen_at <= self.now:
            self._seen_at = self.now + _FRAME
            self._do(self.engine.see(list(self.people.values()), self.now))
        self._do(self.engine.tick(self.now))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Say(text):
                    self._note("robot", text)
                    start = self.now if not self.speaking else self._silent_at
                    self._silent_at = start + self.pace * len(text)
                case Hush():
                    self._note("robot", "(falls silent)")
                    self._silent_at = math.inf
                case Enroll():
                    self._note("enrols", f"{action.name}: {action.consent}")
                    self._answers.append((self.now + _SERVICE, self._enroll(action)))
                case Forget(person_id):
                    self._note("forgets", self.known.get(person_id, person_id))
                    self._answers.append((self.now + _SERVICE, self._forget(person_id)))
                case Report():
                    if action.state != self.report.state:
                        self._note("state", action.state)
                    self.report = action
                case Expect():
                    self.expect = action

    def _enroll(self, wish: Enroll) -> Enrolled:
        person = self.people.get(wish.face_id)
        if self.refuses or person is None:
            return Enrolled(error=self.refuses or "nobody is there")
        person_id = self.know(wish.name)
        self.people[wish.face_id] = replace(person, person_id=person_id, name=wish.name)
        return Enrolled(person_id, wish.name)

    def _forget(self, person_id: str) -> Forgotten:
        if self.refuses:
            return Forgotten(self.refuses)
        self.known.pop(person_id, None)
        for face_id, person in self.people.items():
            if person.person_id == person_id:
                self.people[face_id] = replace(person, person_id="", name="")
        return Forgotten()

    def _note(self, who: str, text: str) -> None:
        self._lines.append(Line(self.now, who, text))
