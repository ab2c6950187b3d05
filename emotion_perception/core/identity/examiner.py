"""Examines faces in a process of its own: dlib holds the interpreter's lock for the 50 ms of an embedding."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.identity.examination import Examination, Request

#: Seconds that one face may take, the start of the process included; one that takes longer hangs.
PATIENCE = 8.0
#: Seconds to wait before a process that died is started again: the first time, and at most.
_BACK_OFF = (0.5, 30.0)


class Examiner:
    """Hands crops to a process and completes a future with each answer; any thread may call any method.

    embedder: a name that `create_embedder` takes. trouble: called with a sentence when the process died, and with None
    once it answers again. The process starts with the first crop, and again, after a pause that doubles, with the next
    crop after it died; the crops that it had then fail. `check` ends one that hangs.
    """

    def __init__(self, embedder: str, *, trouble: Callable[[str | None], None] = lambda sentence: None) -> None:
        self._embedder = embedder
        self._trouble = trouble
        self._lock = threading.Lock()
        self._sending = threading.Lock()  # not the other one: a process that hangs takes nothing, and must be ended
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._reader: threading.Thread | None = None
        self._waiting: deque[Future[Examination]] = deque()
        self._progress = 0.0  # when the first of them became the first
        self._deaths = 0
        self._not_before = 0.0
        self._stopped = False

    @property
    def ready(self) -> bool:
        """Whether a crop would be examined at once: nothing waits, and no pause after a death holds."""
        return not self._waiting and not self._stopped and time.monotonic() >= self._not_before

    def submit(self, aligned: NDArray[np.uint8], *, embed: bool, estimate: bool) -> Future[Examination]:
        """Examine a crop after those that wait. The future ends with PerceptionError when that cannot be done."""
        future: Future[Examination] = Future()
        future.set_running_or_notify_cancel()  # from here on it is not to be cancelled
        with self._sending:  # answers come in the order of the crops
            try:
                with self._lock:
                    connection = self._start()
                    if not self._waiting:
                        self._progress = time.monotonic()
                    self._waiting.append(future)
                connection.send(Request(aligned, embed, estimate))
            except PerceptionError as error:
                future.set_exception(error)
            except OSError:
                pass  # it died just now: the thread that reads from it fails the future
        return future

    def check(self) -> None:
        """Kill a process that hangs, so that it is started again; call it now and then."""
        with self._lock:
            if self._process and self._waiting and time.monotonic() - self._progress > PATIENCE:
                self._process.kill()

    def stop(self) -> None:
        """End the process, which has nothing to lose; what waits fails."""
        with self._lock:
            self._stopped = True
            process, reader = self._process, self._reader
            if process:
                process.kill()
        if reader and reader is not threading.current_thread():
            reader.join()

    def _start(self) -> Connection:
        if self._stopped:
            raise PerceptionError("faces are not examined any more: activate face_identity again")
        if self._connection is not None:
            return self._connection
        if time.monotonic() < self._not_before:
            raise PerceptionError("the process that examines faces died and starts again in a moment: try again then")
        ours, theirs = Pipe()
        command = [sys.executable, "-m", f"{__package__}.examination", str(theirs.fileno()), self._embedder]
        # A session of its own, so that Ctrl-C in a terminal is ours alone.
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self._connection = ours
        self._reader = threading.Thread(target=self._read, args=(ours, self._process), name="examiner", daemon=True)
        self._reader.start()
        return ours

    def _read(self, connection: Connection, process: subprocess.Popen[bytes]) -> None:
        while True:
            try:
                answer = connection.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                future = self._waiting.popleft()
                self._progress = time.monotonic()
                recovered, self._deaths = self._deaths > 0, 0
            if recovered:
                self._trouble(None)
            if isinstance(answer, PerceptionError):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self._bury(connection, process)

    def _bury(self, connection: Connection, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with self._lock:
            failed, self._waiting = self._waiting, deque()
            self._connection = self._process = None
            self._not_before = time.monotonic() + min(_BACK_OFF[1], _BACK_OFF[0] * 2**self._deaths)
            self._deaths = min(self._deaths + 1, 16)
            stopped = self._stopped
        with self._sending:  # whoever is sending finds out first: the other end is gone
            connection.close()
        sentence = "the node was deactivated meanwhile: activate it, and try again"
        if not stopped:
            sentence = f"the process that examines faces ended (exit code {code}) and is started again: wait a moment"
            self._trouble(sentence)
        for future in failed:
            future.set_exception(PerceptionError(sentence))
