"""How a word is pronounced that no dictionary has: espeak-ng's phonemes, in the 39 sounds of CMU's dictionary.

Names above all: "Zsófia", "Oleksandr". A name in Greek or Cyrillic letters is read by the rules of its own language.
"""

from __future__ import annotations

import ctypes
import unicodedata
from typing import Any

#: Sounds of the International Phonetic Alphabet -> the nearest ones of American English, longest first when looked up.
#: CMU's own table (cmudict's phones) for the English ones; for others the sound an English speaker would make of them.
_ARPABET = {
    "tʃ": "CH", "dʒ": "JH", "ts": "T S", "dz": "D Z", "tɕ": "CH", "dʑ": "JH", "cç": "CH", "ɟʝ": "JH",
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "ɪə": "IH R", "eə": "EH R", "ʊə": "UH R",
    "ɔːɹ": "AO R", "ɑːɹ": "AA R", "ɑu": "AW", "ai": "AY", "ei": "EY", "ou": "OW", "iɜ": "IY AH", "əl": "AH L",
    "ɑ": "AA", "a": "AA", "æ": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɔ": "AO", "ɒ": "AA", "ɛ": "EH", "e": "EH",
    "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "ɪ": "IH", "ᵻ": "IH", "i": "IY", "ɨ": "IH", "y": "IY", "o": "OW", "ø": "ER",
    "œ": "ER", "ʊ": "UH", "u": "UW", "ɯ": "UW", "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "ɣ": "G",
    "h": "HH", "ɦ": "HH", "x": "HH", "χ": "HH", "ç": "HH", "k": "K", "c": "K", "l": "L", "ɫ": "L", "ʎ": "L", "m": "M",
    "n": "N", "ɲ": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "ɾ": "T", "ʁ": "R", "ɻ": "R", "s": "S", "ʃ": "SH",
    "ɕ": "SH", "ʂ": "SH", "t": "T", "ʔ": "T", "θ": "TH", "v": "V", "β": "V", "ʋ": "V", "w": "W", "j": "Y", "ɟ": "D",
    "z": "Z", "ʒ": "ZH", "ʑ": "ZH", "ʐ": "ZH",
}  # fmt: skip
_LONGEST = max(map(len, _ARPABET))
#: First letters of a script's Unicode names -> the language that reads it.
_READERS = {"GREEK": "el", "CYRILLIC": "uk", "CJK": "cmn"}
_IPA = 0x02  # phoneme mode of espeak_TextToPhonemes
_UTF8 = 1


def pronounce(word: str) -> str:
    """Return the sounds of a word, e.g. "Y UW K IY"; "" when there are none, or espeak-ng is not installed."""
    from emotion_perception.core.errors import VoiceError
    from emotion_perception.speech.voices.espeak import library

    try:
        espeak: Any = library()[0]
    except VoiceError:
        return ""
    script = unicodedata.name(word[0], "").partition(" ")[0].partition("-")[0]
    espeak.espeak_SetVoiceByName(_READERS.get(script, "en-us").encode())
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    text = ctypes.c_char_p(word.encode())
    spoken = espeak.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA) or b""
    return to_arpabet(spoken.decode())


def to_arpabet(ipa: str) -> str:
    """Return the sounds of a word in IPA; marks of stress, length and tone are left out."""
    sounds: list[str] = []
    at = 0
    while at < len(ipa):
        length = next((n for n in range(_LONGEST, 0, -1) if ipa[at : at + n] in _ARPABET), 0)
        if length:
            sounds.append(_ARPABET[ipa[at : at + length]])
        at += length or 1
    return " ".join(sounds)
