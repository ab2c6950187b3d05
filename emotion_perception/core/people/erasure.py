"""Making sure that nothing of a forgotten person stays in the bytes of the files.

SQLite's secure_delete writes zeros over deleted rows, but not over copies that an earlier rebalancing of its tree left
in unused parts of other pages (seen after 2 of 800 deletions), and the write-ahead log keeps older states of pages. So
the database is rebuilt from what is left (VACUUM), and the log is emptied into it and cut to nothing. That is put off
while another process reads an older state. A mark in the database, set together with the deletion, stays until it has
succeeded, whoever does it.
"""

from __future__ import annotations

import sqlite3
import time

from emotion_perception.core.people.database import Database

_AGAIN = 2.0  # seconds between attempts, and that the process which deleted is left to do it itself


class Erasure:
    """What is left to do on one database; belongs to a PeopleStore."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left = 0
        self._rebuilt = 0
        self._next_attempt = 0.0

    @property
    def pending(self) -> bool:
        """Whether bytes of somebody forgotten may still be there, as far as this process has seen."""
        return self._left != 0

    def finish(self, *, patience: float) -> None:
        """Erase what is left, if anything; ``pending`` tells whether it worked.

        patience: seconds to wait for other processes, for each of the two steps.
        """
        self._next_attempt = time.monotonic() + _AGAIN
        try:
            with self._database.maintaining(patience) as connection:
                (self._left,) = connection.execute("SELECT erasing FROM about").fetchone()
                if self._left and self._rebuilt != self._left:
                    connection.execute("VACUUM")
                    self._rebuilt = self._left
                if self._left:
                    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    if not busy:
                        connection.execute("UPDATE about SET erasing = 0 WHERE erasing = ?", (self._left,))
                        self._left = 0
        except sqlite3.Error:
            # In use, or no room for the rebuilt copy: the mark stays, and with it the next attempt.
            self._left = self._left or 1

    def tend(self, left: int) -> None:
        """Try again now and then, without waiting for anybody. left: the mark as the database has it now."""
        if left != self._left:
            self._left = left
            self._next_attempt = time.monotonic() + _AGAIN
        elif left and time.monotonic() >= self._next_attempt:
            self.finish(patience=0)
