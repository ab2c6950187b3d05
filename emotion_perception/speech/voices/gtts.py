"""gtts: Google Translate's voice, through the package gTTS. Natural, and in the cloud: texts leave the machine.

gTTS makes the requests; they are sent here, as its own sending waits for ever for a slow server, reads without limit
and does not check the server's certificate.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import getproxies

import numpy as np

from emotion_perception.core.errors import AudioError, VoiceError
from emotion_perception.speech.audio.wav import soundfile
from emotion_perception.speech.voices.answer import Answer
from emotion_perception.speech.voices.base import Sound
from emotion_perception.speech.voices.cache import PhraseCache
from emotion_perception.speech.voices.text import pieces

TIMEOUT = 3.0  # seconds for one piece, from looking up the name to the last byte
_LARGEST = 4_000_000  # bytes of a reply; 200 characters take some 100,000
_SOUND = re.compile(rb'jQ1olc","\[\\"([A-Za-z0-9+/=]*)\\"')


class GttsVoice:
    """Speaks with Google Translate's voice, and remembers what it said.

    cache: where; None remembers nothing. Raises VoiceError when gTTS is missing.
    """

    name = "gtts"
    rate = 24000

    def __init__(self, cache: PhraseCache | None = None, *, timeout: float = TIMEOUT) -> None:
        try:
            from gtts.lang import tts_langs
        except ImportError as error:
            raise VoiceError(f"gTTS is not installed ({error}): pip install gTTS") from error
        self._languages = frozenset(tts_langs())
        self._cache = cache
        self._timeout = timeout
        kept = f" What was spoken is kept as sound in {cache.folder}." if cache else ""
        self.notice = (
            "gtts sends every text that the robot says to Google (translate.google.com); choose espeak or piper to "
            f"keep them on this machine.{kept}"
        )

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield the sound of each piece."""
        for piece in pieces(text):
            yield self.piece(piece, language)

    def speaks(self, language: str) -> bool:
        """Whether it has a voice for a language."""
        return not self._languages.isdisjoint((language, language.partition("-")[0]))

    def knows(self, piece: str, language: str) -> bool:
        """Whether a piece, in a language that it speaks, was said before and need not be sent."""
        return self._cache is not None and self._cache.has(self.name, self._tag(language), piece)

    def piece(self, piece: str, language: str) -> Sound:
        """Return the sound of a piece. Raises VoiceError."""
        tag = self._tag(language)
        key = (self.name, tag, piece)
        kept = self._cache.get(*key) if self._cache else None
        if kept is not None and self._cache:
            try:
                return _decoded(kept)
            except VoiceError:
                self._cache.drop(*key)
        deadline = time.monotonic() + self._timeout
        received = Answer(lambda: self._ask(piece, tag, deadline)).wait(self._timeout)  # a name server can be slow too
        if received is None:
            raise self._too_slow()
        sound = _decoded(received)
        if self._cache:
            self._cache.put(received, *key)
        return sound

    def _tag(self, language: str) -> str:
        """Return Google's name of a language; "en-GB" is taken for "en"."""
        for tag in (language, language.partition("-")[0]):
            if tag in self._languages:
                return tag
        raise VoiceError(f'gtts does not speak the language "{language}": give one like en, el or zh-CN')

    def _ask(self, piece: str, tag: str, deadline: float) -> bytes:
        """Return the MP3 of a piece. Raises VoiceError whatever goes wrong."""
        import requests
        from gtts import gTTS

        try:
            made = gTTS(piece, lang=tag, lang_check=False)._prepare_requests()
            with requests.Session() as session:
                return b"".join(_sound(self._reply(session, request, deadline)) for request in made)
        except requests.exceptions.HTTPError as error:
            status = error.response.status_code if error.response is not None else "no status"
            raise VoiceError(f"gtts was refused by its server ({status})") from error
        except requests.exceptions.Timeout as error:
            raise self._too_slow() from error
        except requests.exceptions.RequestException as error:
            raise VoiceError(f"gtts does not reach its server ({type(error).__name__})") from error
        except AssertionError as error:  # gTTS's own, of a text without anything to say
            raise VoiceError(f"gtts finds nothing to say in a text of {len(piece)} characters") from error

    def _reply(self, session: Any, request: Any, deadline: float) -> bytes:
        left = max(0.01, deadline - time.monotonic())
        reply = session.send(request, proxies=getproxies(), timeout=left, stream=True, allow_redirects=False)
        reply.raise_for_status()
        if reply.is_redirect:  # the text would be sent again, to whom and how well hidden nobody knows
            raise VoiceError(f"gtts was sent elsewhere by its server ({reply.status_code})")
        content = bytearray()
        for part in reply.iter_content(16384):
            content += part
            if time.monotonic() > deadline:
                raise self._too_slow()
            if len(content) > _LARGEST:
                raise VoiceError("gtts received far too much from its server")
        return bytes(content)

    def _too_slow(self) -> VoiceError:
        return VoiceError(f"gtts did not answer within {self._timeout:g} s")


def _sound(reply: bytes) -> bytes:
    found = _SOUND.search(reply)
    try:
        sound = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        sound = b""
    if not sound:
        raise VoiceError("gtts received no sound from its server, which may have changed: update gTTS")
    return sound


def _decoded(content: bytes) -> Sound:
    try:
        library = soundfile()
        samples, rate = library.read(io.BytesIO(content), dtype="int16", always_2d=True)
    except AudioError as error:
        raise VoiceError(f"gtts cannot be decoded: {error}") from error
    except RuntimeError as error:  # soundfile's own is one
        raise VoiceError("gtts received something that is no sound") from error
    if not len(samples):
        raise VoiceError("gtts received an empty sound")
    return Sound(np.ascontiguousarray(samples[:, 0]), int(rate))
