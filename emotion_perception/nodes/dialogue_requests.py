"""What the dialogue asks of face_identity: to remember somebody, and to forget them. Nothing here waits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from rclpy.client import Client
from rclpy.node import Node

from emotion_perception.core.scenario.actions import Enroll, Forget
from emotion_perception.core.scenario.events import Enrolled, Forgotten
from emotion_perception.srv import Enroll as EnrollService
from emotion_perception.srv import Forget as ForgetService

#: Seconds after which an answer is not waited for any longer; enrolling takes 5 s at most.
TIMEOUT = 15.0


class PeopleRequests:
    """Calls face_identity/enroll and face_identity/forget, one request at a time as a conversation makes them.

    answered: called with how a request ended; at once where nobody could take it. Who is enrolled after that was given
    up is forgotten again: they were told that nothing was kept.
    """

    def __init__(self, node: Node, answered: Callable[[Enrolled | Forgotten], None]) -> None:
        self._answered = answered
        self._enroll = node.create_client(EnrollService, "face_identity/enroll")
        self._forget = node.create_client(ForgetService, "face_identity/forget")
        self._numbers = itertools.count(1)
        self._waiting = 0  # number of the request whose answer counts
        self._given_up = 0  # number of the last one that was not answered in time
        self._failure: Callable[[str], Enrolled | Forgotten] = Forgotten
        #: When `tick` is to be called.
        self.deadline = math.inf

    def enroll(self, asked: Enroll, now: float) -> None:
        """Remember the person behind a face, who agreed."""
        request = EnrollService.Request(
            face_id=asked.face_id,
            name=asked.name,
            language=asked.language,
            consent=True,
            consent_note=asked.consent,
        )

        def outcome(answer: Any) -> Enrolled:
            if answer.success:
                return Enrolled(answer.person_id, asked.name)
            return Enrolled(name=asked.name, error=answer.message)

        self._call(self._enroll, request, outcome, lambda error: Enrolled(name=asked.name, error=error), now)

    def forget(self, asked: Forget, now: float) -> None:
        """Erase what is stored about a person."""
        request = ForgetService.Request(person=asked.person_id)

        def outcome(answer: Any) -> Forgotten:
            return Forgotten("" if answer.success else answer.message)

        self._call(self._forget, request, outcome, Forgotten, now)

    def drop(self) -> None:
        """Wait for no answer any longer."""
        self._waiting, self.deadline = 0, math.inf

    def tick(self, now: float) -> None:
        """Give up what was not answered in time."""
        if now >= self.deadline:
            self._given_up = self._waiting
            self._end(self._failure("face_identity did not answer in time"))

    def _call(
        self,
        client: Client,
        request: Any,
        outcome: Callable[[Any], Enrolled | Forgotten],
        failure: Callable[[str], Enrolled | Forgotten],
        now: float,
    ) -> None:
        if not client.service_is_ready():
            self._answered(failure("face_identity does not run: start it, as it remembers people"))
            return
        number = self._waiting = next(self._numbers)
        self._failure, self.deadline = failure, now + TIMEOUT

        def end(future: Any) -> None:
            if number == self._waiting:
                error = future.exception()
                self._end(failure(f"{type(error).__name__}: {error}") if error else outcome(future.result()))
            elif number == self._given_up and not future.exception():
                self._undo(outcome(future.result()))

        client.call_async(request).add_done_callback(end)

    def _undo(self, late: Enrolled | Forgotten) -> None:
        if isinstance(late, Enrolled) and not late.error:
            self._forget.call_async(ForgetService.Request(person=late.person_id))

    def _end(self, outcome: Enrolled | Forgotten) -> None:
        self.drop()
        self._answered(outcome)
