"""Which topics of a bag are played, and as what: images can change between raw and compressed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from emotion_perception.bags.definitions import definition
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.topic import COMPRESSED, COMPRESSED_IMAGE, IMAGE, Topic
from emotion_perception.core.errors import BagError

#: What to play images as.
TRANSPORTS = ("recorded", "raw", "compressed")


@dataclass(frozen=True)
class Choice:
    """A topic of the bag, with the name and type that it is played under."""

    topic: Topic
    name: str
    kind: str

    @property
    def converted(self) -> bool:
        """Whether images are decoded or encoded on the way."""
        return self.kind != self.topic.kind


def choose(
    bag: BagReader, *, names: Collection[str] | None = None, inputs: bool = False, transport: str = "recorded"
) -> list[Choice]:
    """Return what to play.

    names: full names; None for all. inputs: only pictures and camera_info. transport: one of TRANSPORTS; where a bag
    holds the images in the form that is asked for, the other form is left out. Raises BagError when nothing is left.
    """
    filled = [topic for topic in bag.topics if bag.counts.get(topic.name, 0) > 0]
    there = ", ".join(sorted(topic.name for topic in filled)) or "no messages"
    missing = sorted(set(names or ()) - {topic.name for topic in filled})
    if missing:
        raise BagError(f"{bag.path} holds no {missing[0]}: it holds {there}")
    wanted = [topic for topic in filled if names is None or topic.name in names]
    if inputs and not any(topic.is_image for topic in wanted):
        raise BagError(f"{bag.path} holds no images: it holds {there}; record image_raw or image_raw/compressed")
    chosen = [_as(topic, transport) for topic in wanted if topic.is_input or not inputs]
    if not chosen:
        raise BagError(f"{bag.path} holds no messages: give another bag")
    as_recorded = {each.name for each in chosen if not each.converted}
    return [each for each in chosen if not each.converted or each.name not in as_recorded]


def playable(choices: Collection[Choice], *, named: bool) -> tuple[list[Choice], list[str]]:
    """Return those whose type is installed here as it was recorded, and a sentence for each that is left out.

    named: the topics were asked for by name, so that none may be left out. Raises BagError when none is left.
    """
    kept, sentences = [], []
    for choice in choices:
        try:
            _check_type(choice.topic)
            kept.append(choice)
        except BagError as error:
            if named or len(choices) == 1:
                raise
            sentences.append(f"{choice.topic.name} is not played: {error}")
    if not kept:
        raise BagError(f"nothing can be played: {'; '.join(sentences)}")
    return kept, sentences


def only_image(bag: BagReader, choices: Collection[Choice]) -> Choice:
    """Return the one image topic among them. Raises BagError when there are several."""
    images = [each for each in choices if each.topic.is_image]
    if len(images) > 1:
        raise BagError(
            f"{bag.path} holds the images of several cameras ({', '.join(each.topic.name for each in images)}): "
            "name the one you mean with --topics"
        )
    return images[0]


def _check_type(topic: Topic) -> None:
    """Raise BagError unless its bytes mean here what they meant where they were recorded."""
    here = definition(topic.kind)
    recorded = topic.definition.hash if topic.definition else ""
    if recorded and here.hash and recorded != here.hash:
        raise BagError(
            f"{topic.name} was recorded with another version of {topic.kind} than is installed here: install that "
            "version, or record again"
        )


def _as(topic: Topic, transport: str) -> Choice:
    base = topic.name.removesuffix(COMPRESSED)
    if topic.is_image and transport == "raw":
        return Choice(topic, base, IMAGE)
    if topic.is_image and transport == "compressed":
        return Choice(topic, base + COMPRESSED, COMPRESSED_IMAGE)
    return Choice(topic, topic.name, topic.kind)
