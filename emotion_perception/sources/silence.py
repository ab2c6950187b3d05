"""Sentences that say why a stream brings no pictures, as far as what arrives instead tells."""

from __future__ import annotations

import re

from emotion_perception.sources.pipelines import LARGEST_SIDE
from emotion_perception.sources.rtp import Payload
from emotion_perception.sources.stream import Stream, StreamProtocol

_WANTED = {StreamProtocol.UDP_JPEG: Payload.JPEG, StreamProtocol.UDP_H264: Payload.H264}
_SCHEMES = {wanted: protocol for protocol, wanted in _WANTED.items()}
_REMEDIES = {
    "not-negotiated": f"see that it sends what is expected here, and JPEGs of at most {LARGEST_SIDE} pixels a side",
    "already in use": "end the program that has the port, or use another port",
    "assign requested address": "leave the host out, or give an address of this machine or a multicast group",
    "404": "check the path behind the host",
    "401": "give user and password, as in rtsp://user:password@host/path",
    "Unauthorized": "give user and password, as in rtsp://user:password@host/path",
}


def explain(stream: Stream | None, arrived: Payload | None) -> str:
    """Return why ``stream`` is silent; None is a user's own pipeline. ``arrived``: what datagrams hold, if any came."""
    if stream is None:
        return "gstreamer: the pipeline brings no pictures: try its text with gst-launch-1.0"
    if not stream.protocol.listens:
        return f"{stream.uri}: no picture comes over the connection: see that the sender's camera works"
    wrong = wrong_sender(stream, arrived)
    if wrong:
        return wrong
    if arrived is None:
        where = f" on the robot {stream.robot} (docs/nao.md has its commands)" if stream.robot else ""
        return (
            f"{stream.uri}: nothing arrives at UDP port {stream.port}: start the sender{where} with this machine's "
            "address and that port, and see that no firewall is in between"
        )
    if stream.protocol is StreamProtocol.UDP_JPEG:
        return (
            f"{stream.uri}: packets arrive at UDP port {stream.port}, but no picture is whole: let the sender use a "
            "lower JPEG quality, smaller pictures, or TCP"
        )
    return (
        f"{stream.uri}: packets arrive at UDP port {stream.port}, but no whole key frame: let the sender send one "
        "a second at least with its parameter sets (x264enc key-int-max=30, rtph264pay config-interval=-1), or use TCP"
    )


def remedy(reason: str) -> str:
    """Return what to do about a failure that the system or GStreamer words like this, "" if nothing is known."""
    return next((known for words, known in _REMEDIES.items() if re.search(rf"\b{words}\b", reason)), "")


def wrong_sender(stream: Stream, arrived: Payload | None) -> str | None:
    """Return what arrives instead of the wanted, None when it is the wanted or nothing."""
    wanted = _WANTED.get(stream.protocol)
    if wanted is None or arrived is None or arrived is wanted:
        return None
    remedy = (
        f"use {_SCHEMES[arrived]}://:{stream.port}, or let it send {wanted}"
        if arrived in _SCHEMES
        else f"let the sender send {wanted}"
    )
    return f"{stream.uri}: {arrived} arrives at UDP port {stream.port} instead of {wanted}: {remedy}"
