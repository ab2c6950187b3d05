from __future__ import annotations

import random
import struct

import pytest

from emotion_perception.sources.rtp import Payload, count_senders, sniff


def rtp(payload: bytes, kind: int, *, contributors: int = 0, extension: bytes = b"") -> bytes:
    first = 0x80 | contributors | (0x10 if extension else 0)
    head = struct.pack("!BBHII", first, kind | 0x80, 7, 90000, 0xCAFE) + bytes(4 * contributors)
    if extension:
        head += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return head + payload


JPEG = bytes([0, 0, 5, 220, 1, 85, 80, 60]) + bytes(40)


@pytest.mark.parametrize(
    ("datagram", "payload"),
    [
        (rtp(JPEG, 26), Payload.JPEG),
        (rtp(JPEG, 96), Payload.JPEG),
        (rtp(b"\x7c\x85" + bytes(30), 96), Payload.H264),
        (rtp(b"\x67\x42\xc0\x1e" + bytes(10), 97), Payload.H264),
        (rtp(b"\x78\x00\x18\x67" + bytes(10), 96, contributors=2), Payload.H264),
        (rtp(b"\x41\x9a\x20", 96, extension=b"\x10\xff\x00\x00"), Payload.H264),
        (rtp(b"\x62\x01\x93" + bytes(9), 96), Payload.H265),
        (rtp(b"\x40\x01\x0c\x01", 98), Payload.H265),
        (rtp(bytes(160), 0), Payload.AUDIO),
        (rtp(b"\x47" + bytes(187), 33), Payload.MPEG_TS),
        (b"\x47" + bytes(187), Payload.MPEG_TS),
        (b"\xff\xd8\xff\xe0" + bytes(20), Payload.BARE_JPEG),
        (rtp(b"\xff\xff", 96), Payload.OTHER_RTP),
        (rtp(b"", 96), Payload.NOT_RTP),
        (rtp(b"x", 96, extension=b"\x00" * 4)[:14], Payload.OTHER_RTP),
        (b"hello", Payload.NOT_RTP),
        (b"", Payload.NOT_RTP),
    ],
)
def test_a_datagram_tells_what_it_holds(datagram: bytes, payload: Payload) -> None:
    assert sniff([datagram]) is payload


def test_most_datagrams_decide_and_nothing_says_nothing() -> None:
    assert sniff([b"noise", rtp(JPEG, 26), rtp(JPEG, 26)]) is Payload.JPEG
    assert sniff([]) is None


def test_senders_are_counted_and_noise_is_none() -> None:
    first, second = rtp(JPEG, 26), rtp(JPEG, 26).replace(b"\xca\xfe", b"\xbe\xef")
    noise = [random.Random(seed).randbytes(40) for seed in range(30)]
    assert count_senders([]) == 0
    assert count_senders([first] * 10) == 1
    assert count_senders([first, second] * 5) == 2
    assert count_senders([first] * 10 + noise) == 1


def test_any_bytes_are_taken() -> None:
    source = random.Random(0)
    for _ in range(2000):
        assert sniff([source.randbytes(source.randrange(64))]) in Payload
