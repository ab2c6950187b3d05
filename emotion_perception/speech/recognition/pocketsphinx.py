"""pocketsphinx: English, embedded, in no time; it hears only what is expected just now.

A grammar is made of the expected phrases and names. A grammar finds one of its phrases in any noise, so what it found
is compared with the sound: the mean over the frames of the words of log(how likely the sound is, given the words, by
how likely it is given whatever suits that frame best). Speech that was expected is at 3 to 7 below the best, anything
else at 8 to 11 (docs/speech_performance.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import RecognitionError
from emotion_perception.speech.audio.input import RATE
from emotion_perception.speech.recognition.base import Guess, base_language, words_of
from emotion_perception.speech.recognition.first_names import FIRST_NAMES
from emotion_perception.speech.recognition.pronunciation import pronounce

#: How people give their names; the empty one is the name alone.
NAME_FORMS = (
    *("", "my name is", "my name's", "the name is", "i'm", "i am", "it's", "it is", "this is", "call me"),
    *("you can call me", "they call me", "hello i'm", "hi i'm"),
)
#: Listened for until somebody says what is expected.
USUAL_PHRASES = (
    *("yes", "yes please", "no", "no thank you", "okay", "hello", "hi", "goodbye", "bye", "thank you", "stop", "help"),
    *("who am i", "how do i look", "how old am i", "what can you do", "forget me"),
)
_PARTIAL = RATE // 4  # samples between two looks at what was said so far
_MISFIT = 7.4  # mean distance from the best, at which it is even whether it was said
_STEEPNESS = 1.6  # of the confidence, per unit of it
_LEAST = 0.5  # confidence of what is reported
_SEARCH = "expected"


class PocketsphinxRecognizer:
    """Understands English phrases that were announced by `expect`, and first names where names may be spoken."""

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise RecognitionError(
                f"pocketsphinx is not installed ({error}): pip install pocketsphinx, or choose another engine"
            ) from error
        model = Path(pocketsphinx.get_model_path()) / "en-us"
        self._decoder: Any = pocketsphinx.Decoder(
            hmm=str(model / "en-us"),
            dict=str(model / "cmudict-en-us.dict"),
            lm=None,
            compallsen="yes",  # score every sound in every frame: the measure of misfit needs the best one
            loglevel="FATAL",
        )
        self._pronounced: dict[str, str] = {}  # words of no dictionary -> their tokens, and back
        self._written: dict[str, str] = {}
        self._heard: list[NDArray[np.int16]] = []
        self._unseen = 0
        self._partial = ""
        self._open = False
        self.expect("en", USUAL_PHRASES, ())

    description = "pocketsphinx (en-us)"

    def expect(self, language: str, phrases: Sequence[str], names: Sequence[str]) -> None:
        """Build the grammar. Phrases and names with words that cannot be pronounced are left out."""
        if base_language(language) != "en":
            raise RecognitionError(
                f'pocketsphinx understands English only, and the language is "{language}" now: '
                "set engine to vosk or whisper, with a model for it"
            )
        sayable = self._sayable(phrases or USUAL_PHRASES)
        known = self._sayable([*names, *FIRST_NAMES]) if names else {}
        rules = [f"<phrase> = {' | '.join(sayable.values())};"]
        public = "<phrase>"
        if known:
            forms = " | ".join(form for form in NAME_FORMS if form)
            rules += [f"<form> = {forms};", f"<name> = {' | '.join(dict.fromkeys(known.values()))};"]
            public += " | [<form>] <name>"
        text = f"#JSGF V1.0; grammar {_SEARCH}; public <{_SEARCH}> = {public}; {' '.join(rules)}"
        self._phrases = frozenset(sayable.values())
        self._names = frozenset(known.values())
        self._decoder.add_jsgf_string(_SEARCH, text)
        self._decoder.activate_search(_SEARCH)

    def start(self) -> None:
        """Begin an utterance."""
        if self._open:
            self._decoder.end_utt()
        self._heard.clear()
        self._unseen = 0
        self._partial = ""
        self._decoder.start_utt()
        self._open = True

    def feed(self, samples: NDArray[np.int16]) -> str | None:
        """Take sound; a partial text is there four times a second at most."""
        self._heard.append(samples)
        self._decoder.process_raw(samples.tobytes())
        self._unseen += len(samples)
        if self._unseen < _PARTIAL:
            return None
        self._unseen = 0
        found = self._decoder.hyp()
        text = self._as_written(found.hypstr) if found else ""
        if not text or text == self._partial:
            return None
        self._partial = text
        return text

    def finish(self) -> Guess | None:
        """Hear the whole utterance again, now that its mean spectrum is known, which helps short ones most."""
        self._decoder.end_utt()
        self._decoder.start_utt()
        self._decoder.process_raw(np.concatenate(self._heard).tobytes(), full_utt=True)
        self._decoder.end_utt()
        self._open = False
        self._heard.clear()
        found = self._decoder.hyp()
        if not found or not self._is_whole(found.hypstr):
            return None
        confidence = 1 / (1 + math.exp(_STEEPNESS * (self._misfit() - _MISFIT)))
        return Guess(self._as_written(found.hypstr), confidence, "en") if confidence >= _LEAST else None

    def _misfit(self) -> float:
        """Return how far the words are from the sounds that fit best, per frame: 0 for a perfect fit."""
        words = [each for each in self._decoder.seg() if not each.word.startswith("<")]
        frames = sum(each.end_frame - each.start_frame + 1 for each in words)
        return sum(-math.log(max(each.ascore, 1e-300)) for each in words) / max(1, frames)

    def _is_whole(self, spoken: str) -> bool:
        """Whether it is a phrase and not the beginning of one, with which the decoder ends if nothing fits."""
        if spoken in self._phrases or spoken in self._names:
            return True
        return any(
            form and spoken.startswith(f"{form} ") and spoken[len(form) + 1 :] in self._names for form in NAME_FORMS
        )

    def _as_written(self, spoken: str) -> str:
        return " ".join(self._written.get(token, token) for token in spoken.split())

    def _sayable(self, texts: Iterable[str]) -> dict[str, str]:
        """Return text -> the dictionary's tokens for its words, of those texts that can be pronounced."""
        sayable = {}
        for text in texts:
            tokens = [self._token(word) for word in words_of(text)]
            if tokens and all(tokens):
                sayable[" ".join(words_of(text))] = " ".join(tokens)
        return sayable

    def _token(self, word: str) -> str:
        """Return the word as the dictionary has it, put there if need be; "" when it cannot be pronounced."""
        if word.isascii() and self._decoder.lookup_word(word):
            return word
        if word not in self._pronounced:
            sounds = pronounce(word)
            token = f"unlisted{len(self._pronounced)}" if sounds else ""
            if token:
                self._decoder.add_word(token, sounds, False)
                self._written[token] = word
            self._pronounced[word] = token
        return self._pronounced[word]
