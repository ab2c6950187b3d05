"""Texts as voices take them: without what no voice can say, and in pieces that are soon ready to be heard."""

from __future__ import annotations

import re
import unicodedata

from emotion_perception.core.errors import VoiceError

#: Characters; some 20 minutes of speech.
LONGEST = 20_000
_PIECE = 200  # characters of a piece at most; a line of text takes 5 s to say
_SHORT = 20  # characters up to which a piece takes the next sentence too, so that "Dr." is none of its own
#: Not letters, marks, digits, punctuation or blanks: pictures (emoji), controls (among them the ones that espeak
#: obeys), formats, surrogates, private characters.
_UNSPEAKABLE = {"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn"}
#: Joiners, which Indic scripts need inside words.
_SPOKEN_FORMATS = "\u200c\u200d"
_END_OF_SENTENCE = re.compile(r"(?<=[.!?;:…·])\s+|(?<=[。！？；：])|\n+")


def speakable(text: str) -> str:
    """Return what can be said of a text: no emoji, no control characters, blanks as single spaces; maybe "".

    Markup stays as it is, and is read out as the characters it is made of; only the brackets in which espeak and piper
    expect phonemes lose their double. Raises VoiceError when it is longer than LONGEST.
    """
    if len(text) > LONGEST:
        raise VoiceError(f"a text of {len(text)} characters is too long to say: send at most {LONGEST} at a time")
    lines = "".join(map(_spoken, unicodedata.normalize("NFC", text)))
    lines = re.sub(r"\[{2,}|]{2,}", " ", lines)
    lines = "\n".join(" ".join(line.split()) for line in lines.splitlines()).strip()
    return re.sub(r"\n+", "\n", lines) if any(map(str.isalnum, lines)) else ""


def pieces(text: str) -> list[str]:
    """Split a speakable text into sentences, and those that are long into pieces of up to 200 characters."""
    sentences: list[str] = []
    for sentence in filter(None, map(str.strip, _END_OF_SENTENCE.split(text))):
        if sentences and len(sentences[-1]) < _SHORT:
            sentences[-1] += " " + sentence
        else:
            sentences.append(sentence)
    return [piece for sentence in sentences for piece in _wrapped(sentence) if any(map(str.isalnum, piece))]


def _spoken(character: str) -> str:
    if character in "\n\r\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    if unicodedata.category(character) in _UNSPEAKABLE and character not in _SPOKEN_FORMATS:
        return " "
    return character


def _wrapped(sentence: str) -> list[str]:
    """Split at a comma or a space before the 200th character, or there if there is none."""
    parts = []
    while len(sentence) > _PIECE:
        end = max(sentence.rfind(sign, 0, _PIECE) for sign in ",，、 ") + 1 or _PIECE
        parts.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [*parts, sentence] if sentence else parts
