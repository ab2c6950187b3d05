"""Collects the texts of a scenario, by key and language, wherever they are written."""

from __future__ import annotations

import yaml

from emotion_perception.core.scenario.model import Text
from emotion_perception.core.scenario.reading import Entry, Faults, Place, Reader, is_word, one_of


class Texts:
    """The texts read so far. languages: those that every text has to exist in."""

    def __init__(self, faults: Faults) -> None:
        self.languages: tuple[str, ...] = ()
        self._faults = faults
        self._found: dict[str, dict[str, Text]] = {}
        self._places: dict[str, Place] = {}

    def add(self, reader: Reader, key: str, entry: Entry) -> None:
        """A text in its languages: a mapping from language to text, or just the text if there is only one language."""
        self._places.setdefault(key, entry.place)
        if isinstance(entry.node, yaml.MappingNode):
            for language, text in reader.mapping(entry, self.languages).items():
                self.add_in(reader, key, language, text)
        elif len(self.languages) == 1:
            self.add_in(reader, key, self.languages[0], entry)
        else:
            reader.fault(
                entry, f"{entry.about} is in one language: give one per language ({', '.join(self.languages)})"
            )

    def add_in(self, reader: Reader, key: str, language: str, entry: Entry) -> None:
        """A text in one language: one, or a list of which each is said in its turn."""
        self._places.setdefault(key, entry.place)
        items = [(item, text) for item in reader.items(entry) if (text := reader.text(item))]
        if language in self._found.get(key, {}):
            first = self._found[key][language].places[0]
            reader.fault(entry, f'the text "{key}" is there twice in {language} (first in {first})')
        elif items:
            variants = tuple(text for _, text in items)
            self._found.setdefault(key, {})[language] = Text(variants, tuple(_begins(item) for item, _ in items))

    def said(self, reader: Reader, entry: Entry, where: str) -> str:
        """The key of what a state or rule says: of a text by its key, or of one that is written here."""
        if isinstance(entry.node, yaml.ScalarNode) and is_word(entry.node.value):
            key = str(entry.node.value)
            if key not in self._found:
                reader.fault(entry, f'there is no text "{key}": {one_of(filter(is_word, self._found), key)}')
            return key
        key = f"{where}, line {entry.place.line}"
        self.add(reader, key, entry)
        return key

    def by_language(self) -> dict[str, dict[str, Text]]:
        """Texts by language and key; each that is missing in a language is a fault."""
        texts: dict[str, dict[str, Text]] = {language: {} for language in self.languages}
        for key, found in self._found.items():
            missing = [language for language in self.languages if language not in found]
            if missing:
                about = f'the text "{key}"' if is_word(key) else "this text"
                self._faults.add(self._places[key], f"{about} is missing in {', '.join(missing)}")
            for language, text in found.items():
                texts[language][key] = text
        return texts


def _begins(entry: Entry) -> Place:
    """Where the first line of a text stands; after | or > that is the line below."""
    node = entry.node
    below = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return Place(entry.place.file, node.start_mark.line + 1 + below)
