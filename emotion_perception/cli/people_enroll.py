"""`emotion-perception people enroll`: from pictures or a camera to somebody who is remembered."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.detection import create_detector
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.face_finder import FaceFinder
from emotion_perception.core.identity.embedder import create_embedder
from emotion_perception.core.identity.enrolment import refuse_look_alike, require_one_person, sample, still_finder
from emotion_perception.core.people import Consent, PeopleStore, checked_name
from emotion_perception.core.people.person import checked_language, checked_retention, shown
from emotion_perception.sources.images import ImagesSource, find_pictures
from emotion_perception.sources.uri import open_source

_LOOKS = 5  # embeddings from a camera
_LOOKS_APART = 0.5  # seconds, so that they differ
_LOOKING_TIME = 30.0  # seconds


def run(args: argparse.Namespace) -> int:
    """Enrol as ``args`` asks and return 0; a PerceptionError says why not, before anything is kept."""
    name = checked_name(args.name)
    if not (args.consent or "").strip():
        raise PeopleError(
            f"nobody is remembered without consent: ask {shown(name)}, and give the answer with --consent, e.g. "
            '--consent "spoken, asked by me".'
        )
    consent = Consent(time.time(), args.consent)
    language, retention_days = checked_language(args.language), checked_retention(args.retention_days)
    embedder = create_embedder()
    with PeopleStore(args.people, embedder=embedder.name, dimension=embedder.dimension) as store:
        finder = still_finder(create_detector())
        looks = _from_pictures(args.image, finder) if args.image else _from_camera(args.camera, finder)
        titles, crops = zip(*looks, strict=True)
        embeddings = np.stack([embedder.embed(crop) for crop in crops])
        require_one_person(embeddings, titles, threshold=embedder.threshold)
        gallery = store.gallery()
        for embedding in embeddings:
            refuse_look_alike(gallery, embedding, threshold=embedder.threshold)
        person = store.enroll(name, embeddings, consent=consent, language=language, retention_days=retention_days)
        print(f"{shown(person.name)} enrolled ({person.id}) in {store.path}")
    return 0


def _from_pictures(paths: Sequence[Path], finder: FaceFinder) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield each picture's name and aligned face; of a folder, all its pictures."""
    for path in paths:
        for picture in find_pictures(str(path.expanduser())):
            source = ImagesSource(str(picture), framerate=1.0)
            source.open()
            frame = source.read()
            assert frame is not None  # it raises where there is nothing to read
            try:
                yield str(picture), sample(frame.image, finder)
            except PeopleError as error:
                raise PeopleError(f"{picture}: {error}") from error


def _from_camera(uri: str, finder: FaceFinder) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield looks at the person in front of a camera, saying on stderr what to do; PeopleError after half a minute."""
    source = open_source(uri, report=_say)
    source.open()
    try:
        began = time.monotonic()
        said, count, last = "", 0, -_LOOKS_APART
        while count < _LOOKS:
            frame = source.read()
            now = time.monotonic() - began
            if frame is None or now > _LOOKING_TIME:
                raise PeopleError(
                    f"there were {count} good looks of {_LOOKS}" + (f", as {said}" if said else ": try again.")
                )
            at = now if frame.time is None else frame.time
            if at - last < _LOOKS_APART:
                continue
            try:
                crop = sample(frame.image, finder)
            except PeopleError as error:
                if str(error) != said:
                    _say(said := str(error))
                continue
            count, last = count + 1, at
            _say(f"look {count} of {_LOOKS}")
            yield f"look {count}", crop
    finally:
        source.close()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
