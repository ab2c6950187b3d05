from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import Consent, Gallery, Person


@pytest.fixture
def people(consent: Consent) -> tuple[Person, ...]:
    return tuple(Person(str(n), f"person {n}", "", consent, 0.0, 0.0, None, 1) for n in range(3))


def test_the_distance_to_a_person_is_that_to_the_nearest_embedding(
    people: tuple[Person, ...], embed: Callable[..., NDArray[np.float32]]
) -> None:
    embeddings = embed(7)
    owners = np.array([0, 0, 1, 1, 1, 1, 2])
    sought = embed(1, seed=1)[0]
    each = np.linalg.norm(embeddings.astype(np.float64) - sought, axis=1)
    distances = Gallery(people, embeddings, owners).distances(sought)
    assert distances.dtype == np.float32
    np.testing.assert_allclose(distances, [each[:2].min(), each[2:6].min(), each[6]], atol=1e-6)


def test_an_embedding_is_next_to_itself(people: tuple[Person, ...], embed: Callable[..., NDArray[np.float32]]) -> None:
    embeddings = embed(3)
    distances = Gallery(people, embeddings, np.arange(3)).distances(embeddings[1])
    assert distances.argmin() == 1
    assert distances[1] < 1e-3


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_without_one_person_the_others_stay_as_they_were(
    people: tuple[Person, ...], embed: Callable[..., NDArray[np.float32]], gone: int
) -> None:
    gallery = Gallery(people, embed(7), np.array([0, 0, 1, 1, 1, 1, 2]))
    rest = gallery.without(people[gone].id)
    assert rest.people == tuple(person for person in people if person is not people[gone])
    sought = embed(1, seed=1)[0]
    np.testing.assert_allclose(rest.distances(sought), np.delete(gallery.distances(sought), gone), atol=1e-6)
    assert gallery.without("nobody") is gallery


def test_nobody(embed: Callable[..., NDArray[np.float32]]) -> None:
    assert Gallery.empty(128).distances(embed(1)[0]).shape == (0,)
    assert Gallery.empty(128).by_person() == []


def test_another_embedder_is_refused(people: tuple[Person, ...], embed: Callable[..., NDArray[np.float32]]) -> None:
    gallery = Gallery(people, embed(3), np.arange(3))
    with pytest.raises(PeopleError, match=r"shape \(64,\) cannot be compared with 128 numbers"):
        gallery.distances(np.zeros(64, np.float32))


@pytest.mark.parametrize("owners", [[0, 1], [0, 0, 1], [0, 2, 2], [1, 1, 2], [0, 2, 1], [2, 1, 0]])
def test_owners_that_do_not_fit(
    people: tuple[Person, ...], embed: Callable[..., NDArray[np.float32]], owners: list[int]
) -> None:
    with pytest.raises(ValueError):
        Gallery(people, embed(3), np.array(owners))
