"""Puts key frames together that FFmpeg's parser takes apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import av


def whole_packets(packets: Iterable[av.Packet[Any]]) -> Iterator[av.Packet[Any]]:
    """Yield packets of one whole picture each.

    GStreamer's rtph264pay repeats the parameter sets before every slice of a key frame (config-interval=-1), where
    FFmpeg then sees a new picture: half of one, that it shows as if it were whole. The parts have the same time. So a
    key frame waits for the packet behind it; others pass at once.
    """
    waiting: list[av.Packet[Any]] = []
    for packet in packets:
        if waiting and not (packet.is_keyframe and waiting[0].pts in (None, packet.pts)):  # the first may have no time
            yield _joined(waiting)
            waiting = []
        if packet.is_keyframe and packet.stream.codec_context.name == "h264":
            waiting.append(packet)
        else:
            yield packet


def _joined(parts: list[av.Packet[Any]]) -> av.Packet[Any]:
    if len(parts) == 1:
        return parts[0]
    whole = av.Packet(b"".join(map(bytes, parts)))
    whole.pts, whole.dts, whole.time_base = parts[0].pts, parts[0].dts, parts[0].time_base
    whole.is_corrupt = any(part.is_corrupt for part in parts)
    return whole
