from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emotion_perception.core.detection import closer_look
from emotion_perception.core.detection.candidates import Candidates, Region
from emotion_perception.core.detection.closer_look import CloserLook

INPUT = 192


class World:
    """Squares (x, y, side) seen through a network of 192x192: certain from 16 pixels of its input on, hinted from 8."""

    def __init__(
        self, *faces: tuple[float, float, float], phantoms: tuple[tuple[float, float, float], ...] = ()
    ) -> None:
        self.faces, self.phantoms = faces, phantoms
        self.regions: list[Region] = []

    def look(self, image: NDArray[np.uint8], region: Region, least_score: float) -> Candidates:
        x0, y0, x1, y1 = region
        assert 0 <= x0 < x1 <= image.shape[1]
        assert 0 <= y0 < y1 <= image.shape[0]
        self.regions.append(region)
        scale = INPUT / max(x1 - x0, y1 - y0)
        rows = []
        for x, y, side in self.faces:
            score = 0.95 if side * scale >= 16 else 0.3 if side * scale >= 8 else 0.0
            # A border of the region cuts the box, as a network sees only what is there.
            box = (
                max(x, x0 - side / 4),
                max(y, y0 - side / 4),
                min(x + side, x1 + side / 4),
                min(y + side, y1 + side / 4),
            )
            if box != (x, y, x + side, y + side) and score:
                score = 0.99  # half a face can look even better
            if box[0] < box[2] and box[1] < box[3]:
                rows.append((*box, score))
        for x, y, side in self.phantoms:  # fool the network only from afar
            if x0 <= x < x1 and y0 <= y < y1:
                rows.append((x, y, x + side, y + side, 0.65 if side * scale < 16 else 0.05))
        table = np.array([row for row in rows if row[4] > least_score], np.float32).reshape(-1, 5)
        return Candidates(table[:, :4], table[:, 4], np.zeros((len(table), 6, 2), np.float32))

    def found(self, width: int = 640, height: int = 480, **options: float) -> list[tuple[float, ...]]:
        self.regions.clear()
        search = CloserLook(self.look, input_size=INPUT, threshold=options.get("threshold", 0.6), smallest=20)
        found = search.find(np.zeros((height, width, 3), np.uint8))
        return sorted(tuple(float(value) for value in box) for box in found.boxes)


def boxes(*faces: tuple[float, float, float]) -> list[tuple[float, ...]]:
    return sorted((x, y, x + side, y + side) for x, y, side in faces)


def test_one_near_face_costs_one_look() -> None:
    world = World((200, 150, 120))
    assert world.found() == boxes(*world.faces)
    assert world.regions == [(0, 0, 640, 480)]


def test_a_small_face_is_found_in_a_second_look_around_it() -> None:
    world = World((300, 200, 30))
    assert world.found() == boxes(*world.faces)
    assert len(world.regions) == 2
    x0, y0, x1, y1 = world.regions[1]
    assert (x1 - x0, y1 - y0) == (256, 256)
    assert x0 < 300 < 330 < x1
    assert y0 < 200 < 230 < y1


def test_small_faces_too_weak_for_a_hint_come_to_light_beside_one() -> None:
    world = World((300, 200, 30), (260, 200, 22))
    assert world.found() == boxes(*world.faces)
    assert len(world.regions) == 2


def test_neighbours_share_a_look() -> None:
    row = tuple((200.0 + 40 * i, 200.0, 30.0) for i in range(5))
    world = World(*row)
    assert world.found() == boxes(*row)
    assert len(world.regions) == 2


def test_a_large_picture_is_looked_at_in_several_steps() -> None:
    world = World((3000, 1200, 60), (3200, 1300, 28), (100, 100, 900))
    assert world.found(3840, 2160) == boxes(*world.faces)
    sides = [max(x1 - x0, y1 - y0) for x0, y0, x1, y1 in world.regions]
    assert sides[0] == 3840
    assert all(side <= 1280 for side in sides[1:9])
    assert sides[9:] == [512, 205]  # 2.5 times closer each


