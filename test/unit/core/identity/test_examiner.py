"""The real process with the real networks; what it is asked comes back as if it had been called here."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.faces import Face
from emotion_perception.core.identity.embedder import create_embedder
from emotion_perception.core.identity.examiner import Examiner

TIMEOUT = 30.0  # of liveness, generous: the machine may be busy


class Troubles:
    """What the examiner reported; `wait` blocks until it has reported enough."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.sentences: list[str | None] = []

    def __call__(self, sentence: str | None) -> None:
        with self._changed:
            self.sentences.append(sentence)
            self._changed.notify_all()

    def wait(self, count: int) -> list[str | None]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.sentences) >= count, TIMEOUT), self.sentences
            return list(self.sentences)


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def examiner(troubles: Troubles) -> Iterator[Examiner]:
    made = Examiner("dlib_resnet", trouble=troubles)
    yield made
    made.stop()


def processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "examination" in " ".join(child.cmdline())]


def test_it_examines_as_the_networks_in_this_process_do(examiner: Examiner, face: NDArray[np.uint8]) -> None:
    found = examiner.submit(face, embed=True, estimate=True).result(TIMEOUT)
    assert found.embedding is not None
    np.testing.assert_array_equal(found.embedding, create_embedder("dlib_resnet").embed(face))
    assert 0 < found.age < 80
    assert 0 <= found.female <= 1


def test_it_does_only_what_it_is_asked(examiner: Examiner, face: NDArray[np.uint8]) -> None:
    found = examiner.submit(face, embed=False, estimate=True).result(TIMEOUT)
    assert found.embedding is None
    found = examiner.submit(face, embed=True, estimate=False).result(TIMEOUT)
    assert math.isnan(found.age)
    assert math.isnan(found.female)


def test_it_starts_with_the_first_face_and_is_ready_when_nothing_waits(
    examiner: Examiner, face: NDArray[np.uint8]
) -> None:
    assert examiner.ready
    assert processes() == []
    future = examiner.submit(face, embed=True, estimate=False)
    assert not examiner.ready
    future.result(TIMEOUT)
    assert examiner.ready
    assert len(processes()) == 1


def test_what_is_no_face_is_refused_in_a_sentence_and_the_next_is_examined(
    examiner: Examiner, face: NDArray[np.uint8], troubles: Troubles
) -> None:
    with pytest.raises(PerceptionError, match="aligned face"):
        examiner.submit(np.zeros((3, 3), np.uint8), embed=True, estimate=False).result(TIMEOUT)
    assert examiner.submit(face, embed=True, estimate=False).result(TIMEOUT).embedding is not None
    assert troubles.sentences == []


def test_a_killed_process_fails_what_it_had_and_is_started_again(
    examiner: Examiner, face: NDArray[np.uint8], troubles: Troubles
) -> None:
    examiner.submit(face, embed=False, estimate=True).result(TIMEOUT)
    (process,) = processes()
    process.suspend()
    future = examiner.submit(face, embed=False, estimate=True)
    process.kill()
    with pytest.raises(PerceptionError, match=r"exit code -9.*started again"):
        future.result(TIMEOUT)
    (told,) = troubles.wait(1)
    assert told
    assert "exit code -9" in told

    with pytest.raises(PerceptionError, match="try again"):
        examiner.submit(face, embed=False, estimate=True).result(TIMEOUT)
    end = time.monotonic() + TIMEOUT
    while not examiner.ready:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert examiner.submit(face, embed=False, estimate=True).result(TIMEOUT).age > 0
    assert troubles.wait(2)[1] is None


def test_a_process_that_hangs_is_ended_by_check_and_by_stopping(
    examiner: Examiner, face: NDArray[np.uint8], troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion_perception.core.identity.examiner.PATIENCE", 0.2)
    examiner.submit(face, embed=False, estimate=True).result(TIMEOUT)
    for process in processes():
        process.suspend()
    future = examiner.submit(face, embed=False, estimate=True)
    stuck = threading.Thread(target=lambda: [examiner.submit(face, embed=False, estimate=True) for _ in range(9)])
    stuck.start()  # fills the pipe
    end = time.monotonic() + TIMEOUT
    while not troubles.sentences:
        examiner.check()
        assert time.monotonic() < end
        time.sleep(0.01)
    with pytest.raises(PerceptionError, match="exit code -9"):
        future.result(TIMEOUT)
    stuck.join(TIMEOUT)
    assert not stuck.is_alive()


def test_stopping_does_not_wait_for_a_process_that_hangs(face: NDArray[np.uint8]) -> None:
    examiner = Examiner("dlib_resnet")
    examiner.submit(face, embed=False, estimate=True).result(TIMEOUT)
    for process in processes():
        process.suspend()
    stuck = threading.Thread(target=lambda: [examiner.submit(face, embed=False, estimate=True) for _ in range(9)])
    stuck.start()
    examiner.stop()
    stuck.join(TIMEOUT)
    assert not stuck.is_alive()


def test_stopping_ends_the_process_and_fails_what_waits(face: NDArray[np.uint8], troubles: Troubles) -> None:
    examiner = Examiner("dlib_resnet", trouble=troubles)
    futures = [examiner.submit(face, embed=True, estimate=False) for _ in range(3)]
    examiner.stop()
    assert processes() == []
    for future in futures:
        assert future.done()
    with pytest.raises(PerceptionError, match="activate face_identity again"):
        examiner.submit(face, embed=True, estimate=False).result(TIMEOUT)
    assert troubles.sentences == []


def test_the_process_ends_with_a_parent_that_was_killed(tmp_path: Path, face: NDArray[np.uint8]) -> None:
    np.save(tmp_path / "face.npy", face)
    program = (
        "import sys, time, numpy as np\n"
        "from emotion_perception.core.identity.examiner import Examiner\n"
        "examiner = Examiner('dlib_resnet')\n"
        "examiner.submit(np.load(sys.argv[1]), embed=False, estimate=True).result()\n"
        "print(examiner._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "face.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        child.wait(TIMEOUT)  # raises if it lives on


@pytest.fixture
def face(
    only_face: Callable[[NDArray[np.uint8]], Face], picture: Callable[[str], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    return only_face(picture("happy_picture")).aligned
