"""Tells from a few datagrams what a sender sends, so that a wrong one can be named.

RTP's header is RFC 3550's, section 5.1; payload formats: JPEG RFC 2435, H.264 RFC 6184, H.265 RFC 7798.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable

#: Bytes of a datagram that `sniff` looks at.
SNIFFED_BYTES = 64
_STATIC_TYPES = {26: "JPEG", 33: "MPEG-TS", 34: "H263", 32: "MPEG-1 or MPEG-2 video", 0: "PCMU", 8: "PCMA"}
_H264_TYPES = frozenset({1, 5, 6, 7, 8, 9, 24, 28})
_H265_TYPES = frozenset({0, 1, 19, 20, 21, 32, 33, 34, 39, 48, 49})


class Payload(enum.StrEnum):
    """What a datagram holds; the values are for people."""

    JPEG = "RTP with JPEG"
    H264 = "RTP with H.264"
    H265 = "RTP with H.265"
    AUDIO = "RTP with sound"
    MPEG_TS = "an MPEG transport stream"
    BARE_JPEG = "JPEG without RTP"
    OTHER_RTP = "RTP with something else"
    NOT_RTP = "something that is not RTP"


def sniff(datagrams: Iterable[bytes]) -> Payload | None:
    """Return what most of the datagrams hold, None when there are none. Each may be cut to SNIFFED_BYTES."""
    counted = Counter(_sniff_one(datagram) for datagram in datagrams)
    return counted.most_common(1)[0][0] if counted else None


def count_senders(datagrams: Iterable[bytes]) -> int:
    """Return how many RTP senders (SSRCs) sent at least every eighth of the datagrams: noise counts for none."""
    each = list(datagrams)
    counted = Counter(datagram[8:12] for datagram in each if len(datagram) > 12 and datagram[0] >> 6 == 2)
    return sum(8 * count >= len(each) for count in counted.values())


def _sniff_one(datagram: bytes) -> Payload:
    if datagram[:2] == b"\xff\xd8":
        return Payload.BARE_JPEG
    if datagram[:1] == b"\x47":
        return Payload.MPEG_TS
    if len(datagram) < 13 or datagram[0] >> 6 != 2:
        return Payload.NOT_RTP
    kind = datagram[1] & 0x7F
    static = _STATIC_TYPES.get(kind)
    if static is not None:
        return {"JPEG": Payload.JPEG, "MPEG-TS": Payload.MPEG_TS, "PCMU": Payload.AUDIO, "PCMA": Payload.AUDIO}.get(
            static, Payload.OTHER_RTP
        )
    return _sniff_dynamic(_payload(datagram)) if 96 <= kind <= 127 else Payload.OTHER_RTP


def _payload(datagram: bytes) -> bytes:
    """Return what follows the header, its contributors and its extension."""
    start = 12 + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    return datagram[start:]


def _sniff_dynamic(payload: bytes) -> Payload:
    """Guess the codec of a dynamic payload type (96 to 127), which only the session's description would tell."""
    if len(payload) < 2:
        return Payload.OTHER_RTP
    first, second = payload[0], payload[1]
    if not first & 0x80 and first & 0x1F in _H264_TYPES and not _looks_like_h265(first, second):
        return Payload.H264
    if _looks_like_h265(first, second):
        return Payload.H265
    if len(payload) >= 8 and first == 0 and payload[4] in (0, 1, 64, 65) and payload[5] and payload[6] and payload[7]:
        return Payload.JPEG
    return Payload.OTHER_RTP


def _looks_like_h265(first: int, second: int) -> bool:
    """Whether it is an H.265 NAL header: no layer, temporal id 1, and a type that streams have."""
    return not first & 0x81 and second == 1 and first >> 1 in _H265_TYPES
