"""pocketsphinx: English, embedded, in no time; it hears only what is expected just now.

A grammar is made of the expected phrases and names. A grammar finds one of its phrases in any noise, so what it found
is compared with the sound: the mean over the frames of the words of log(how likely the sound is, given the words, by
how likely it is given whatever suits that frame best). Expected speech is mostly 3 to 6.5 below the best, anything else
mostly more: they overlap, the more the shorter the phrase (docs/speech_performance.md has the rates).

A grammar also takes what it has no words for as silence, and so finds a "yes" at the end of a sentence: where a silence
is far from silence, nothing was heard.
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

#: How people give their names. After the short ones only names that are expected are heard, or much else would be one.
_SHORT_FORMS = ("i'm", "it's", "hello i'm", "hi i'm")
_LONG_FORMS = (
    *("my name is", "my name's", "the name is", "i am", "it is", "this is", "call me", "you can call me"),
    *("they call me", "people call me"),
)
#: Listened for until somebody says what is expected.
USUAL_PHRASES = (
    *("yes", "yes please", "no", "no thank you", "okay", "hello", "hi", "goodbye", "bye", "thank you", "stop", "help"),
    *("who am i", "how do i look", "how old am i", "what can you do", "forget me"),
)
_ROOM = 0.04  # deviation of the noise that is added, of the utterance's own: 28 dB below it
_SEED = 1
_PARTIAL = RATE // 4  # samples between two looks at what was said so far
_MISFIT = 6.8  # mean distance from the best, at which it is even whether it was said
_MORE_SAID = (
    400.0  # distance of a silence from silence: 240 at most around a phrase, mostly above 600 where more was said
)
_LEAST_SCORE = 1e-300  # of a segment; a float cannot hold much less
_STEEPNESS = 1.6  # of the confidence, per unit of it
_LEAST = 0.5  # confidence of what is reported
_STRANGE = 1e-20  # weight of a name that was not expected; 1 is that of anything else
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
        rules: dict[str, Iterable[str]] = {"phrase": sayable.values()}
        public = "<phrase>"
        if names:
            known = self._sayable(names)
            rules |= {
                "known": known.values(),
                "stranger": [each for name, each in self._sayable(FIRST_NAMES).items() if name not in known],
                "short": _SHORT_FORMS,
                "long": _LONG_FORMS,
            }
            public = f"<phrase> | [<short> | <long>] <known> | /{_STRANGE}/ <long> <stranger>"
        written = " ".join(f"<{name}> = {' | '.join(dict.fromkeys(each))};" for name, each in rules.items() if each)
        if self._open:  # an utterance that nobody finished
            self._decoder.end_utt()
            self._open = False
        self._decoder.add_jsgf_string(
            _SEARCH, f"#JSGF V1.0; grammar {_SEARCH}; public <{_SEARCH}> = {public}; {written}"
        )
        self._decoder.activate_search(_SEARCH)
        self._phrases = frozenset(rules["phrase"])
        self._names = frozenset([*rules.get("known", ()), *rules.get("stranger", ())])

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
        self._decoder.reinit_feat()  # or it takes what it learnt of noise to the beginning, and hears words in it
        self._decoder.start_utt()
        self._decoder.process_raw(_with_noise(np.concatenate(self._heard)).tobytes(), full_utt=True)
        self._decoder.end_utt()
        self._open = False
        self._heard.clear()
        found = self._decoder.hyp()
        if not found or not self._is_whole(found.hypstr):
            return None
        if self._speech_beside() > _MORE_SAID:
            return None
        confidence = 1 / (1 + math.exp(_STEEPNESS * (self._misfit() - _MISFIT)))
        return Guess(self._as_written(found.hypstr), confidence, "en") if confidence >= _LEAST else None

    def _misfit(self) -> float:
        """Return how far the words are from the sounds that fit best, per frame: 0 for a perfect fit."""
        words = [each for each in self._decoder.seg() if not each.word.startswith("<")]
        frames = sum(each.end_frame - each.start_frame + 1 for each in words)
        return sum(map(_distance, words)) / max(1, frames)

    def _speech_beside(self) -> float:
        """Return how far the worst of the silences around and between the words is from silence, in all its frames."""
        return max((_distance(each) for each in self._decoder.seg() if each.word == "<sil>"), default=0.0)

    def _is_whole(self, spoken: str) -> bool:
        """Whether it is a phrase and not the beginning of one, with which the decoder ends if nothing fits."""
        if spoken in self._phrases or spoken in self._names:
            return True
        forms = (*_SHORT_FORMS, *_LONG_FORMS)
        return any(spoken.startswith(f"{form} ") and spoken[len(form) + 1 :] in self._names for form in forms)

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


def _distance(segment: Any) -> float:
    """Return how far a word or a silence is from the sounds that fit best, in all its frames; 690 at most."""
    return -math.log(max(segment.ascore, _LEAST_SCORE))


def _with_noise(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the sound with faint noise: the model was trained in rooms, and speech without any fits it badly."""
    loud = samples.astype(np.float64)
    noise = np.random.default_rng(_SEED).normal(0.0, _ROOM * loud.std(), len(loud))
    return np.clip(np.rint(loud + noise), -32768, 32767).astype(np.int16)
