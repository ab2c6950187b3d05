from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from emotion_perception.ros.worker import NewestWorker

TIMEOUT = 10.0


class Work:
    """Work that waits for permission, and notes what it got."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)
        self.items: list[int] = []
        self.errors: list[Exception] = []
        self.threads: set[int] = set()

    def __call__(self, item: int) -> None:
        self.threads.add(threading.get_ident())
        self.items.append(item)
        self.begun.release()
        assert self.allowed.acquire(timeout=TIMEOUT)
        if item < 0:
            raise ValueError(str(item))


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def worker(work: Work) -> NewestWorker[int]:
    return NewestWorker(work, name="test", failed=work.errors.append)


def stop(worker: NewestWorker[int], work: Work) -> None:
    work.allowed.release(100)
    worker.stop()


def test_only_the_newest_item_waits_and_the_replaced_ones_are_counted(worker: NewestWorker[int], work: Work) -> None:
    worker.submit(1)
    assert work.begun.acquire(timeout=TIMEOUT)
    for item in (2, 3, 4):
        worker.submit(item)
    work.allowed.release(2)
    assert work.begun.acquire(timeout=TIMEOUT)
    stop(worker, work)

    assert work.items == [1, 4]
    assert worker.dropped == 2


def test_an_item_that_is_at_work_does_not_count_as_waiting(worker: NewestWorker[int], work: Work) -> None:
    for item in range(5):
        worker.submit(item)
        assert work.begun.acquire(timeout=TIMEOUT)
        work.allowed.release()
    stop(worker, work)

    assert work.items == list(range(5))
    assert worker.dropped == 0


def test_a_worker_with_more_room_keeps_items_in_their_order(work: Work) -> None:
    worker = NewestWorker(work, name="test", failed=work.errors.append, room=3)
    worker.submit(0)
    assert work.begun.acquire(timeout=TIMEOUT)
    for item in (1, 2, 3, 4):
        worker.submit(item)
    work.allowed.release(100)
    for _ in range(3):
        assert work.begun.acquire(timeout=TIMEOUT)
    worker.stop()

    assert work.items == [0, 2, 3, 4]
    assert worker.dropped == 1


def test_an_error_is_handed_over_and_the_next_item_is_worked_on(worker: NewestWorker[int], work: Work) -> None:
    work.allowed.release(2)
    worker.submit(-7)
    assert work.begun.acquire(timeout=TIMEOUT)
    worker.submit(8)
    assert work.begun.acquire(timeout=TIMEOUT)
    stop(worker, work)

    assert [str(error) for error in work.errors] == ["-7"]
    assert work.items == [-7, 8]


def test_stop_waits_for_the_item_at_work_and_forgets_the_one_that_waits(worker: NewestWorker[int], work: Work) -> None:
    worker.submit(1)
    assert work.begun.acquire(timeout=TIMEOUT)
    worker.submit(2)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    stopping.join(0.05)
    assert stopping.is_alive(), "stop returned while an item was at work"
    work.allowed.release(10)
    stopping.join(TIMEOUT)

    assert not stopping.is_alive()
    assert work.items == [1]
    worker.submit(3)
    worker.stop()
    assert work.items == [1]


def test_work_may_stop_its_own_worker() -> None:
    done = threading.Event()
    stops: list[Callable[[], None]] = []

    def work(item: int) -> None:
        stops[0]()
        done.set()

    worker = NewestWorker(work, name="test", failed=lambda error: None)
    stops.append(worker.stop)
    worker.submit(1)
    assert done.wait(TIMEOUT)


def test_stop_ends_the_thread() -> None:
    before = threading.active_count()
    worker = NewestWorker(lambda item: None, name="test", failed=lambda error: None)
    assert threading.active_count() == before + 1
    worker.stop()
    assert threading.active_count() == before


def test_work_happens_in_one_other_thread(worker: NewestWorker[int], work: Work) -> None:
    work.allowed.release(2)
    for item in (1, 2):
        worker.submit(item)
        assert work.begun.acquire(timeout=TIMEOUT)
    stop(worker, work)
    assert len(work.threads) == 1
    assert threading.get_ident() not in work.threads
