"""Reads what people say in a language: the files `phrases.<language>.yaml` beside the scenarios."""

from __future__ import annotations

from pathlib import Path

from emotion_perception.core.intents.phrasebook import DECOYS, NameRules, Phrasebook
from emotion_perception.core.intents.tokens import plain
from emotion_perception.core.labels import LABELS
from emotion_perception.core.scenario.reading import Entry, Faults, Reader

_KEYS = ("language", "intents", "decoys", "negations", "names", "languages", "ask_language", "native", "expressions")
_NAME_KEYS = ("patterns", "never", "stops", "vowels", "common")


def load_phrases(path: Path, faults: Faults) -> Phrasebook:
    """Read the phrases of one language; what is wrong goes to ``faults`` and is left out."""
    reader = Reader(path, faults)
    top = reader.open()
    entries = reader.mapping(top, _KEYS) if top else {}
    language = reader.text(entries["language"]) if "language" in entries else ""
    if top and not language:
        reader.fault(top, 'the file does not say "language:" (a tag such as en)')
    intents = intent_phrases(reader, entries["intents"]) if "intents" in entries else {}
    if "decoys" in entries:
        intents[DECOYS] = reader.texts(entries["decoys"])
    called = reader.mapping(entries["languages"]) if "languages" in entries else {}
    expressions = reader.mapping(entries["expressions"], LABELS) if "expressions" in entries else {}
    return Phrasebook(
        language,
        intents,
        _names(reader, entries["names"]) if "names" in entries else NameRules(),
        {tag: reader.texts(entry) for tag, entry in called.items()},
        _patterns(reader, entries["ask_language"], "{language}") if "ask_language" in entries else (),
        reader.texts(entries["native"]) if "native" in entries else (),
        {label: reader.text(entry) for label, entry in expressions.items()},
        reader.texts(entries["negations"]) if "negations" in entries else (),
    )


def intent_phrases(reader: Reader, entry: Entry) -> dict[str, tuple[str, ...]]:
    """The phrases by their intent; one phrase cannot have two meanings."""
    intents: dict[str, tuple[str, ...]] = {}
    meanings: dict[tuple[str, ...], str] = {}
    for intent, phrases in reader.mapping(entry).items():
        kept = []
        for item in reader.items(phrases):
            phrase = reader.text(item)
            words = plain(phrase)
            if phrase and not words:
                reader.fault(item, f'"{phrase}" has no word in it')
            elif meanings.get(words, intent) != intent:
                reader.fault(item, f'"{phrase}" is a phrase of {meanings[words]} and of {intent}: leave it with one')
            elif phrase:
                meanings[words] = intent
                kept.append(phrase)
        intents[intent] = tuple(kept)
    return intents


def _patterns(reader: Reader, entry: Entry, slot: str) -> tuple[str, ...]:
    """Phrases with a slot exactly once."""
    patterns = []
    for item in reader.items(entry):
        pattern = reader.text(item)
        if pattern.count(slot) == 1 and pattern.count("{") == 1 == pattern.count("}"):
            patterns.append(pattern)
        elif pattern:
            reader.fault(item, f'"{pattern}" needs {slot} once, and no other braces')
    return tuple(patterns)


def _names(reader: Reader, entry: Entry) -> NameRules:
    entries = reader.mapping(entry, _NAME_KEYS)

    def words(key: str) -> tuple[str, ...]:
        return reader.texts(entries[key]) if key in entries else ()

    vowels = reader.mapping(entries["vowels"]) if "vowels" in entries else {}
    return NameRules(
        patterns=_patterns(reader, entries["patterns"], "{name}") if "patterns" in entries else (),
        never=frozenset(words("never")),
        stops=frozenset(words("stops")),
        vowels={long: reader.text(short) for long, short in vowels.items()},
        common=words("common"),
    )
