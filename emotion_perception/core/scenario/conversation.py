"""What is known of the conversation that is going on, and forgotten when it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from emotion_perception.core.scenario.company import Visitor
from emotion_perception.core.scenario.model import Rule

_MOST_OF_A_RECORD = 220  # characters of a question, or of an answer


@dataclass(frozen=True)
class Occurrence:
    """Something that rules wait for.

    value: as in model.EVENTS. visitor: who appeared. rule: the only one that it is about (silences and emotions are
    timed rule by rule), None for all.
    """

    value: str = ""
    visitor: Visitor | None = None
    rule: Rule | None = None


@dataclass(frozen=True)
class Consent:
    """That the person behind a face agreed, and in which words."""

    face_id: str
    record: str

    @classmethod
    def spoken(cls, face_id: str, asked: str, answer: str) -> Consent:
        """Consent by word of mouth; the record fits into the database of people, which takes 500 characters."""
        return cls(face_id, f'asked by the robot "{_one_line(asked)}", answered "{_one_line(answer)}"')


@dataclass
class Conversation:
    """partner: the person talked to. person_id: who they were taken for when it was last acted upon.

    asked: the text that was last said (not what stood before it in one breath), answer: what was last heard; both for
    the record of consent. before: the expression last
    reacted to, remarked: when something was last said about one. since: when a rule's emotion began to show, by the
    rule's place and the emotion.
    """

    partner: Visitor | None = None
    person_id: str = ""
    asked: str = ""
    answer: str = ""
    consent: Consent | None = None
    heard_name: str = ""
    heard_language: str = ""
    before: str = ""
    remarked: float = -math.inf
    since: dict[tuple[Rule, str], float] = field(default_factory=dict)


def _one_line(text: str) -> str:
    """What can be put on record: printable, and not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_MOST_OF_A_RECORD]
