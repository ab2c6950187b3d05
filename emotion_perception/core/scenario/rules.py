"""Reads the rules of a scenario: what is waited for, on which condition, and what follows."""

from __future__ import annotations

from collections.abc import Collection

from emotion_perception.core.intents.phrasebook import DECOYS
from emotion_perception.core.scenario.model import EFFECTS, EVENTS, HEARD, Rule
from emotion_perception.core.scenario.reading import Entry, Reader, one_of
from emotion_perception.core.scenario.texts import Texts

_KEYS = (*EVENTS, "for", "above", "if", "do", "say", "go")
_HOLDS = 2.0  # seconds, unless a rule says otherwise
_ABOVE = 0.5


class RuleReader:
    """Reads rules of one file. intents: all that a rule may wait for in some language."""

    def __init__(self, reader: Reader, texts: Texts, intents: Collection[str]) -> None:
        self._reader = reader
        self._texts = texts
        self._intents = {*intents, *HEARD} - {DECOYS}

    def rules(self, entry: Entry, where: str) -> tuple[Rule, ...]:
        """The rules of a list. where: the state's name, or "anywhere"."""
        read = (self._rule(item, where) for item in self._reader.sequence(entry))
        return tuple(rule for rule in read if rule is not None)

    def effects(self, entry: Entry | None) -> tuple[str, ...]:
        """What `do` asks for."""
        found = []
        for item in self._reader.items(entry) if entry is not None else ():
            effect = self._reader.text(item)
            if effect in EFFECTS:
                found.append(effect)
            elif effect:
                self._reader.fault(item, f'"{effect}" is nothing to do: {one_of(EFFECTS, effect)}')
        return tuple(found)

    def _rule(self, entry: Entry, where: str) -> Rule | None:
        parts = self._reader.mapping(Entry(entry.node, "the rule", entry.place), _KEYS)
        events = [key for key in parts if key in EVENTS]
        if len(events) != 1:
            if parts:
                what = f"waits for {' and '.join(events)}" if events else "waits for nothing"
                self._reader.fault(entry, f"the rule {what}: give it exactly one of {', '.join(EVENTS)}")
            return None
        event = events[0]
        for key in ("for", "above"):
            if key in parts and event != "emotion":
                self._reader.fault(parts[key], f'"{key}" belongs to a rule that waits for an emotion')
        seconds = _HOLDS if event == "emotion" else 0.0
        if event == "silence":
            seconds = self._reader.seconds(parts[event])
        elif "for" in parts:
            seconds = self._reader.seconds(parts["for"])
        return Rule(
            event,
            () if event == "silence" else self._values(event, parts[event]),
            seconds,
            self._reader.fraction(parts["above"]) if "above" in parts else _ABOVE,
            self._reader.text(parts["if"]) if "if" in parts else "",
            self.effects(parts.get("do")),
            self._texts.said(self._reader, parts["say"], where) if "say" in parts else "",
            self._reader.word(parts["go"]) if "go" in parts else "",
            entry.place,
        )

    def _values(self, event: str, entry: Entry) -> tuple[str, ...]:
        allowed = EVENTS[event] or tuple(sorted(self._intents))
        values = []
        for item in self._reader.items(entry):
            value = self._reader.text(item)
            if value in allowed:
                values.append(value)
            elif value:
                self._reader.fault(item, f'a rule cannot wait for {event} "{value}": {one_of(allowed, value)}')
        return tuple(values)
