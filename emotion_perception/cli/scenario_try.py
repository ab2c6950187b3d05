"""Types instead of talking: one simulated person, whose words, face and coming and going are lines of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.labels import LABELS
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.rehearsal import Rehearsal

_HELP = """\
Type what you would say, and see what the robot answers; time is simulated. Or:
  /known NAME      somebody comes whom the robot knows (again, if it is the same name)
  /stranger        somebody comes whom it does not know
  /leave           the nearest person leaves
  /face LABEL      the nearest face shows: {labels}
  /wait SECONDS    time passes
  /fail            nobody can be enrolled or forgotten from now on; /fail again: they can
  /expect          what the robot would understand just now
  /help, /quit"""


class Try:
    """engine: not started yet. known: name of somebody to begin with, else a stranger is there. now: Unix time."""

    def __init__(self, engine: Engine, *, known: str, now: float) -> None:
        self._rehearsal = Rehearsal(engine, now=now)
        self._began = now
        self._known = known
        self._commands: dict[str, Callable[[str], None]] = {
            "known": self._come,
            "stranger": lambda _: self._come(""),
            "leave": self._leave,
            "face": self._face,
            "wait": self._wait,
            "fail": self._fail,
        }

    def run(self, lines: TextIO, out: TextIO) -> None:
        """Read lines until there are no more, or one is /quit; write what happens."""
        print(_HELP.format(labels=", ".join(LABELS)), file=out)
        self._come(self._known)
        self._show(out)
        while line := self._read(lines, out):
            if line.strip() in ("/quit", "/exit"):
                return
            try:
                self._take(line.strip(), out)
            except ScenarioError as error:
                print(error, file=out)
            self._show(out)

    def _read(self, lines: TextIO, out: TextIO) -> str:
        if lines.isatty():
            print("> ", end="", flush=True, file=out)
        return lines.readline()

    def _take(self, line: str, out: TextIO) -> None:
        if not line:
            self._rehearsal.wait(1.0)
        elif not line.startswith("/"):
            self._rehearsal.say(line)
            self._rehearsal.settle()
        elif line == "/expect":
            expect = self._rehearsal.expect
            print(f"  in {expect.language}: {', '.join(expect.phrases) or 'nothing'}", file=out)
        elif line == "/help":
            print(_HELP.format(labels=", ".join(LABELS)), file=out)
        else:
            command, _, rest = line[1:].partition(" ")
            if command not in self._commands:
                raise ScenarioError(f"there is no /{command}: try /help")
            self._commands[command](rest.strip())

    def _come(self, name: str) -> None:
        rehearsal = self._rehearsal
        person_id = next((known for known, called in rehearsal.known.items() if called == name), "") if name else ""
        if any(person.person_id == person_id for person in rehearsal.people.values() if person_id):
            raise ScenarioError(f"{name} is here already: /leave first")
        rehearsal.appear(person_id or (rehearsal.know(name) if name else ""))
        rehearsal.settle()

    def _leave(self, _: str) -> None:
        self._rehearsal.leave(self._nearest())
        self._rehearsal.wait(5.0)

    def _face(self, label: str) -> None:
        if label not in LABELS:
            raise ScenarioError(f'no face shows "{label}": choose one of {", ".join(LABELS)}')
        self._rehearsal.show(self._nearest(), label)
        self._rehearsal.wait(5.0)
        self._rehearsal.settle()

    def _wait(self, seconds: str) -> None:
        try:
            duration = float(seconds)
        except ValueError:
            duration = -1.0
        if not 0 <= duration <= 86400:
            raise ScenarioError(f'"{seconds}" is no time to wait: give seconds, at most 86400')
        self._rehearsal.wait(duration)

    def _fail(self, _: str) -> None:
        self._rehearsal.refuses = "" if self._rehearsal.refuses else "the database cannot be written"

    def _nearest(self) -> str:
        people = self._rehearsal.people
        if not people:
            raise ScenarioError("nobody is here: /stranger or /known NAME first")
        return max(people, key=lambda face_id: people[face_id].roi_area)

    def _show(self, out: TextIO) -> None:
        for line in self._rehearsal.take():
            at = f"{line.at - self._began:7.1f} s"
            if line.who == "robot":
                print(f"{at}  robot: {line.text}", file=out)
            elif line.who != "person":
                print(f"{at}  [{line.who}: {line.text}]", file=out)
