"""Everything that recognising people takes, at work together: looks, the examining process, and the people's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.enrolment import (
    refuse_look_alike,
    require_enrollable,
    require_one_person,
    sample,
)
from emotion_perception.core.identity.examination import Examination
from emotion_perception.core.identity.examiner import PATIENCE, Examiner
from emotion_perception.core.identity.quality import Quality, assess
from emotion_perception.core.identity.recogniser import MEMORY, Identification, Look, Recogniser
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.memory import Memory
from emotion_perception.core.people.person import Consent, Person, checked_language, checked_name

#: Looks that somebody is remembered by, and the seconds that taking them may last.
ENROLMENT_LOOKS = 5
ENROLMENT_TIMEOUT = 5.0


class Recognition:
    """Tells who faces belong to, enrols people and forgets them; any thread may call any method.

    `identify` returns what is known at once, and has at most one face examined at a time, the one that needs it most.
    It waits for no disk: whoever takes two of the locks takes that of the people first, which is held while they are
    read and written, and then that of the faces, which is held for moments.
    """

    def __init__(self, recogniser: Recogniser, examiner: Examiner, memory: Memory) -> None:
        self._recogniser = recogniser
        self._examiner = examiner
        self._memory = memory
        self._people = threading.Lock()  # so that no older state of the people comes after a newer one
        self._faces = threading.Condition()
        self._detection = threading.Lock()
        self._last_image: float | None = None
        self._stopped = False
        self.failed: str | None = None

    def identify(self, stamp: float, faces: Sequence[Face], *, wait: bool = False) -> list[Identification]:
        """Tell who the faces of an image are; ``wait`` for the examination that it starts, if any.

        stamp: of the image, seconds. Waiting makes the answers depend on the images alone, as a replay wants it.
        """
        ids = [face.id for face in faces]
        with self._faces:
            self._last_image = time.monotonic()
            self._recogniser.see(stamp, ids)
            due = self._recogniser.due(stamp, ids) if self._examiner.ready else []
            self._faces.notify_all()  # a face that is being enrolled may have left
        learnt = self._look(stamp, {face.id: face for face in faces}, due)
        if wait and learnt is not None:
            learnt.wait(PATIENCE)
        with self._faces:
            return self._recogniser.identify(ids)

    def tick(self, now: float) -> None:
        """Keep everything in order and follow what others do to the people; call it about twice a second.

        now: time of day, seconds.
        """
        self._examiner.check()
        with self._people:
            gallery = self._memory.tick(now)
            if gallery is not None:
                self._follow(gallery)

    def set(self, *, threshold: float, refresh: float, recognise: bool, estimate: bool) -> None:
        """Change the recogniser's settings."""
        with self._faces:
            self._recogniser.set(threshold=threshold, refresh=refresh, recognise=recognise, estimate=estimate)

    def enroll_face(self, face: str, name: str, *, consent: Consent, language: str) -> Person:
        """Remember the person whose face (track) is in view, by its next good looks; blocks for some seconds.

        Raises PeopleError when the face is not there or shows no good look, and as `Memory.enroll` does.
        """
        self._require_recognition()
        name, language = checked_name(name), checked_language(language)
        with self._faces:
            silent = self._last_image is None or time.monotonic() - self._last_image > MEMORY
            if silent or self._recogniser.memorable(face) is None:
                raise PeopleError(f'no face "{face}" is in view: take an id that is on the topic faces just now')
            self._recogniser.want(face)
            try:
                self._faces.wait_for(lambda: self._enough(face), ENROLMENT_TIMEOUT)
                looks, refusal = self._recogniser.memorable(face), self._recogniser.refusal(face)
            finally:
                self._recogniser.release(face)
        if self._stopped:
            raise PeopleError("face_identity was deactivated meanwhile: activate it, and try again")
        if looks is None:
            raise PeopleError(f"{face} left before it was seen well: ask the person to stay, and try again")
        if not len(looks):
            raise PeopleError(refusal or self.failed or f"{face} was not examined in time: try again")
        return self._remember(name, looks, consent, language)

    def enroll_picture(
        self, image: NDArray[np.uint8], name: str, *, finder: Callable[[], FaceFinder], consent: Consent, language: str
    ) -> Person:
        """Remember the one person of a picture, (H, W, 3) uint8 bgr; raises PeopleError as its parts do.

        finder: returns what finds the face; used by one thread at a time.
        """
        self._require_recognition()
        name, language = checked_name(name), checked_language(language)
        with self._detection:
            crop = sample(image, finder())
        examination = self._examiner.submit(crop, embed=True, estimate=False)
        try:
            embedding = examination.result(PATIENCE).embedding
        except FutureTimeoutError:
            raise PeopleError("the picture was not examined in time: try again when the robot is less busy") from None
        assert embedding is not None
        return self._remember(name, embedding[None], consent, language)

    def forget(self, who: str) -> Person:
        """Stop naming a person at once, then erase them; who: their UUID, or a name that only they bear."""
        with self._people:
            person = self._memory.find(who)
            try:
                self._follow(self._memory.gallery().without(person.id))
                self._memory.forget(person.id)
            finally:
                self._follow(self._memory.gallery())
            return person

    def forget_all(self) -> int:
        """Stop naming everybody at once, then erase them; return how many they were."""
        with self._people:
            try:
                self._follow(self._memory.nobody)
                return self._memory.forget_all()
            finally:
                self._follow(self._memory.gallery())

    def stop(self) -> None:
        """End the examining process and whatever waits."""
        with self._faces:
            self._stopped = True
            self._faces.notify_all()
        self._examiner.stop()

    def _follow(self, gallery: Gallery) -> None:
        with self._faces:
            self._recogniser.use(gallery)

    def _require_recognition(self) -> None:
        if not self._recogniser.recognises:
            raise PeopleError("recognising people is switched off: set face_identity's parameter enabled to true")

    def _look(self, stamp: float, faces: dict[str, Face], due: Sequence[str]) -> threading.Event | None:
        """Have the first of the due faces examined that is seen well enough; return what is set once that is learnt."""
        for face in due:
            quality = assess(faces[face].aligned, faces[face].landmarks, faces[face].roi)
            refusal = _refusal(quality)
            with self._faces:
                wanted = self._recogniser.wanted(face)
                if not quality.good or (wanted and refusal):
                    self._recogniser.seen_badly(face, stamp, refusal)
                    continue
            return self._examine(faces[face], Look(stamp, quality.score, memorable=not refusal))
        return None

    def _examine(self, face: Face, begun: Look) -> threading.Event:
        with self._faces:
            embed, estimate = self._recogniser.embeds(face.id), self._recogniser.estimates
            self._recogniser.looking(face.id, begun.stamp)
        learnt = threading.Event()

        def learn(done: Future[Examination]) -> None:
            self._learn(face.id, begun, done)
            learnt.set()

        self._examiner.submit(face.aligned, embed=embed, estimate=estimate).add_done_callback(learn)
        return learnt

    def _learn(self, face: str, begun: Look, done: Future[Examination]) -> None:
        error = done.exception()
        with self._faces:
            self.failed = None if error is None else str(error)
            if error is None:
                found = done.result()
                look = replace(begun, embedding=found.embedding, age=found.age, female=found.female)
                self._recogniser.learn(face, look)
            self._faces.notify_all()

    def _enough(self, face: str) -> bool:
        looks = self._recogniser.memorable(face)
        return self._stopped or looks is None or len(looks) >= ENROLMENT_LOOKS

    def _remember(self, name: str, looks: NDArray[np.float32], consent: Consent, language: str) -> Person:
        threshold = self._recogniser.threshold
        require_one_person(looks, [f"look {number}" for number in range(1, len(looks) + 1)], threshold=threshold)
        with self._people:
            gallery = self._memory.gallery()
            self._follow(gallery)
            for look in looks:
                refuse_look_alike(gallery, look, threshold=threshold)
            person = self._memory.enroll(name, looks, consent=consent, language=language)
            self._follow(self._memory.gallery())
        return person


def _refusal(quality: Quality) -> str:
    """Say why nobody should be remembered by such a look; empty when it is good enough."""
    try:
        require_enrollable(quality)
    except PeopleError as error:
        return str(error)
    return ""
