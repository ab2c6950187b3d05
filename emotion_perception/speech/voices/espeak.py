"""espeak-ng: over a hundred languages on this machine, in no time, with the voice of a machine.

The library is GPL-3. It comes with the package espeakng-loader of the extra `speech` and is loaded when somebody asks
for this voice; nothing of it is in this package. Functions and constants: espeak-ng/speak_lib.h.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.text import pieces

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: what is said is handed over, and not played
_DONT_EXIT = 0x8000  # espeak_Initialize: return an error where it would end the process
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_UTF8 = 1  # flags of espeak_Synth: neither SSML nor phonemes, so markup is read out
_OK = 0
_PAUSE = 0.25  # seconds between pieces; espeak makes none after the last sentence of what it is given
_WORDS_PER_MINUTE = 175  # espeak's own
#: Where espeak's name of a language is not the tag itself.
_NAMES = {"en": "en-us", "en-gb": "en", "zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn"}

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
#: The library knows one voice and one callback at a time, for the whole process.
_LOCK = threading.Lock()


class EspeakVoice:
    """Speaks with espeak-ng; several of them may be used in several threads.

    variant: "" or one of espeak-ng's, e.g. "f3" (a woman's), "m7", "whisper". rate: 1 is its own pace.
    pitch: 0 to 100, 50 is its own. Raises VoiceError when the library is missing.
    """

    name = "espeak"
    notice = ""

    def __init__(self, *, variant: str = "", rate: float = 1.0, pitch: int = 50) -> None:
        self._variant = variant
        self._rate = round(_WORDS_PER_MINUTE * rate)
        self._pitch = pitch
        with _LOCK:
            _, self.rate, variants = library()
        if variant and variant not in variants:
            raise VoiceError(f'espeak has no variant "{variant}": give one of {", ".join(sorted(variants))}')

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield the sound of each piece."""
        for number, piece in enumerate(pieces(text)):
            if number:
                yield Sound.silence(_PAUSE, self.rate)
            yield self._piece(piece, language)

    def close(self) -> None:
        """Do nothing: the library stays loaded."""

    def _piece(self, text: str, language: str) -> Sound:
        chunks: list[Any] = []

        def take(samples: Any, count: int, _: Any) -> int:
            if samples and count > 0:
                chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
            return 0

        encoded, callback = text.encode(), _Callback(take)
        with _LOCK:
            espeak, rate, _ = library()
            self._choose(espeak, language)
            espeak.espeak_SetSynthCallback(callback)
            status = espeak.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
            status = status or espeak.espeak_Synchronize()
        if status != _OK:
            raise VoiceError(f"espeak could not speak a text of {len(text)} characters (its error {status})")
        return Sound(np.concatenate(chunks) if chunks else np.zeros(0, np.int16), rate)

    def _choose(self, espeak: Any, language: str) -> None:
        tag = language.lower()
        names = dict.fromkeys((_NAMES.get(tag, tag), _NAMES.get(tag.partition("-")[0], tag.partition("-")[0])))
        suffix = f"+{self._variant}" if self._variant else ""
        if not any(espeak.espeak_SetVoiceByName(f"{name}{suffix}".encode()) == _OK for name in names if name):
            variant = f' in the variant "{self._variant}"' if self._variant else ""
            raise VoiceError(f'espeak has no voice for the language "{language}"{variant}: give one like en, el or zh')
        espeak.espeak_SetParameter(_RATE, self._rate, 0)
        espeak.espeak_SetParameter(_PITCH, self._pitch, 0)


@cache
def library() -> tuple[Any, int, frozenset[str]]:
    """Return libespeak-ng, initialised, the rate of its sound, and its variants. Raises VoiceError if it is missing."""
    try:
        import espeakng_loader

        espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
    except (ImportError, OSError, RuntimeError) as error:
        raise VoiceError(f"espeak-ng is not installed ({error}): pip install espeakng-loader") from error
    rate = espeak.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _DONT_EXIT)
    if rate <= 0:
        raise VoiceError(f"espeak-ng cannot start with its data in {data}: install espeakng-loader again")
    espeak.espeak_Synth.argtypes = (
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
        *(ctypes.c_void_p, ctypes.c_void_p),
    )
    return espeak, int(rate), frozenset(path.name for path in (Path(data) / "voices" / "!v").iterdir())
