"""Pictures of the moments in which an expression was strongest, as far as the bag holds pictures."""

from __future__ import annotations

import cv2

from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import choose
from emotion_perception.cli.replay.pictures import picture_of, stamp_of
from emotion_perception.cli.report.tables import Table
from emotion_perception.core.drawing import OverlayFace, draw_overlay
from emotion_perception.core.errors import BagError, ImageError
from emotion_perception.core.faces import Roi
from emotion_perception.core.report.page import Snapshot


def strongest_moments(bag: BagReader, table: Table) -> list[Snapshot]:
    """Return a picture for each label that was decided on, of the frame in which it was most probable."""
    best: dict[str, int] = {}
    for number, row in enumerate(table.rows):
        known = best.setdefault(row.label, number)
        if row.confidence > table.rows[known].confidence:
            best[row.label] = number
    best = {label: number for label, number in best.items() if label in table.labels}  # not "uncertain"
    wanted = {table.rows[number].stamp: number for number in best.values()}
    try:
        images = [each for each in choose(bag, inputs=True, transport="raw") if each.topic.is_image]
    except BagError:
        return []
    begin = table.frames[0][0]
    found = {}
    for message in bag.messages([images[0].topic.name]):
        try:
            stamp = stamp_of(message.data)
            if stamp in wanted and stamp not in found:
                found[stamp] = _snapshot(message.data, images[0].topic.kind, table, wanted[stamp], begin)
        except ImageError:
            continue
    return [found[stamp] for stamp in sorted(found)]


def _snapshot(data: bytes, kind: str, table: Table, number: int, begin: int) -> Snapshot:
    row = table.rows[number]
    face = OverlayFace(
        id=row.face_id,
        roi=Roi(*table.rois[number]),
        label=row.label,
        confidence=row.confidence,
        probabilities=row.probabilities,
        labels=table.labels,
    )
    drawn = draw_overlay(picture_of(data, kind)[0], [face])
    caption = f"{1e-9 * (row.stamp - begin):.1f} s  {row.face_id}  {row.label} {row.confidence:.0%}"
    return Snapshot(caption, cv2.imencode(".jpg", drawn)[1].tobytes())
