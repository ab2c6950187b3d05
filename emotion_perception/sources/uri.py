"""Source URIs: what `--source` and the camera's `source` parameter mean."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Report, Source, SourceOptions, log_report
from emotion_perception.sources.images import PICTURE_SUFFIXES, ImagesSource
from emotion_perception.sources.network import open_pipeline, open_stream
from emotion_perception.sources.stream import STREAM_SCHEMES, parse_stream, without_password
from emotion_perception.sources.synthetic import SyntheticSource
from emotion_perception.sources.usb import UsbSource

#: Makes a source of what stands after the scheme's colon.
Factory = Callable[[str, SourceOptions, Report], Source]

_DEFAULTS = SourceOptions()


def open_source(uri: str, options: SourceOptions = _DEFAULTS, *, report: Report = log_report) -> Source:
    """Return the source that ``uri`` names, ready for its `open`; nothing is touched before that.

    A URI is scheme:rest with a scheme of SCHEMES. A bare path is understood: /dev/video0 or a number is a camera, a
    folder, a picture or a pattern of pictures is `images:`, anything else is `file:`.
    Raises SourceError for an unknown scheme or a malformed rest.
    """
    scheme, rest = _split(uri.strip())
    return SCHEMES[scheme](rest, options, report)


def _split(uri: str) -> tuple[str, str]:
    scheme, colon, rest = uri.partition(":")
    if colon and scheme in SCHEMES:
        return scheme, rest
    if not uri:
        raise SourceError(f"source is empty: give {_known()}, or the path of a video or picture")
    path = Path(uri).expanduser()
    there, folder = _look(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", uri) and not there:
        raise SourceError(f'source "{without_password(uri)}" has the unknown scheme "{scheme}:": use {_known()}')
    if re.fullmatch(r"\d+|/dev/(video\d+|v4l/.+)", uri):
        return "usb", uri
    if folder or path.suffix.lower() in PICTURE_SUFFIXES or (glob.has_magic(uri) and not there):
        return "images", uri
    return "file", uri


def _look(path: Path) -> tuple[bool, bool]:
    """Return whether something is at the path, and whether it is a folder."""
    try:
        return path.exists(), path.is_dir()
    except OSError:  # a name too long, or a folder on the way that may not be entered
        return False, False


def _known() -> str:
    return ", ".join(f"{scheme}:" for scheme in SCHEMES)


def _file(rest: str, options: SourceOptions, report: Report) -> Source:
    from emotion_perception.sources.file import FileSource  # FFmpeg takes a while to load, and robots may lack it

    path = _local_path(rest)
    if not rest:
        raise SourceError("source file: names no file: give file:path/to/video.mp4")
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return _images(str(path), options, report)
    return FileSource(path, loop=options.loop, report=report)


def _images(rest: str, options: SourceOptions, report: Report) -> Source:
    if not rest:
        raise SourceError("source images: names no folder: give images:folder, images:picture.jpg or images:'*.png'")
    path = str(_local_path(rest))
    return ImagesSource(path, framerate=options.framerate, loop=options.loop, report=report)


def _usb(rest: str, options: SourceOptions, report: Report) -> Source:
    device = rest or options.video_device
    return UsbSource(f"/dev/video{device}" if device.isdecimal() else device, options, report=report)


def _synthetic(rest: str, options: SourceOptions, report: Report) -> Source:
    """Read ?width=640&height=480&rate=30&count=90&face=picture.jpg, each of which may be left out."""
    values = dict(parse_qsl(rest.removeprefix("?"), keep_blank_values=True))
    unknown = sorted(values.keys() - {"width", "height", "rate", "count", "face"})
    if unknown or (rest and not values):
        raise SourceError(
            f'source "synthetic:{rest}" is not understood: '
            "use synthetic:?width=640&height=480&rate=30&count=90&face=picture.jpg"
        )
    try:
        drawn = SourceOptions(
            image_width=int(values.get("width", options.image_width)),
            image_height=int(values.get("height", options.image_height)),
            framerate=float(values.get("rate", options.framerate)),
        )
        count = int(values["count"]) if "count" in values else None
    except ValueError as error:
        raise SourceError(f'source "synthetic:{rest}" has a value that is not a number ({error})') from error
    if count is not None and count < 1:
        raise SourceError(f"source synthetic: count is {count}: give the number of frames, or leave it out for no end")
    return SyntheticSource(
        width=drawn.image_width,
        height=drawn.image_height,
        rate=drawn.framerate,
        count=count,
        face=_local_path(values["face"]) if "face" in values else None,
    )


def _local_path(rest: str) -> Path:
    """Return the path of file:path as it stands, and of a URL (file:///with%20escapes) unescaped."""
    return Path(unquote(rest.removeprefix("//")) if rest.startswith("///") else rest).expanduser()


def _stream(scheme: str) -> Factory:
    def make(rest: str, options: SourceOptions, report: Report) -> Source:
        return open_stream(parse_stream(f"{scheme}:{rest}"), report)

    return make


def _gstreamer(rest: str, options: SourceOptions, report: Report) -> Source:
    """Read a pipeline from gscam_config, or from behind the colon."""
    return open_pipeline(rest or options.gscam_config, report)


#: Every scheme.
SCHEMES: dict[str, Factory] = {
    "usb": _usb,
    "file": _file,
    "images": _images,
    "synthetic": _synthetic,
    "gstreamer": _gstreamer,
    **{scheme: _stream(scheme) for scheme in STREAM_SCHEMES},
}
