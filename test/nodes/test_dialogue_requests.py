"""What the dialogue asks of face_identity, where that answers late or never."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from emotion_perception.srv import Enroll, Forget

from emotion_perception.core.scenario import actions
from emotion_perception.core.scenario.events import Enrolled, Forgotten
from emotion_perception.nodes.dialogue_requests import TIMEOUT, PeopleRequests

ANNA = actions.Enroll("face_1", "Anna", "asked, answered yes", "en")


class Service:
    """A client of a service that answers when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Future[Any]]] = []

    def service_is_ready(self) -> bool:
        return True

    def call_async(self, request: Any) -> Future[Any]:
        self.calls.append((request, Future()))
        return self.calls[-1][1]


class Services:
    """A node of which only the clients matter."""

    def __init__(self) -> None:
        self.enroll, self.forget = Service(), Service()

    def create_client(self, kind: Any, name: str) -> Service:
        return self.enroll if kind is Enroll else self.forget


@pytest.fixture
def services() -> Services:
    return Services()


def test_who_is_enrolled_after_it_was_given_up_is_forgotten_again(services: Services) -> None:
    answers: list[Enrolled | Forgotten] = []
    requests = PeopleRequests(services, answers.append)
    requests.enroll(ANNA, 0.0)
    requests.tick(TIMEOUT)
    assert answers == [Enrolled(name="Anna", error="face_identity did not answer in time")]
    services.enroll.calls[0][1].set_result(Enroll.Response(success=True, person_id="id of Anna"))
    ((undone, _),) = services.forget.calls
    assert undone == Forget.Request(person="id of Anna")
    assert len(answers) == 1


def test_a_late_refusal_has_nothing_to_undo(services: Services) -> None:
    answers: list[Enrolled | Forgotten] = []
    requests = PeopleRequests(services, answers.append)
    requests.enroll(ANNA, 0.0)
    requests.tick(TIMEOUT)
    services.enroll.calls[0][1].set_result(Enroll.Response(success=False, message="the face is turned away"))
    assert services.forget.calls == [] and len(answers) == 1


def test_who_agreed_stays_enrolled_when_the_conversation_was_stopped_meanwhile(services: Services) -> None:
    answers: list[Enrolled | Forgotten] = []
    requests = PeopleRequests(services, answers.append)
    requests.enroll(ANNA, 0.0)
    requests.drop()
    services.enroll.calls[0][1].set_result(Enroll.Response(success=True, person_id="id of Anna"))
    assert services.forget.calls == answers == []
