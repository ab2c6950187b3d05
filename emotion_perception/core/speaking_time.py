"""How long a text takes to say, for voices that do not tell when they are through."""

from __future__ import annotations

import unicodedata

# Measured with espeak-ng at its usual speed: 0.06 s a character in English and Greek, 0.1 s in Ukrainian and Hungarian,
# 0.3 s in Chinese. The longest, as it is better to listen a moment later than to one's own voice.
_LETTER = 0.1
_IDEOGRAPH = 0.3
_BEGIN = 0.5  # seconds until the first sound


def speaking_time(text: str) -> float:
    """Return about how many seconds it takes to say a text in any language, rather too many than too few."""
    ideographs = sum(unicodedata.east_asian_width(character) == "W" for character in text)
    return _BEGIN + _IDEOGRAPH * ideographs + _LETTER * (len(text) - ideographs)
