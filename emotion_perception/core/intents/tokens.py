"""Makes what was said comparable: words without case, accents and punctuation; Chinese by character."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: Written together with what stands around it: "don't", "ім'я".
_APOSTROPHES = "'\u2019\u02bc\u2018\u0060\u00b4"
_APART = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:-[^\W_\u3400-\u9fff\uf900-\ufaff]+)*"
)
_LONGEST = 400  # characters of an utterance that are looked at; nobody answers a robot at such length


@dataclass(frozen=True)
class Token:
    """A word, or a Chinese character: as it was written, and as it is compared."""

    written: str
    plain: str


def tokens(text: str) -> tuple[Token, ...]:
    """Take a text apart; what is neither letter nor digit is left out."""
    text = unicodedata.normalize("NFC", text[:_LONGEST])
    for apostrophe in _APOSTROPHES:
        text = text.replace(apostrophe, "")
    return tuple(Token(word, _plain(word)) for word in _APART.findall(text))


def plain(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared."""
    return tuple(token.plain for token in tokens(text))


def spoken(text: str) -> str:
    """A phrase as a recogniser expects it: lower case, without punctuation but for apostrophes and hyphens."""
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join(re.sub(r"[^\w\s'\u2019\u02bc-]", " ", text).split())


def _plain(word: str) -> str:
    """Without case and accents; ς and σ are the same."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character)).replace("-", "")
