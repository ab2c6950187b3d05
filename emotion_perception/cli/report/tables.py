"""The expressions of a bag as rows, and as files that notebooks read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emotion_perception.bags.decoding import Decoder
from emotion_perception.bags.reading import BagReader
from emotion_perception.core.errors import BagError
from emotion_perception.core.report.emotion_csv import EmotionCsv, EmotionRow

_KIND = "emotion_perception/msg/EmotionArray"


@dataclass(frozen=True)
class Table:
    """rows: one per face and frame, in the order of the bag; labels: the order of their probabilities.

    rois: x, y, width and height of each row's face, pixels. frames: (stamp, time of receipt) of every frame,
    nanoseconds, those without a face included.
    """

    model: str
    labels: tuple[str, ...]
    rows: list[EmotionRow]
    rois: list[tuple[int, int, int, int]]
    frames: list[tuple[int, int]]


def read_table(bag: BagReader, topic: str) -> Table:
    """Return what was recorded of a topic. Raises BagError when it is not there or holds something else."""
    if bag.counts.get(topic, 0) == 0:
        there = ", ".join(sorted(name for name, count in bag.counts.items() if count)) or "no messages"
        raise BagError(
            f"{bag.path} holds no {topic}: it holds {there}; name the topic with --topic, or play the pictures into a "
            "graph and record what it says"
        )
    decode = Decoder()
    table = Table("", (), [], [], [])
    for message in bag.messages([topic]):
        if message.topic.kind != _KIND:
            raise BagError(f"{topic} holds {message.topic.kind}, no {_KIND}: name another topic with --topic")
        array = decode(message)
        stamp = int(array.header.stamp.sec) * 1_000_000_000 + int(array.header.stamp.nanosec)
        table.frames.append((stamp, message.stamp))
        if not table.labels:
            table = Table(str(array.model), tuple(array.labels), table.rows, table.rois, table.frames)
        for each in array.emotions:
            known = dict(zip(array.labels, map(float, each.probabilities), strict=True))
            probabilities = tuple(known.get(label, 0.0) for label in table.labels)
            table.rows.append(EmotionRow(stamp, each.face_id, each.label, float(each.confidence), probabilities))
            table.rois.append((each.roi.x_offset, each.roi.y_offset, each.roi.width, each.roi.height))
    return table


def write_csv(path: Path, table: Table) -> None:
    """Write the table that `emotion-perception run --out` writes too."""
    with EmotionCsv(path, table.labels) as file:
        for row in table.rows:
            file.write(row)


def write_parquet(path: Path, table: Table) -> None:
    """Write the table with the faces' places; stamps are timestamps of nanoseconds."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise BagError("--parquet needs pyarrow: `pip install pyarrow`, or write --csv") from error
    columns = {
        "stamp": pyarrow.array([row.stamp for row in table.rows], pyarrow.timestamp("ns")),
        "face_id": pyarrow.array([row.face_id for row in table.rows], pyarrow.string()),
        "label": pyarrow.array([row.label for row in table.rows], pyarrow.string()),
        "confidence": pyarrow.array([row.confidence for row in table.rows], pyarrow.float32()),
    }
    for index, label in enumerate(table.labels):
        columns[label] = pyarrow.array([row.probabilities[index] for row in table.rows], pyarrow.float32())
    for index, name in enumerate(("x", "y", "width", "height")):
        columns[name] = pyarrow.array([roi[index] for roi in table.rois], pyarrow.uint32())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    except OSError as error:
        raise BagError(f"cannot write {path} ({error}): choose another file") from error
