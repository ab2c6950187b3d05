"""Ears in a process of their own: recognisers hold the interpreter's lock, and sound libraries may crash or hang."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from emotion_perception.speech.ears.events import Deaf, EarsOptions, Expected, Heard, Report, Trouble

#: Seconds to wait before a process that died is started again: the first time, and at most.
_BACK_OFF = (0.5, 30.0)
_PATIENCE = 1.0  # seconds that the process may take to end by itself


class Listener:
    """Starts a process that hears, and again, after a pause that doubles, when it died.

    heard, trouble, report: called in a thread of the listener. `expect` and `deafen` may come from any thread; a
    process that is started again is told what was told last.
    """

    def __init__(
        self,
        options: EarsOptions,
        *,
        heard: Callable[[Heard], None],
        trouble: Callable[[Trouble], None],
        report: Callable[[Report], None] = lambda report: None,
    ) -> None:
        self._options = options
        self._heard, self._trouble, self._report = heard, trouble, report
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._expected: Expected | None = None
        self._deaf = Deaf(0.0)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)
        self._thread.start()

    def expect(self, expected: Expected) -> None:
        """Listen for this from the next utterance on."""
        with self._lock:
            self._expected = expected
            self._send(expected)

    def deafen(self, until: float) -> None:
        """Hear nothing of what is said before ``until`` (steady time)."""
        with self._lock:
            self._deaf = Deaf(until)
            self._send(self._deaf)

    def stop(self) -> None:
        """End the process; nothing is told afterwards, except to a caller in the listener's own thread."""
        self._stopped.set()
        with self._lock:
            process = self._process
            if process:
                process.kill()  # it has nothing to lose
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        deaths = 0
        while not self._stopped.is_set():
            began = time.monotonic()
            code = self._live()
            if self._stopped.is_set():
                return
            deaths = 0 if time.monotonic() - began > _BACK_OFF[1] else deaths
            self._trouble(Trouble("process", f"the process that hears ended (exit code {code}) and is started again"))
            self._stopped.wait(min(_BACK_OFF[1], _BACK_OFF[0] * 2**deaths))
            deaths += 1

    def _live(self) -> int:
        """Start the process and pass on what it tells, until it ends. Returns its exit code."""
        ours, theirs = Pipe()
        with self._lock:
            if self._stopped.is_set():
                return 0
            command = [sys.executable, "-m", f"{__package__}.hearing", str(theirs.fileno())]
            # A session of its own, so that Ctrl-C in a terminal is ours alone.
            self._process = process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )
            theirs.close()
            self._connection = ours
            for order in (self._options, self._expected, self._deaf):
                if order is not None:
                    self._send(order)
        told = False
        while True:
            try:
                event = ours.recv()
            except (EOFError, OSError):
                break
            if self._stopped.is_set():
                continue
            if not told:
                told = True
                self._trouble(Trouble("process", ""))
            self._pass_on(event)
        with self._lock:
            self._connection = None
            ours.close()
        return process.wait()

    def _pass_on(self, event: Heard | Trouble | Report) -> None:
        match event:
            case Heard():
                self._heard(event)
            case Trouble():
                self._trouble(event)
            case Report():
                self._report(event)

    def _send(self, order: EarsOptions | Expected | Deaf) -> None:
        if self._connection is None:
            return
        with contextlib.suppress(OSError):  # it died just now: the thread that reads from it starts another
            self._connection.send(order)
