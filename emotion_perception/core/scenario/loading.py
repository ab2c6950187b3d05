"""Reads a scenario and what belongs to it, and checks all of it before anybody is greeted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotion_perception.core import paths
from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.intents.phrasebook import NameRules, Phrasebook
from emotion_perception.core.scenario.checks import check
from emotion_perception.core.scenario.model import Scenario, State, Text
from emotion_perception.core.scenario.phrases import intent_phrases, load_phrases
from emotion_perception.core.scenario.reading import Entry, Faults, Place, Reader, is_word, one_of
from emotion_perception.core.scenario.rules import RuleReader
from emotion_perception.core.scenario.settings import read_settings
from emotion_perception.core.scenario.texts import Texts

_KEYS = ("about", "languages", "settings", "start", "texts", "intents", "anywhere", "states")
_STATE_KEYS = ("do", "say", "wait_for", "anywhere")
_OF_A_LANGUAGE = ("language", "texts", "intents")


def load_scenario(scenario: str | Path) -> Scenario:
    """Load a scenario by its path, or by the name of one that comes with the package ("greet_and_react").

    Texts and intents of a language may stand in a file beside it, `<scenario>.<language>.yaml`. What people say in a
    language comes from `phrases.<language>.yaml` beside it, or else from the package's.

    Raises ScenarioError, whose message has one line per fault, each with its file and line.
    """
    path = _path(scenario)
    faults = Faults()
    loaded = _Loading(path, faults).scenario()
    faults.raise_if_any()
    return loaded


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the package."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml") if "." not in path.stem))


def _folder() -> Path:
    return paths.share_dir() / "config" / "scenarios"


def _path(scenario: str | Path) -> Path:
    """The file of a scenario. Raises ScenarioError if a name is none of the package's."""
    text = str(scenario)
    if isinstance(scenario, str) and is_word(text):
        if text not in scenario_names():
            known = one_of(scenario_names(), text)
            raise ScenarioError(f'there is no scenario "{text}": {known}; or give the path of a file (./{text}.yaml)')
        return _folder() / f"{text}.yaml"
    path = Path(scenario).expanduser()
    if path.is_dir():
        raise ScenarioError(f"{path} is a folder: give the YAML file of a scenario in it")
    if not path.is_file():
        raise ScenarioError(f"there is no file {path}: give the path of a scenario, or {', '.join(scenario_names())}")
    return path


class _Loading:
    """One load: the files that take part, and the faults found in them."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._reader = Reader(path, faults)
        self._texts = Texts(faults)

    def scenario(self) -> Scenario:
        """Everything, as far as it could be read; what is wrong went to the faults."""
        top = self._reader.open()
        entries = self._reader.mapping(top, _KEYS) if top else {}
        for key in ("languages", "states"):
            if top and key not in entries:
                self._reader.fault(top, f'the scenario has no "{key}:"')
        languages = self._languages(entries)
        self._texts.languages = languages
        if "texts" in entries:
            for key, entry in self._reader.mapping(entries["texts"]).items():
                self._texts.add(self._reader, self._key(entry, key), entry)
        own = self._intents(entries)
        self._read_language_files(languages, own)
        books = self._phrasebooks(languages, own)
        rules = RuleReader(self._reader, self._texts, {intent for book in books.values() for intent in book.intents})
        anywhere = rules.rules(entries["anywhere"], "anywhere") if "anywhere" in entries else ()
        states = self._states(entries, rules)
        start = self._reader.word(entries["start"]) if "start" in entries else next(iter(states), "")
        texts: dict[str, dict[str, Text]] = self._texts.by_language()
        settings = read_settings(self._reader, entries.get("settings"))
        loaded = Scenario(self._path.stem, languages, start, states, anywhere, texts, books, settings)
        place = entries["start"].place if "start" in entries else Place(self._path, 1)
        if states and languages:
            check(loaded, self._faults, place)
        return loaded

    def _languages(self, entries: Mapping[str, Entry]) -> tuple[str, ...]:
        if "languages" not in entries:
            return ()
        return tuple(dict.fromkeys(self._reader.texts(entries["languages"])))

    def _key(self, entry: Entry, key: str) -> str:
        if not is_word(key):
            self._reader.fault(entry, f'"{key}" cannot be a name: use lower case letters, digits and underscores')
        return key

    def _intents(self, entries: Mapping[str, Entry]) -> dict[str, dict[str, tuple[str, ...]]]:
        """The scenario's own intents by language: those of its main file."""
        own: dict[str, dict[str, tuple[str, ...]]] = {}
        if "intents" in entries:
            for intent, by_language in self._reader.mapping(entries["intents"]).items():
                self._key(by_language, intent)
                for language, phrases in self._reader.mapping(by_language, self._texts.languages).items():
                    own.setdefault(language, {})[intent] = self._reader.texts(phrases)
        return own

    def _read_language_files(self, languages: tuple[str, ...], own: dict[str, dict[str, tuple[str, ...]]]) -> None:
        """Add what stands in `<scenario>.<language>.yaml`, for each language that has such a file."""
        for language in languages:
            path = self._path.with_name(f"{self._path.stem}.{language}.yaml")
            if not path.exists():
                continue
            reader = Reader(path, self._faults)
            top = reader.open()
            entries = reader.mapping(top, _OF_A_LANGUAGE) if top else {}
            if "language" in entries and (said := reader.text(entries["language"])) != language:
                reader.fault(entries["language"], f'the language is "{said}", but the file\'s name says {language}')
            if "intents" in entries:
                own.setdefault(language, {}).update(intent_phrases(reader, entries["intents"]))
            for key, entry in (reader.mapping(entries["texts"]) if "texts" in entries else {}).items():
                self._texts.add_in(reader, self._key(entry, key), language, entry)

    def _phrasebooks(
        self, languages: tuple[str, ...], own: Mapping[str, Mapping[str, tuple[str, ...]]]
    ) -> dict[str, Phrasebook]:
        books = {}
        for language in languages:
            name = f"phrases.{language}.yaml"
            places = (self._path.with_name(name), _folder() / name)
            found = next((place for place in places if place.is_file()), None)
            if found is None:
                known = ", ".join(sorted(path.stem.partition(".")[2] for path in _folder().glob("phrases.*.yaml")))
                self._faults.add(
                    Place(self._path, 1),
                    f'there are no phrases for the language "{language}" ({known} come with the package):'
                    f" write {name} beside the scenario",
                )
                book = Phrasebook(language, {}, NameRules(), {}, (), (), {})
            else:
                book = load_phrases(found, self._faults)
            books[language] = book.with_intents(own.get(language, {}))
        return books

    def _states(self, entries: Mapping[str, Entry], rules: RuleReader) -> dict[str, State]:
        states = {}
        for name, entry in (self._reader.mapping(entries["states"]) if "states" in entries else {}).items():
            if name == "again" or not is_word(name):
                self._reader.fault(entry, f'a state cannot be called "{name}": use lower case letters, but not "again"')
                continue
            entry = Entry(entry.node, f"the state {name}", entry.place)
            parts = self._reader.mapping(entry, _STATE_KEYS)
            states[name] = State(
                name,
                rules.effects(parts.get("do")),
                self._texts.said(self._reader, parts["say"], name) if "say" in parts else "",
                rules.rules(parts["wait_for"], name) if "wait_for" in parts else (),
                self._reader.yes_or_no(parts["anywhere"]) if "anywhere" in parts else True,
                entry.place,
            )
        return states
