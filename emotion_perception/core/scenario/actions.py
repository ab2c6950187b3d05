"""What the engine asks for. A list of actions is carried out in its order, each complete before the next begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """Say this, after what is being said. Answered by one ``Spoken`` when the robot has fallen silent.

    A list of actions holds at most one.
    """

    text: str
    language: str


@dataclass(frozen=True)
class Hush:
    """Fall silent at once and drop what waits to be said.

    Comes before the Say of the same list; the ``Spoken`` of what it cut off need not be reported then.
    """


@dataclass(frozen=True)
class Expect:
    """What would be understood from now on; only sent when it changes, and before the Say that asks for it.

    phrases: lower case, without punctuation. names: given names that may be spoken, as they are written; empty
    unless a name is asked for.
    """

    language: str
    phrases: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Enroll:
    """Remember the person behind a tracked face, with their consent. Answered by one ``Enrolled``.

    consent: what was asked and what was answered, for the record. language: BCP 47 tag they were talking in.
    """

    face_id: str
    name: str
    consent: str
    language: str


@dataclass(frozen=True)
class Forget:
    """Erase what is stored about a person, who has confirmed it. Answered by one ``Forgotten``."""

    person_id: str


@dataclass(frozen=True)
class Report:
    """Where the conversation is; sent when any of it changes (fields as in DialogueState.msg).

    waiting_for: what would lead on, in words: "person", "answer", "name", "speech", "enrolment", "forgetting",
    "time" or "" (nothing; the engine has stopped).
    """

    state: str
    face_id: str
    person_id: str
    name: str
    language: str
    waiting_for: str


Action = Say | Hush | Expect | Enroll | Forget | Report
