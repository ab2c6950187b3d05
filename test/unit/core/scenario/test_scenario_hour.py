"""An hour of visitors who come, go, answer, keep silent and talk over: what must never happen, by several seeds."""

from __future__ import annotations

import gc
import itertools
import random
import types
from collections.abc import Callable

import pytest

from emotion_perception.core.labels import LABELS
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.loading import load_scenario
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.rehearsal import Line, Rehearsal

HOUR = 3600.0
#: States in which somebody may stay for as long as they like.
AT_EASE = ("alone", "chat", "resting")
#: Longest anybody stays in one of the others who says nothing: the question, two pauses, two hints.
LONGEST = 90.0
SAYINGS = (
    "yes", "yes", "yes please", "no", "yes no", "no wait yes", "mumble grumble", "who am I", "how do I look",
    "how old am I", "what can you do", "forget me", "remember me", "speak Greek", "μίλα αγγλικά", "speak Klingon",
    "stop", "goodbye", "hello", "thanks", "", "…", "who am I and how do I look", "I'm fine", "x" * 2000,
)  # fmt: skip


class NobodyRefused(Memory):
    """Every stranger is asked, as if it were a new day each time."""

    def note_refusal(self, now: float) -> None:
        pass


class Visitors:
    """Random people in a rehearsal. Everybody has a name of their own, so that a greeting tells who was meant."""

    def __init__(self, rehearsal: Rehearsal, seed: int) -> None:
        self.rehearsal = rehearsal
        self.random = random.Random(seed)
        self.tracks: list[str] = []
        self.names = 0
        for name in ("Qada", "Qeda", "Qida"):
            rehearsal.know(name)

    def act(self) -> None:
        choices: list[tuple[int, Callable[[], None]]] = [
            (8, self.appear), (8, self.leave), (18, self.say), (8, self.give_name), (8, self.show),
            (4, self.lose_track), (1, self.fail), (12, self.pause),
        ]  # fmt: skip
        self.random.choices([act for _, act in choices], [weight for weight, _ in choices])[0]()
        self.rehearsal.wait(self.random.choice((0.0, 0.1, 0.5, 2.0, 8.0, 15.0)))

    def pause(self) -> None:
        self.rehearsal.refuses = ""

    def appear(self) -> None:
        if len(self.tracks) < 4:
            here = {person.person_id for person in self.rehearsal.people.values()}
            away = [person_id for person_id in self.rehearsal.known if person_id not in here]
            known = self.random.choice(["", *away[-4:]])
            area = self.random.uniform(0.01, 0.3)
            self.tracks.append(
                self.rehearsal.appear(known, area=area, language=self.random.choice(("", "", "el", "xx")))
            )

    def leave(self) -> None:
        if self.tracks:
            self.rehearsal.leave(self.tracks.pop(self.random.randrange(len(self.tracks))))

    def lose_track(self) -> None:
        """The same person on a new track, after a moment."""
        if self.tracks:
            track = self.tracks.pop(self.random.randrange(len(self.tracks)))
            person = self.rehearsal.people[track]
            self.rehearsal.leave(track)
            self.rehearsal.wait(self.random.choice((0.2, 1.0, 2.5, 6.0)))
            known = person.person_id if person.person_id in self.rehearsal.known else ""
            self.tracks.append(self.rehearsal.appear(known, area=person.roi_area))

    def say(self) -> None:
        text = self.random.choice(SAYINGS)
        self.rehearsal.say(text, self.random.choice((float("nan"), 0.9, 0.1)))

    def give_name(self) -> None:
        self.names += 1
        letters = "".join("abdefgiklmnoprstuv"[int(digit)] for digit in f"{self.names:04d}")
        self.rehearsal.say(f"my name is q{letters}")
        self.rehearsal.wait(4.0)
        self.rehearsal.say("yes")

    def show(self) -> None:
        if self.tracks:
            self.rehearsal.show(
                self.random.choice(self.tracks), self.random.choice(("", *LABELS)), self.random.random()
            )

    def fail(self) -> None:
        self.rehearsal.refuses = "" if self.rehearsal.refuses else "the database cannot be written"


