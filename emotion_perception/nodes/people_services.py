"""The services of face_identity: enrol, forget, list. Each answers with a sentence when it refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rclpy.node import Node

from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import PeopleError, PerceptionError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.identity.enrolment import still_finder
from emotion_perception.core.identity.recognition import Recognition
from emotion_perception.core.people.memory import Memory
from emotion_perception.core.people.person import Consent, Person
from emotion_perception.ros.images import image_to_bgr
from emotion_perception.ros.messages import person_to_message
from emotion_perception.ros.services import create_slow_service
from emotion_perception.srv import Enroll, Forget, ListPeople

_THREADS = 8  # somebody can be listed or forgotten while others are being enrolled

_LEFT = (
    "nobody is known by it any more, but another process reads the file, so its bytes are erased as soon as that ends"
)


@dataclass(frozen=True)
class Desk:
    """What an active node serves people with."""

    recognition: Recognition
    memory: Memory


class PeopleServices:
    """Offers ~/enroll, ~/forget and ~/list_people. desk: called with each request; None while the node is inactive."""

    def __init__(self, node: Node, desk: Callable[[], Desk | None]) -> None:
        self._desk = desk
        self._logger = node.get_logger()
        self._pool = ThreadPoolExecutor(_THREADS, "people_services")
        for kind, name, answer in (
            (Enroll, "~/enroll", self._enroll),
            (Forget, "~/forget", self._forget),
            (ListPeople, "~/list_people", self._list),
        ):
            create_slow_service(node, kind, name, self._in_a_thread(answer))

    def _in_a_thread(self, answer: Callable[[Any], Any]) -> Callable[[Any], Future[Any]]:
        return lambda request: self._pool.submit(answer, request)

    def _enroll(self, request: Enroll.Request) -> Enroll.Response:
        def enroll(desk: Desk) -> Enroll.Response:
            if not request.consent:
                raise PeopleError("nobody is remembered without consent: ask the person, and set consent if they agree")
            person = self._remember(desk.recognition, request, Consent(time.time(), request.consent_note))
            self._logger.info(f"enrolled {person.id}")  # no name: logs outlive a wish to be forgotten
            return Enroll.Response(success=True, person_id=person.id)

        return self._answered(enroll, Enroll.Response)

    def _remember(self, recognition: Recognition, request: Enroll.Request, consent: Consent) -> Person:
        if request.face_id:
            return recognition.enroll_face(request.face_id, request.name, consent=consent, language=request.language)
        if not request.image.data:
            raise PeopleError("whom? Give the face_id of somebody in view, or an image of one person")
        return recognition.enroll_picture(
            image_to_bgr(request.image),
            request.name,
            finder=lambda: self._finder,
            consent=consent,
            language=request.language,
        )

    def _forget(self, request: Forget.Request) -> Forget.Response:
        def forget(desk: Desk) -> Forget.Response:
            if bool(request.person) == request.all:
                raise PeopleError("one person or everyone? Give a person, or set all, but not both")
            if request.all:
                count, who = desk.recognition.forget_all(), "everyone"
            else:
                count, who = 1, desk.recognition.forget(request.person).id
            self._logger.info(f"forgot {who}")
            return Forget.Response(success=True, forgotten=count, message=_LEFT if desk.memory.erasing else "")

        return self._answered(forget, Forget.Response)

    def _list(self, request: ListPeople.Request) -> ListPeople.Response:
        def listed(desk: Desk) -> ListPeople.Response:
            people = [person_to_message(person) for person in desk.memory.people()]
            return ListPeople.Response(success=True, people=people)

        return self._answered(listed, ListPeople.Response)

    def _answered(self, work: Callable[[Desk], Any], response: Callable[..., Any]) -> Any:
        desk = self._desk()
        try:
            if desk is None:
                raise PeopleError("face_identity is not active: activate it first")
            return work(desk)
        except PerceptionError as error:
            return response(message=str(error))
        except Exception as error:
            return response(message=f"it failed ({type(error).__name__}: {error})")

    @cached_property
    def _finder(self) -> FaceFinder:
        """For pictures; loaded with the first one."""
        return still_finder(create_detector())
