"""A robot that talks and hears nobody, or is not heard. Both topics are silent mostly, so that no rate tells."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, note
from emotion_perception.cli.doctor.graph.snapshot import End, Snapshot, short

_STATE, _HEARD, _SAID = (
    "emotion_perception/msg/DialogueState",
    "emotion_perception/msg/Utterance",
    "std_msgs/msg/String",
)


def missing_ends(snapshot: Snapshot) -> Iterator[tuple[Finding, str]]:
    """One finding for each half of a conversation that nobody takes care of, with the node that talks."""
    talking = {end.node for topic in snapshot.topics if topic.kinds[0] == _STATE for end in topic.publishers}
    for topic in snapshot.topics:
        for node in _of(topic.subscribers, talking):
            if topic.kinds[0] == _HEARD and not topic.publishers:
                sentence = f"{short(node)} hears nobody, as nobody publishes {topic.name}"
                yield _missing(sentence, "speech_recognizer", node), node
        for node in _of(topic.publishers, talking):
            if topic.kinds[0] == _SAID and not any(map(_listens, topic.subscribers)):
                yield (
                    _missing(f"nobody says what {short(node)} publishes on {topic.name}", "speech_synthesizer", node),
                    node,
                )


def _of(ends: tuple[End, ...], nodes: set[str]) -> list[str]:
    return sorted({end.node for end in ends} & nodes)


def _listens(end: End) -> bool:
    """Whether a subscriber is none of the tools, which only look; their names begin with an underscore."""
    return not end.node.rpartition("/")[2].startswith("_")


def _missing(sentence: str, maker: str, node: str) -> Finding:
    remedy = f"start {maker}, or remap the topic if another program does it"
    return note(sentence, remedy, command=commands.node(maker, node.rpartition("/")[0]))
