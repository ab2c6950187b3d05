"""TCP connections that give up in time: neither a name that takes long to resolve nor a mute host holds anybody up."""

from __future__ import annotations

import socket
import threading

from emotion_perception.core.errors import SourceError

_TIMEOUT = 3.0
_POLL = 0.05


def connect(host: str, port: int, *, name: str, cancelled: threading.Event) -> socket.socket | None:
    """Return a connection, None once ``cancelled``.

    name: what to call the source in an error.
    Raises SourceError when nobody answers there.
    """
    dial = _Dial(host, port)
    for _ in range(round(_TIMEOUT / _POLL)):
        if dial.done.wait(_POLL) or cancelled.is_set():
            break
    connection, error = dial.collect()
    if connection is None and not cancelled.is_set():
        reason = error or f"no answer within {_TIMEOUT:g} s"
        raise SourceError(
            f"{name}: {host} port {port} cannot be reached ({reason}): see that the sender runs there, and that the "
            "network reaches it"
        )
    if connection is not None and cancelled.is_set():
        connection.close()
        return None
    return connection


class _Dial:
    """One attempt, in a thread of its own because a look-up of a name cannot be interrupted."""

    def __init__(self, host: str, port: int) -> None:
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._abandoned = False
        self._connection: socket.socket | None = None
        self._error = ""
        threading.Thread(target=self._run, args=(host, port), name=f"connect {host}", daemon=True).start()

    def collect(self) -> tuple[socket.socket | None, str]:
        """Return the connection, or why there is none; one that comes later is closed."""
        with self._lock:
            self._abandoned = True
            return self._connection, self._error

    def _run(self, host: str, port: int) -> None:
        try:
            connection = socket.create_connection((host, port), timeout=_TIMEOUT)
        except OSError as error:
            self._error = (error.strerror or str(error)).lower()
        else:
            with self._lock:
                if self._abandoned:
                    connection.close()
                else:
                    self._connection = connection
        self.done.set()
