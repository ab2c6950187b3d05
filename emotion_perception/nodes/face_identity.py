"""face_identity: faces -> identities; remembers people who agreed to it, and forgets them."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from std_msgs.msg import String

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.identity.age_gender import AgeGender
from emotion_perception.core.identity.confidence import confidence
from emotion_perception.core.identity.embedder import DEFAULT_EMBEDDER, EMBEDDERS, embedder_class
from emotion_perception.core.identity.examiner import Examiner
from emotion_perception.core.identity.recogniser import Recogniser
from emotion_perception.core.identity.recognition import Recognition
from emotion_perception.core.people import files
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.memory import Memory
from emotion_perception.core.people.privacy import privacy_notice
from emotion_perception.core.people.store import default_path
from emotion_perception.msg import FaceArray, IdentityArray
from emotion_perception.nodes.people_services import Desk, PeopleServices
from emotion_perception.ros.messages import Timeline, face_from_message, identity_to_message, seconds
from emotion_perception.ros.node import PerceptionNode
from emotion_perception.ros.parameters import Applies, NodeParameters, parameter
from emotion_perception.ros.process import run_node
from emotion_perception.ros.qos import LATCHED, NEWEST, RELIABLE
from emotion_perception.ros.worker import NewestWorker

_TICK = 0.5  # seconds: half of what somebody who is forgotten elsewhere may go on being named


@dataclass(frozen=True)
class FaceIdentityParameters(NodeParameters):
    """What can be set of recognising people."""

    enabled: bool = parameter(
        True, "Recognise people who enrolled; nobody is ever learnt without enrolling.", applies=Applies.LIVE
    )
    age_gender: bool = parameter(True, "Estimate age and gender.", applies=Applies.LIVE)
    embedder: str = parameter(DEFAULT_EMBEDDER, "The network that tells faces apart.", choices=EMBEDDERS)
    threshold: float = parameter(
        0.0,
        "Largest distance between two faces of one person; 0: the embedder's own.",
        low=0.0,
        high=2.0,
        applies=Applies.LIVE,
    )
    refresh: float = parameter(
        3.0, "Seconds between two looks at a face that is known well.", low=0.1, high=3600.0, applies=Applies.LIVE
    )
    people: str = parameter("", "The file that people are remembered in; empty: people.db in the user's data folder.")
    retention_days: int = parameter(
        365, "Days after which somebody who was not seen again is forgotten; 0: never.", low=0, high=36500
    )
    lossless: bool = parameter(False, "Take every message, for replays with flow control at the source.")


class FaceIdentityNode(PerceptionNode[FaceIdentityParameters]):
    """Tells who the faces belong to, and enrols, lists and forgets people."""

    PARAMETERS = FaceIdentityParameters

    def __init__(self, **options: object) -> None:
        super().__init__("face_identity", **options)
        self._worker: NewestWorker[FaceArray] | None = None
        self._desk: Desk | None = None
        self._housekeeping: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, "people")
        self._timer = self.create_timer(_TICK, self._keep_house, clock=self._steady)
        self._timer.cancel()
        PeopleServices(self, lambda: self._desk)

    def configure(self) -> None:
        """See that the weights are there, and open the outputs."""
        asked = self.parameters
        embedder = embedder_class(asked.embedder)
        if asked.enabled:
            embedder.check()
        if asked.age_gender:
            AgeGender.check()
        self._dimension = embedder.dimension
        self._path = files.resolved(Path(asked.people)) if asked.people else None
        self._identities = self.output(IdentityArray, "identities", RELIABLE)
        self._notice = self.output(String, "privacy_notice", LATCHED)
        self.detail("model", asked.embedder)

    def activate(self) -> None:
        """Open the people store and subscribe to faces."""
        asked = self.parameters
        self._timeline = Timeline()
        self._last_stamp: float | None = None
        memory = Memory(
            self._path, embedder=asked.embedder, dimension=self._dimension, retention_days=asked.retention_days
        )
        self._settings = _settings(asked)
        recogniser = Recogniser(Gallery.empty(self._dimension), confidence=confidence, **self._settings)
        examiner = Examiner(asked.embedder, trouble=self._note_examiner)
        self._desk = Desk(Recognition(recogniser, examiner, memory), memory)
        self._keep_house()
        self._announce()
        self._timer.reset()
        qos = RELIABLE if asked.lossless else NEWEST
        self._worker = NewestWorker(self._identify, name="face_identity", failed=self._failed, room=qos.depth)
        self.input(FaceArray, "faces", self._take, qos, prompt=True)

    def deactivate(self) -> None:
        """Let go of the people store; what was seen of strangers is gone with it."""
        self._timer.cancel()
        desk, self._desk = self._desk, None
        if desk:
            desk.recognition.stop()  # first, or the worker might wait for it
        if self._worker:
            self._worker.stop()
            self._worker = None
        if desk:
            desk.memory.close()

    def _take(self, message: FaceArray) -> None:
        if self._worker:
            self._worker.submit(message)
            self.health.dropped(self._worker.dropped)

    def _identify(self, message: FaceArray) -> None:
        begin = time.monotonic()
        desk = self._desk
        if desk is None:
            return
        self._follow_parameters(desk.recognition)
        faces = [face_from_message(face) for face in message.faces]
        stamp = self._timeline.seconds(message.header)
        if stamp == self._last_stamp:
            self.health.moment("stamps", "the stamps of faces stand still: use_sim_time without a /clock?")
        self._last_stamp = stamp
        found = desk.recognition.identify(stamp, faces, wait=self.parameters.lossless)
        for each in found:
            if each.person is not None:
                desk.memory.saw(each.person.id, seconds(message.header))
        identities = [identity_to_message(face.id, each) for face, each in zip(faces, found, strict=True)]
        self._identities.publish(IdentityArray(header=message.header, identities=identities))
        if desk.recognition.failed:
            self.health.moment("examination", desk.recognition.failed)
        self.health.processed(time.monotonic() - begin)

    def _follow_parameters(self, recognition: Recognition) -> None:
        settings = _settings(self.parameters)
        if settings != self._settings:
            self._settings = settings
            recognition.set(**settings)
            self._announce()

    def _announce(self) -> None:
        asked = self.parameters
        path = self._path or default_path()
        text = privacy_notice(
            path,
            command="emotion-perception people forget NAME" + (f" --people {path}" if self._path else ""),
            service=f"{self.get_fully_qualified_name()}/forget",
            recognise=asked.enabled,
            estimate=asked.age_gender,
            retention_days=asked.retention_days,
        )
        self._notice.publish(String(data=text))

    def _keep_house(self) -> None:
        """Look after the store in another thread, as a disk can be slow."""
        if self._housekeeping is None or self._housekeeping.done():
            self._housekeeping = self._pool.submit(self._follow_memory)

    def _follow_memory(self) -> None:
        desk = self._desk
        if desk is None:
            return
        self._follow_parameters(desk.recognition)
        desk.recognition.tick(time.time())
        if desk.memory.trouble:
            self.health.problem("people", desk.memory.trouble)
        else:
            self.health.clear("people")

    def _note_examiner(self, sentence: str | None) -> None:
        if sentence is None:
            self.health.clear("examiner")
        else:
            self.health.problem("examiner", sentence)

    def _failed(self, error: Exception) -> None:
        sentence = str(error) if isinstance(error, PerceptionError) else f"{type(error).__name__}: {error}"
        self.health.moment("faces", f"a message of faces was skipped: {sentence}")


def _settings(asked: FaceIdentityParameters) -> dict[str, Any]:
    return {
        "threshold": asked.threshold or embedder_class(asked.embedder).threshold,
        "refresh": asked.refresh,
        "recognise": asked.enabled,
        "estimate": asked.age_gender,
    }


def main() -> int:
    """Run the node."""
    return run_node(FaceIdentityNode)