@pytest.mark.parametrize("size", [(1281, 720), (1920, 1080), (1080, 1920), (4000, 3000), (5000, 40)])
def test_tiles_cover_large_pictures_and_overlap(size: tuple[int, int]) -> None:
    world = World()
    world.found(*size)
    assert world.regions[0] == (0, 0, *size)
    covered = np.zeros((size[1], size[0]), np.uint8)
    for x0, y0, x1, y1 in world.regions[1:]:
        assert max(x1 - x0, y1 - y0) <= 1280
        covered[y0:y1, x0:x1] += 1
    assert covered.min() >= 1
    assert covered.max() >= 2


def test_a_face_on_the_border_of_two_tiles_is_found_once() -> None:
    face = (950.0, 500.0, 250.0)  # tiles of 1120 pixels from 0 and from 800 on
    assert World(face).found(1920, 1080) == boxes(face)


def test_what_the_closest_look_says_holds() -> None:
    world = World(phantoms=((300.0, 200.0, 40.0),))
    assert world.found() == []
    assert len(world.regions) == 2


def test_a_sure_small_face_needs_no_second_look() -> None:
    world = World((300, 200, 60))
    assert world.found() == boxes(*world.faces)
    assert len(world.regions) == 1


def test_a_face_at_the_picture_s_border_is_kept_and_one_at_a_region_s_is_not() -> None:
    world = World((-10, 200, 100))
    (cut,) = world.found()
    assert cut[0] < 0
    # The second look, around the small face, sees half of the large one, which the first has seen whole.
    world = World((300, 200, 30), (330, 260, 140))
    assert world.found() == boxes(*world.faces)


def test_a_doubt_about_a_sure_face_costs_no_look() -> None:
    world = World((200, 150, 60), phantoms=((205.0, 152.0, 50.0),))
    assert world.found() == boxes(*world.faces)
    assert len(world.regions) == 1


def test_faces_below_the_smallest_size_cause_no_looks() -> None:
    world = World((100, 100, 12))  # at 256 pixels a face of 12 gives a hint
    world.found(256, 256)
    assert len(world.regions) == 1


def test_looks_are_bounded_in_a_crowd() -> None:
    rng = np.random.default_rng(1)
    crowd = World(
        *((float(x), float(y), float(rng.integers(8, 60))) for x in range(0, 1280, 20) for y in range(0, 960, 20))
    )
    crowd.found(1280, 960)
    assert 10 < len(crowd.regions) <= 1 + 16


def test_a_doubt_that_no_look_is_left_for_is_judged_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closer_look, "_LOOKS_AT_VGA", 2)
    phantoms = tuple((float(x), float(y), 28.0) for x in range(0, 600, 100) for y in range(0, 440, 100))
    world = World(phantoms=phantoms)
    seen = [box[:2] for box in world.found()]
    assert len(world.regions) == 3
    for x, y, _ in phantoms:
        looked = any(
            x0 <= x - 7 and x + 35 <= x1 and y0 <= y - 7 and y + 35 <= y1 for x0, y0, x1, y1 in world.regions[1:]
        )
        assert not (looked and (x, y) in seen)
    assert len(seen) > 5


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    faces=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.005, 0.5)), max_size=6),
    threshold=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_any_picture_ends_the_same_way_twice(
    width: int, height: int, faces: list[tuple[float, float, float]], threshold: float
) -> None:
    world = World(*((x * width, y * height, side * max(width, height)) for x, y, side in faces))
    first = world.found(width, height, threshold=threshold)  # World asserts that regions lie inside the picture
    regions = list(world.regions)
    assert world.found(width, height, threshold=threshold) == first
    assert world.regions == regions


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000)])
def test_thin_pictures(size: tuple[int, int]) -> None:
    assert World().found(*size) == []
