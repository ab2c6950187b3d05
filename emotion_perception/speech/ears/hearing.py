"""The process that hears, for a `Listener`: microphone, voice activity, recogniser; so none of them delays a node.

Run as `python -m emotion_perception.speech.ears.hearing FD`; the first thing that comes through the connection is the
EarsOptions. It ends with its parent, when the other end of the connection is closed.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from multiprocessing.connection import Connection

from emotion_perception.core.errors import PerceptionError, RecognitionError
from emotion_perception.speech.audio.input import DamagedSoundError, Input, open_input
from emotion_perception.speech.ears.ears import Ears
from emotion_perception.speech.ears.events import Deaf, EarsOptions, Expected, Heard, Report, Trouble
from emotion_perception.speech.recognition.factory import create_recognizer

NICENESS = 5  # an answer a moment later hurts less than a late expression
_RETRY = (0.3, 1.0)  # seconds between two attempts to open a microphone: the first time, and at most
_READ = 0.1
_MUTE = 5.0  # seconds of sound that is exactly zero
_GRACE = 2.0  # seconds that a recogniser or a sound library may still take when the parent is gone
_LOUD = 0.1  # seconds of clipped sound, of the last one


class Hearing:
    """Listens until the connection ends."""

    def __init__(self, connection: Connection, options: EarsOptions) -> None:
        self._connection = connection
        self._options = options
        self._orders: deque[Deaf | Expected] = deque()
        self._over = threading.Event()
        self._troubles: dict[str, str] = {}
        self._next_report = 0.0
        self._comes = False
        threading.Thread(target=self._take_orders, name="orders", daemon=True).start()

    def end_with_parent(self) -> None:
        """End the process when the connection has ended, even where a library hangs."""
        self._over.wait()
        time.sleep(_GRACE)
        os._exit(1)

    def run(self) -> None:
        """Load the recogniser and listen; what fails is told, and tried again where that can help."""
        asked = self._options
        try:
            recognizer = create_recognizer(
                asked.engine, model=asked.model, language=asked.language, download=asked.download
            )
            ears = Ears(recognizer, self._tell, strictness=asked.strictness, pause=asked.pause, longest=asked.longest)
        except PerceptionError as error:
            self._trouble("recogniser", str(error))
            self._over.wait()
            return
        self._description = recognizer.description
        wait = _RETRY[0]
        while not self._over.is_set():
            self._follow(ears)
            try:
                with open_input(asked.device) as source:
                    wait = _RETRY[0]
                    self._trouble("microphone", "")
                    self._listen(source, ears)
            except DamagedSoundError as error:
                self._trouble("microphone", str(error))
                self._over.wait()
            except PerceptionError as error:
                self._trouble("microphone", str(error))
                self._report(ears, None)
                self._over.wait(wait)
                wait = min(2 * wait, _RETRY[1])

    def _listen(self, source: Input, ears: Ears) -> None:
        self._comes = False
        while not self._over.is_set():
            self._follow(ears)
            chunk = source.read(_READ)
            self._comes = chunk is not None
            if chunk is not None:
                try:
                    ears.hear(chunk)
                except RecognitionError as error:  # what was expected amid an utterance
                    self._trouble("language", str(error))
                self._judge(ears, source)
            self._report(ears, source)

    def _follow(self, ears: Ears) -> None:
        while self._orders:
            order = self._orders.popleft()
            if isinstance(order, Deaf):
                ears.deafen(order.until)
                continue
            try:
                ears.expect(order)
                self._trouble("language", "")
            except PerceptionError as error:
                self._trouble("language", str(error))

    def _judge(self, ears: Ears, source: Input) -> None:
        heard = ears.conditioner
        if heard.silent > _MUTE:
            self._trouble("sound", f"the {source.description} brings only silence: see that it is not muted")
        elif heard.clipped > _LOUD:
            self._trouble("sound", f"the {source.description} is too loud and is cut off: turn its level down")
        elif heard.clipped < _LOUD / 10:
            self._trouble("sound", "")

    def _report(self, ears: Ears, source: Input | None) -> None:
        now = time.monotonic()
        if now < self._next_report:
            return
        self._next_report = now + 1.0
        values = {
            "engine": self._description,
            "microphone": source.description if source else "none",
            "sound": "comes" if source and self._comes else "none",
            "level": f"{ears.conditioner.peak:.3f}",
            "understood": str(ears.understood),
            "not understood": str(ears.missed),
            "ended": "true" if source and source.ended else "false",
        }
        self._tell(Report(values, bool(source and source.ended)))

    def _trouble(self, kind: str, sentence: str) -> None:
        if self._troubles.get(kind, "") != sentence:
            self._troubles[kind] = sentence
            self._tell(Trouble(kind, sentence))

    def _tell(self, event: Heard | Report | Trouble) -> None:
        try:
            self._connection.send(event)
        except OSError:
            self._over.set()

    def _take_orders(self) -> None:
        while True:
            try:
                self._orders.append(self._connection.recv())
            except (EOFError, OSError):
                self._over.set()
                return


def serve(connection: Connection) -> None:
    """Hear until the connection ends."""
    try:
        options = connection.recv()
    except (EOFError, OSError):
        return
    hearing = Hearing(connection, options)
    threading.Thread(target=hearing.end_with_parent, daemon=True).start()
    hearing.run()


if __name__ == "__main__":
    os.nice(NICENESS)
    # Under its import name, so that what is sent is of the classes that the parent knows.
    from emotion_perception.speech.ears import hearing

    hearing.serve(Connection(int(sys.argv[1])))
