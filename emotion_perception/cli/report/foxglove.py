"""A copy of a bag in one mcap file, with annotations of its pictures that Foxglove draws."""

from __future__ import annotations

import tempfile
from pathlib import Path

from emotion_perception.bags.foxglove import Annotator, annotations_topic
from emotion_perception.bags.metadata import PartInfo, bag_information, dumped
from emotion_perception.bags.part import SUFFIXES, Part, open_part
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import Topic
from emotion_perception.core.errors import BagError, ParameterError

_STORAGE = "mcap"


def write_foxglove(path: Path, bag: BagReader, emotion: str) -> list[str]:
    """Write every message of the bag, and after each of the topic ``emotion`` its annotations.

    path: a new file, readable by its owner alone; it is there as a whole or not at all. Returns a sentence for each
    topic that is left out, as its type is unknown. Raises BagError when it cannot be written or the bag is damaged.
    """
    if path.suffix != SUFFIXES[_STORAGE]:
        raise ParameterError(f"--foxglove is {path}: give a name that ends in .mcap, as Foxglove goes by it")
    if path.exists():
        raise BagError(f"{path} exists already: give a new file; a bag is never overwritten")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".foxglove_", dir=path.parent) as scratch:  # for its owner alone
            unfinished = Path(scratch, path.name)
            sentences = _copy(open_part(unfinished, compress=False), PartInfo(path), bag, emotion)
            unfinished.chmod(0o600)  # it holds pictures of people
            unfinished.rename(path)
    except OSError as error:
        raise BagError(
            f"cannot write {path} ({error.strerror}): free some space there, or choose another file"
        ) from error
    return sentences


def _copy(part: Part, info: PartInfo, bag: BagReader, emotion: str) -> list[str]:
    source = next(topic for topic in bag.topics if topic.name == emotion)
    annotations = annotations_topic(source)
    kept, sentences = _known([topic for topic in bag.topics if topic.name != annotations.name])
    topics = {topic.name: topic for topic in [*kept, annotations]}
    for topic in topics.values():
        part.add(topic)
    annotator = Annotator(emotion)
    for message in bag.messages([topic.name for topic in kept]):
        made = annotator.take(message)
        for name, data in ((message.topic.name, message.data), (annotations.name, made)):
            if data is not None:
                part.write(name, message.stamp, data)
                info.note(name, message.stamp)
    part.close(dumped(bag_information(_STORAGE, [info], topics)).strip())
    return sentences


def _known(topics: list[Topic]) -> tuple[list[Topic], list[str]]:
    """Return those whose definition is in the bag or installed, and a sentence for each other."""
    kept, sentences = [], []
    for topic in topics:
        try:
            topic.described  # noqa: B018
            kept.append(topic)
        except BagError as error:
            sentences.append(f"{topic.name} is left out: {error}")
    return kept, sentences
