"""A remembered person without biometric data, and what a name, a language and a consent may be."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from emotion_perception.core.errors import PeopleError

SECONDS_PER_DAY = 86_400.0

_LONGEST_NAME = 100
_LONGEST_NOTE = 500
_LONGEST_LANGUAGE = 35  # RFC 5646, section 4.4.1
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
#: Latest Unix time that is taken, the beginning of the year 2200: a century later a year still has four digits.
LATEST = 7_258_118_400.0
_LONGEST_RETENTION = 36_525.0  # days: a century
#: Control characters, half a surrogate pair, line and paragraph separators.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: They reorder the text around them, so that one name can be shown as another (Unicode Technical Report 36, 2.4).
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Consent:
    """That a person agreed to be remembered. PeopleError when it says nothing.

    given_at: Unix time, seconds. note: how it was given and who asked, e.g. "spoken, asked by the robot".
    """

    given_at: float
    note: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "given_at", checked_time("the time of consent", self.given_at))
        note = _line("the note on consent", self.note, _LONGEST_NOTE)
        if not note:
            raise PeopleError('nobody is remembered without consent: say how it was given, e.g. "spoken, asked by me".')
        object.__setattr__(self, "note", note)


@dataclass(frozen=True)
class Person:
    """Somebody who is remembered.

    id: UUID. language: BCP 47 tag of the language they prefer, or empty. Times are Unix times in seconds; expires is
    when they will be forgotten unless they are seen again, None if never. embeddings: how many are kept.
    """

    id: str
    name: str
    language: str
    consent: Consent
    first_seen: float
    last_seen: float
    expires: float | None
    embeddings: int


def checked_name(text: str) -> str:
    """Return a name as it will be kept: without spaces around it, in Unicode's composed form (NFC).

    PeopleError, in a sentence, unless it is one line of 1 to 100 characters with something to read in it.
    """
    name = _line("the name", text, _LONGEST_NAME)
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise PeopleError("the name is empty: give the name that the person wants to be called by.")
    return name


def checked_language(text: str) -> str:
    """Return a BCP 47 tag such as "el" or "zh-Hant" as it is, or empty; PeopleError if it cannot be one."""
    if text and not (len(text) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(text)):
        raise PeopleError(f'the language "{shown(text)}" is not a tag such as en, el or zh-Hant: give one, or none.')
    return text


def checked_retention(days: float | None) -> float | None:
    """Return days until somebody who is not seen again is forgotten, None for never; PeopleError out of range."""
    if days is None:
        return None
    if not 0 < days <= _LONGEST_RETENTION:
        raise PeopleError(f"retention_days is {days}: give more than 0 and at most {_LONGEST_RETENTION:.0f}, or none.")
    return float(days)


def checked_time(what: str, seconds: float) -> float:
    """Return a Unix time of these two centuries; PeopleError names ``what`` it should have been."""
    if not (math.isfinite(seconds) and 0 <= seconds <= LATEST):
        raise PeopleError(f"{what} is {seconds}: give Unix time in seconds, from the years 1970 to 2199.")
    return seconds + 0.0  # a float, and no negative zero, which a database would not keep


def expiry(last_seen: float, retention_days: float | None) -> float | None:
    """Unix time at which somebody last seen then is forgotten, None if never."""
    return None if retention_days is None else last_seen + retention_days * SECONDS_PER_DAY


def shown(text: str, longest: int = 100) -> str:
    """Return a text that is safe to print: what a name may not hold escaped as in Python, and cut to ``longest``."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(
        character.encode("unicode_escape").decode() if _forbidden(character) else character for character in short
    )


def _line(what: str, text: str, longest: int) -> str:
    """Return a text stripped and in NFC; PeopleError unless it is one line of at most ``longest`` characters."""
    line = unicodedata.normalize("NFC", text.strip())
    if len(line) > longest:
        raise PeopleError(f'{what} "{shown(line, 20)}" has {len(line)} characters: give at most {longest}.')
    wrong = next((character for character in line if _forbidden(character)), None)
    if wrong is not None:
        raise PeopleError(
            f'{what} "{shown(line, 20)}" holds the control character U+{ord(wrong):04X}: give one line of plain text.'
        )
    return line


def _forbidden(character: str) -> bool:
    return unicodedata.category(character) in _FORBIDDEN_CATEGORIES or character in _REORDERING
