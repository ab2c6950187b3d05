"""auto: the cloud's natural voice where it answers at once, and the machine's own wherever it does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from emotion_perception.core.errors import VoiceError
from emotion_perception.speech.voices.answer import Answer
from emotion_perception.speech.voices.base import Sound, Voice
from emotion_perception.speech.voices.gtts import GttsVoice
from emotion_perception.speech.voices.text import pieces

#: Seconds that a phrase may wait for the cloud. People leave about as much between two turns of a conversation.
PATIENCE = 0.5
_FIRST_REST, _LONGEST_REST = 15.0, 600.0  # seconds without the cloud after a failure; doubled with each further one


class AutoVoice:
    """Speaks with ``cloud`` if it is soon ready, else with ``local``, and never leaves a gap that is noticed.

    A phrase that the cloud has said before is said with its voice at once. Another one has PATIENCE seconds for its
    first piece, and each later piece until those before it were heard; if it comes too late or not at all, ``local``
    says what is left, and the cloud is not asked for some seconds: 15, then 30, up to ten minutes, until it answers in
    time again. What comes late is remembered for the next time.

    trouble: is called with the sentence that says why ``local`` speaks, and with "" when the cloud does again.
    """

    name = "auto"

    def __init__(
        self,
        cloud: GttsVoice,
        local: Voice,
        *,
        trouble: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cloud = cloud
        self._local = local
        self._trouble = trouble
        self._clock = clock
        self._rest = 0.0
        self._asked_again = clock()
        self.notice = cloud.notice
        self.rate = local.rate

    def synthesize(self, text: str, language: str) -> Iterator[Sound]:
        """Yield the sound of each piece."""
        parts = pieces(text)
        heard_until = self._clock()
        for number in range(len(parts)):
            ready_by = heard_until if number else self._clock()
            try:
                sound = self._from_cloud(parts[number:], language, ready_by + PATIENCE)
            except VoiceError as error:
                self._give_up(str(error))
                sound = None
            if sound is None:
                yield from self._local.synthesize("\n".join(parts[number:]), language)
                return
            heard_until = max(heard_until, self._clock()) + sound.seconds
            yield sound

    def _from_cloud(self, parts: list[str], language: str, deadline: float) -> Sound | None:
        """Return the sound of the first of the parts; None while the cloud rests, or for a language that it does not
        speak. Raises VoiceError.
        """
        if not self._cloud.speaks(language):
            return None
        known = all(self._cloud.knows(part, language) for part in parts)
        if not known and self._clock() < self._asked_again:
            return None
        sound = Answer(lambda: self._cloud.piece(parts[0], language)).wait(deadline - self._clock())
        if sound is None:
            raise VoiceError("gtts is slow")
        if not known:
            self._rest = 0.0
            self._trouble("")
        return sound

    def _give_up(self, reason: str) -> None:
        self._rest = min(2 * self._rest or _FIRST_REST, _LONGEST_REST)
        self._asked_again = self._clock() + self._rest
        self._trouble(f"{reason}: {self._local.name} speaks for the next {self._rest:g} s")
