"""Reads the settings of a scenario: times with their unit, and probabilities."""

from __future__ import annotations

from dataclasses import fields

from emotion_perception.core.scenario.model import Settings
from emotion_perception.core.scenario.reading import Entry, Reader


def read_settings(reader: Reader, entry: Entry | None) -> Settings:
    """What is given, and the defaults for the rest."""
    names = [field.name for field in fields(Settings)]
    given = reader.mapping(entry, names) if entry is not None else {}
    return Settings(
        **{
            name: reader.fraction(value) if name == "understand_above" else reader.seconds(value)
            for name, value in given.items()
        }
    )
