"""Network streams by URI: what `udp-jpeg://:3000`, `tcp-mjpeg://robot:3000`, `rtsp://…` and `nao://robot` ask for."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from emotion_perception.core.errors import SourceError

#: The port that the sender on a NAO uses for each of its cameras (docs/nao.md has its commands).
NAO_PORTS = {"front": 3000, "bottom": 3001}
_RTSP_PORT = 554
_LARGEST_LATENCY_MS = 5000
_HOST = re.compile(r"[\w.:%-]*")


class StreamProtocol(enum.StrEnum):
    """How pictures travel; the values are URI schemes."""

    UDP_JPEG = "udp-jpeg"
    UDP_H264 = "udp-h264"
    TCP_MJPEG = "tcp-mjpeg"
    RTSP = "rtsp"

    @property
    def listens(self) -> bool:
        """Whether we wait for datagrams of a sender, rather than connect to a server."""
        return self in (StreamProtocol.UDP_JPEG, StreamProtocol.UDP_H264)


@dataclass(frozen=True)
class Stream:
    """One stream of pictures.

    uri: as the user gave it, without a password; for people, not for connecting.
    protocol: how the pictures travel.
    host: the server, or for UDP the local address or multicast group to listen at, "" for every local address.
    port: of the server, or for UDP the local one.
    location: what an RTSP client connects to, with user and password; "" for the others.
    latency_ms: how long UDP packets that overtook others wait for those (at most; packets in order do not wait).
    robot, camera: for nao:// the robot's host, and "front" or "bottom"; "" for the others.
    """

    uri: str
    protocol: StreamProtocol
    host: str
    port: int
    location: str = ""
    latency_ms: int = 50
    robot: str = ""
    camera: str = ""

    @property
    def transport(self) -> str:
        """`udp`, or `tcp` (which RTSP uses too: pictures come inside its connection)."""
        return "udp" if self.protocol.listens else "tcp"


def parse_stream(uri: str) -> Stream:
    """Return what ``uri`` asks for: one of STREAM_SCHEMES. Raises SourceError with the form that is understood."""
    shown = re.sub(r"(?<=//)[^/?#]*@", "", uri)
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        hidden = without_password(uri)
        reason = "a / ? or # in a password is written %2F %3F %23" if hidden != shown else str(error)
        raise SourceError(f'source "{hidden}" is not understood ({reason}): use {_FORMS}') from error
    form = STREAM_SCHEMES.get(parts.scheme)
    if form is None or not parts.netloc or not _HOST.fullmatch(parts.hostname or ""):
        raise SourceError(f'source "{without_password(uri)}" is not understood: use {form or _FORMS}')
    if parts.scheme == "nao":
        return _nao(shown, parts, port)
    if parts.scheme == StreamProtocol.RTSP:
        return _rtsp(shown, parts, port)
    return _plain(shown, parts, port)


def without_password(uri: str) -> str:
    """Return a URI as it may be shown though it was not understood: without whatever stands before an @."""
    return re.sub(r":/*.*@", "://", uri, flags=re.DOTALL)


def _plain(uri: str, parts: SplitResult, port: int | None) -> Stream:
    protocol = StreamProtocol(parts.scheme)
    values = _options(uri, parts, {"latency"} if protocol.listens else set())
    host = parts.hostname or ""
    if not port or not (host or protocol.listens) or parts.path.strip("/"):
        raise SourceError(f'source "{uri}" names no {"host and " * (not protocol.listens)}port: use {_form(parts)}')
    return Stream(uri, protocol, host, port, latency_ms=_latency(uri, values))


def _rtsp(uri: str, parts: SplitResult, port: int | None) -> Stream:
    if not parts.hostname:
        raise SourceError(f'source "{uri}" names no host: use {_form(parts)}')
    user, at, server = parts.netloc.rpartition("@")
    location = urlunsplit(parts._replace(netloc=user.replace("@", "%40") + at + server))  # GStreamer ends at the first
    return Stream(uri, StreamProtocol.RTSP, parts.hostname, port or _RTSP_PORT, location=location)


def _nao(uri: str, parts: SplitResult, port: int | None) -> Stream:
    values = _options(uri, parts, {"camera", "transport", "latency"})
    camera, transport = values.get("camera", "front"), values.get("transport", "udp")
    if not parts.hostname or parts.path.strip("/"):
        raise SourceError(f'source "{uri}" names no robot: use {_form(parts)}')
    if camera not in NAO_PORTS or transport not in ("udp", "tcp"):
        wrong = f"camera={camera}" if camera not in NAO_PORTS else f"transport={transport}"
        raise SourceError(f'source "{uri}" asks for {wrong}: use {_form(parts)}')
    protocol = StreamProtocol.UDP_JPEG if transport == "udp" else StreamProtocol.TCP_MJPEG
    return Stream(
        uri,
        protocol,
        "" if protocol.listens else parts.hostname,
        port or NAO_PORTS[camera],
        latency_ms=_latency(uri, values),
        robot=parts.hostname,
        camera=camera,
    )


def _options(uri: str, parts: SplitResult, known: set[str]) -> dict[str, str]:
    values = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(values.keys() - known) or ([parts.query] if parts.query and not values else [])
    if unknown:
        raise SourceError(f'source "{uri}" has the unknown option {unknown[0]}: use {_form(parts)}')
    return values


def _latency(uri: str, values: dict[str, str]) -> int:
    text = values.get("latency", "50")
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_LATENCY_MS):
        raise SourceError(f'source "{uri}" has latency={text}: give milliseconds from 0 to {_LARGEST_LATENCY_MS}')
    return int(text)


def _form(parts: SplitResult) -> str:
    return STREAM_SCHEMES[parts.scheme]


#: Every scheme, with the form that is shown when a URI is not understood.
STREAM_SCHEMES = {
    "udp-jpeg": "udp-jpeg://:3000 or udp-jpeg://239.0.0.1:3000?latency=50",
    "udp-h264": "udp-h264://:3000 or udp-h264://239.0.0.1:3000?latency=50",
    "tcp-mjpeg": "tcp-mjpeg://robot:3000",
    "rtsp": "rtsp://user:password@camera:554/path",
    "nao": "nao://robot?camera=front|bottom&transport=udp|tcp",
}
_FORMS = ", ".join(f"{scheme}://" for scheme in STREAM_SCHEMES)
