"""Reads YAML without losing where each value stands, so that every fault can be named with its file and line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from emotion_perception.core.errors import ScenarioError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Place:
    """Where something is written; lines count from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Entry:
    """One value of a YAML file: what it is for ("say of the state greet") and its node, whose scalars are all text."""

    node: yaml.Node
    about: str
    place: Place


class Faults:
    """Collects what is wrong, so that one run names all of it."""

    def __init__(self) -> None:
        self._found: dict[str, Place] = {}

    def add(self, place: Place, sentence: str) -> None:
        """Note a fault; the same one twice counts once."""
        self._found.setdefault(f"{place}: {sentence}", place)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise ScenarioError with one line per fault, in the order of files and lines."""
        if self._found:
            ordered = sorted(self._found.items(), key=lambda item: (str(item[1].file), item[1].line))
            raise ScenarioError("\n".join(sentence for sentence, _ in ordered))


def one_of(known: Iterable[str], given: str) -> str:
    """The end of a sentence about an unknown word: what it may have meant, or all there is."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=1)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(names) or 'none'}"


def is_word(text: str) -> bool:
    """Whether ``text`` can name a state, a text or an intent: lower case letters, digits and underscores."""
    return _WORD.fullmatch(text) is not None


class Reader:
    """Takes a file apart; what is not as it should be goes to ``faults`` and reads as nothing."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self.path = path
        self.faults = faults

    def open(self) -> Entry | None:
        """The whole file; None (and a fault) if it is not there, is not YAML or holds nothing."""
        top = Place(self.path, 1)
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except FileNotFoundError:
            self.faults.add(top, "there is no such file")
            return None
        except UnicodeDecodeError as error:
            self.faults.add(top, f"this is not UTF-8 text (byte {error.start}): save it as UTF-8")
            return None
        except OSError as error:
            self.faults.add(top, f"cannot be read ({error.strerror})")
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
            place = Place(self.path, mark.line + 1) if mark else top
            self.faults.add(place, f"this is not YAML: {problem}. Check the indentation, colons and quotes here")
            return None
        except RecursionError:
            self.faults.add(top, "this is nested too deeply")
            return None
        if node is None:
            self.faults.add(top, "the file is empty: docs/scenarios.md has an example to begin with")
            return None
        return Entry(node, "the file", top)

    def fault(self, entry: Entry, sentence: str) -> None:
        """Note what is wrong with a value."""
        self.faults.add(entry.place, sentence)

    def mapping(self, entry: Entry, keys: Collection[str] | None = None) -> dict[str, Entry]:
        """The values by their keys; a key that is not among ``keys`` is a fault (any may be, without)."""
        if not isinstance(entry.node, yaml.MappingNode):
            self.fault(entry, f"{entry.about} has to be a mapping (key: value), not {_shape(entry.node)}")
            return {}
        found: dict[str, Entry] = {}
        for key_node, node in entry.node.value:
            place = Place(self.path, key_node.start_mark.line + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.add(place, f"a key of {entry.about} has to be a word")
                continue
            key = key_node.value
            if key in found:
                self.faults.add(
                    place, f'"{key}" is there twice in {entry.about} (first in line {found[key].place.line})'
                )
            elif keys is not None and key not in keys:
                self.faults.add(place, f'"{key}" is no key of {entry.about}: {one_of(keys, key)}')
            else:
                found[key] = Entry(node, f"{key} of {entry.about}" if entry.about != "the file" else key, place)
        return found

    def items(self, entry: Entry) -> list[Entry]:
        """The values of a list; a single value is a list of one."""
        if not isinstance(entry.node, yaml.SequenceNode):
            return [entry]
        return [Entry(node, entry.about, Place(self.path, node.start_mark.line + 1)) for node in entry.node.value]

    def sequence(self, entry: Entry) -> list[Entry]:
        """The values of what has to be a list."""
        if not isinstance(entry.node, yaml.SequenceNode):
            self.fault(entry, f"{entry.about} has to be a list (lines that begin with -), not {_shape(entry.node)}")
            return []
        return self.items(entry)

    def text(self, entry: Entry) -> str:
        """What is written, whatever YAML would take it for (yes, no and 12 are texts); "" and a fault if it is none."""
        if not isinstance(entry.node, yaml.ScalarNode) or not entry.node.value.strip():
            self.fault(entry, f"{entry.about} has to be a text, not {_shape(entry.node)}")
            return ""
        return str(entry.node.value)

    def texts(self, entry: Entry) -> tuple[str, ...]:
        """One text, or a list of them."""
        return tuple(text for item in self.items(entry) if (text := self.text(item)))

    def word(self, entry: Entry) -> str:
        """A name of something."""
        text = self.text(entry)
        if text and not is_word(text):
            self.fault(entry, f'"{text}" cannot be a name: use lower case letters, digits and underscores')
            return ""
        return text

    def seconds(self, entry: Entry) -> float:
        """A time such as 8 s, 500 ms, 2 min or 1 h."""
        text = self.text(entry)
        match = _DURATION.fullmatch(text.strip())
        if match is None:
            if text:
                self.fault(entry, f'{entry.about} is "{text}": write a time with its unit, as in 8 s, 500 ms or 2 min')
            return 0.0
        return float(match[1]) * _SECONDS[match[2]]

    def fraction(self, entry: Entry) -> float:
        """A number from 0 to 1."""
        text = self.text(entry)
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if text and not 0 <= value <= 1:
            self.fault(entry, f'{entry.about} is "{text}": write a number from 0 to 1')
            return 0.0
        return value

    def yes_or_no(self, entry: Entry) -> bool:
        """Yes or no (or true or false)."""
        text = self.text(entry).lower()
        if text and text not in ("yes", "no", "true", "false"):
            self.fault(entry, f'{entry.about} is "{text}": write yes or no')
        return text in ("yes", "true")


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return f'"{node.value}"' if node.value.strip() else "nothing"