def objects(root: object) -> int:
    """How many objects belong to ``root``, without code and modules."""
    seen: set[int] = set()
    ahead = [root]
    while ahead:
        one = ahead.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType | types.CodeType):
            continue
        seen.add(id(one))
        ahead += gc.get_referents(one)
    return len(seen)


def greetings(lines: list[Line]) -> list[tuple[float, str]]:
    """When somebody was greeted by name because they came, and who."""
    starts = ("Hello, ", "Hi, ", "Hello to you too, ", "Now I recognise you, ", "Γεια και σε σένα, ", "Γεια σου, ")
    ends = ("Nice to see you", "Good to see you", "to you too, ", "Now I recognise", "Χαίρομαι", "και σε σένα")
    return [
        (line.at, next(word.strip("!.,") for word in line.text.split() if word[:1] == "Q"))
        for line in lines
        if line.who == "robot"
        and line.text.startswith(starts)
        and any(end in line.text for end in ends)
        and "Q" in line.text
    ]


@pytest.mark.parametrize("seed", range(4))
def test_an_hour_of_visits_leaves_nothing_stuck_nothing_grown_and_nobody_greeted_twice(seed: int) -> None:
    memory = NobodyRefused() if seed % 2 else Memory()
    rehearsal = Rehearsal(Engine(load_scenario("greet_and_react"), language="en", memory=memory), now=86400.0 * 365)
    visitors = Visitors(rehearsal, seed)
    began, lines = rehearsal.now, list[Line]()
    while rehearsal.now < began + HOUR:
        until = rehearsal.now + HOUR / 4
        while rehearsal.now < until:
            visitors.act()
        lines += rehearsal.take()
        while visitors.tracks:
            visitors.leave()
        rehearsal.wait(LONGEST)
        lines += rehearsal.take()
        assert (rehearsal.engine.state, rehearsal.report.face_id, rehearsal.speaking) == ("alone", "", False)
        assert rehearsal.engine.next_deadline() is None
    stays: dict[str, float] = {}
    states = [line for line in lines if line.who == "state"]
    for line, following in itertools.pairwise(states):
        spoke = [other.at for other in lines if other.who == "person" and line.at <= other.at <= following.at]
        stays[line.text] = max(stays.get(line.text, 0.0), following.at - max([line.at, *spoke]))
    assert {state: stay for state, stay in stays.items() if stay > LONGEST and state not in AT_EASE} == {}
    last: dict[str, float] = {}
    for at, name in greetings(lines):
        assert at - last.get(name, -HOUR) > 1800.0, f"{name} was greeted twice"
        last[name] = at
    assert {"ask_consent", "chat", "resting"} <= stays.keys()
    assert len(last) >= 3
    assert any(line.who == "enrols" for line in lines) or not seed % 2


def test_people_who_come_and_go_leave_nothing_behind() -> None:
    memory = Memory()
    rehearsal = Rehearsal(Engine(load_scenario("greet_and_react"), language="en", memory=memory), now=86400.0 * 365)

    def visits(count: int) -> int:
        for number in range(count):
            faces = [rehearsal.appear(), rehearsal.appear(rehearsal.know(f"Q{number}"), area=0.05)]
            rehearsal.show(faces[0], LABELS[number % len(LABELS)])
            rehearsal.wait(4)
            rehearsal.say(SAYINGS[number % len(SAYINGS)])
            rehearsal.wait(2)
            for face in faces:
                rehearsal.leave(face)
            rehearsal.wait(4)
        rehearsal.wait(LONGEST)
        rehearsal.take()
        return objects(rehearsal.engine) - objects(memory)

    before = visits(2 * len(SAYINGS))  # every text was said by then, so every template is there
    assert visits(2 * len(SAYINGS)) - before < 100
    assert memory.greetings > 10
    rehearsal.wait(HOUR)
    visits(1)
    assert memory.greetings <= 1
