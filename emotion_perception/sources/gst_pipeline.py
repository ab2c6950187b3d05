"""A running GStreamer pipeline: its pictures, its complaints, its losses."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import SourceError
from emotion_perception.sources.base import Frame, Report
from emotion_perception.sources.gst import INSTALL, load_gst
from emotion_perception.sources.gst_age import Ageing
from emotion_perception.sources.keyframes import KeyframeGate
from emotion_perception.sources.pipelines import DECODERS, SINK
from emotion_perception.sources.rtp import SNIFFED_BYTES
from emotion_perception.sources.silence import remedy

_SNIFFED = 32


class RunningPipeline:
    """Parses a pipeline's text and plays it until `close`; one thread calls everything.

    Elements that are known by their names: `sink` an appsink (required), `net` what receives, `jitter` an RTP jitter
    buffer, `depay` an RTP depayloader, `rtsp` a client whose pads come later.

    name: what to call the source in errors. location: of `rtsp`.
    """

    def __init__(self, text: str, *, name: str, report: Report, location: str = "") -> None:
        self._gst = load_gst()
        self._name = name
        self._report = report
        self._unknown = ""
        self._gate = KeyframeGate()
        self._corrupt = 0
        self._packets: deque[tuple[int, int]] = deque([(0, 0)], maxlen=8)
        self._over = False
        self._late_told = 0
        self._sniffing = threading.Lock()
        self._sniffer: Callable[[], None] | None = None  # removes it
        self._unhook: list[Callable[[], None]] = []
        #: The first bytes of some datagrams since `sniff_anew`.
        self.datagrams: deque[bytes] = deque(maxlen=_SNIFFED)
        try:
            pipeline = self._gst.parse_launch(text)
        except Exception as error:  # GLib.Error, whose class needs gi at import
            reason = _message(error)
            remedy = f"run {INSTALL}" if "no element" in reason else f"try it with gst-launch-1.0: {text}"
            raise SourceError(f"{name}: GStreamer refuses the pipeline ({reason}): {remedy}") from error
        if not isinstance(pipeline, self._gst.Pipeline):  # a text of one element
            element, pipeline = pipeline, self._gst.Pipeline()
            pipeline.add(element)
        self._pipeline = pipeline
        self._ageing = Ageing(pipeline)
        if location:
            client = pipeline.get_by_name("rtsp")
            client.set_property("location", location)
            handler = client.connect("pad-added", self._continue_rtsp)
            self._unhook.append(lambda: client.disconnect(handler))
        self._sink = pipeline.get_by_name("sink")
        self._guard(pipeline)
        self.sniff_anew()
        self._bus = pipeline.get_bus()
        if pipeline.set_state(self._gst.State.PLAYING) == self._gst.StateChangeReturn.FAILURE:
            try:
                self._take_messages()
                raise SourceError(f"{name}: GStreamer cannot start the pipeline: {text}")
            finally:
                self.close()

    @property
    def dropped(self) -> int:
        """How many pictures were held back because they were or may have been damaged."""
        return self._gate.dropped + self._corrupt

    def pull(self, timeout: float) -> Frame | None:
        """Return the newest picture, None when none comes in time. Raises SourceError at an error or the end."""
        self._take_messages()
        if self._sink is None:
            self._sink = self._pipeline.get_by_name("sink")
        if self._sink is None:
            time.sleep(timeout)
            return None
        sample = self._sink.try_pull_sample(round(timeout * 1e9))
        frame = self._frame(sample) if sample is not None else None
        if self._ageing.late > self._late_told:
            self._late_told = self._ageing.late
            self._report(
                f"{self._name}: pictures are left out because they are too old once it is their turn: this machine is "
                "too slow for them, let the sender send smaller or fewer ones"
            )
        return frame

    def loss(self) -> float | None:
        """Return the part of the packets that was lost in the last seconds (call it once a second), None if unknown."""
        jitter = self._pipeline.get_by_name("jitter")
        if jitter is None:
            return None
        statistics = jitter.get_property("stats")
        pushed, lost = statistics.get_value("num-pushed"), statistics.get_value("num-lost")
        self._packets.append((pushed, lost))
        pushed_before, lost_before = self._packets[0]
        new_lost = lost - lost_before
        total = pushed - pushed_before + new_lost
        return new_lost / total if total > 0 else 0.0

    def sniff_anew(self) -> None:
        """Collect the first bytes of the next datagrams; each costs a call into Python, so it is some of them only."""
        net = self._pipeline.get_by_name("net")
        with self._sniffing:
            self.datagrams.clear()
            if net is not None and self._sniffer is None and not self._over:
                self._sniffer = self._probe(net, self._sniff)

    def close(self) -> None:
        """Stop, and let go of ports and connections."""
        self._pipeline.set_state(self._gst.State.NULL)
        self._pipeline.get_state(1_000_000_000)
        with self._sniffing:
            self._over = True
            if self._sniffer is not None:
                self._unhook.append(self._sniffer)
        while self._unhook:  # or pipeline and callbacks would hold each other for good
            self._unhook.pop()()

    def _sniff(self, pad: Any, info: Any) -> Any:
        with self._sniffing:
            self.datagrams.append(bytes(info.get_buffer().extract_dup(0, SNIFFED_BYTES)))
            if len(self.datagrams) < _SNIFFED:
                return self._gst.PadProbeReturn.OK
            self._sniffer = None
            return self._gst.PadProbeReturn.REMOVE

    def _guard(self, within: Any) -> None:
        """Put the key-frame gate behind an H.264 depayloader (a damaged JPEG is dropped by JPEG's own)."""
        depayloader = within.get_by_name("depay")
        if depayloader is not None and "h264" in depayloader.get_factory().get_name():
            self._unhook.append(self._probe(depayloader, self._admit))

    def _probe(self, element: Any, callback: Callable[[Any, Any], Any]) -> Callable[[], None]:
        """Show what leaves an element to ``callback``; return what ends that."""
        pad = element.get_static_pad("src")
        probe = pad.add_probe(self._gst.PadProbeType.BUFFER, callback)
        return lambda: pad.remove_probe(probe)

    def _admit(self, pad: Any, info: Any) -> Any:
        buffer, flags = info.get_buffer(), self._gst.BufferFlags
        key = not buffer.has_flags(flags.DELTA_UNIT)
        admitted = self._gate.admit(discont=buffer.has_flags(flags.DISCONT), key=key, late=self._waited(pad, buffer))
        return self._gst.PadProbeReturn.OK if admitted else self._gst.PadProbeReturn.DROP

    def _waited(self, pad: Any, buffer: Any) -> bool:
        event = pad.get_sticky_event(self._gst.EventType.SEGMENT, 0)
        return event is not None and self._ageing.too_old(self._ageing.age(event.parse_segment(), buffer))

    def _continue_rtsp(self, client: Any, pad: Any) -> None:
        """Decode what a new pad of the RTSP client brings; called in one of GStreamer's threads."""
        structure = pad.get_current_caps().get_structure(0)
        if structure.get_string("media") != "video" or self._pipeline.get_by_name("decoder") is not None:
            return
        encoding = structure.get_string("encoding-name")
        if encoding not in DECODERS:
            self._unknown = encoding
            return
        decoder = self._gst.parse_bin_from_description(f"{DECODERS[encoding]} ! {SINK}", True)
        decoder.set_property("name", "decoder")
        self._guard(decoder)
        self._pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def _take_messages(self) -> None:
        kinds = self._gst.MessageType
        while (message := self._bus.pop_filtered(kinds.ERROR | kinds.WARNING | kinds.EOS)) is not None:
            if message.type == kinds.EOS:
                raise SourceError(f"{self._name}: the sender has ended the stream")
            error, details = message.parse_error() if message.type == kinds.ERROR else message.parse_warning()
            reason = _explained(error, details)
            told = f"{self._name}: {reason}"
            if message.type == kinds.ERROR:
                known = remedy(reason)
                raise SourceError(f"{told}: {known}" if known else told)
            self._report(told)
        if self._unknown:
            raise SourceError(
                f"{self._name}: the server sends {self._unknown}, which is not understood: let it send "
                f"{' or '.join(DECODERS)}"
            )

    def _frame(self, sample: Any) -> Frame | None:
        buffer = sample.get_buffer()
        if buffer.has_flags(self._gst.BufferFlags.CORRUPTED):
            self._corrupt += 1
            return None
        self._ageing.settle(self._sink)
        age = self._ageing.age(sample.get_segment(), buffer)
        if self._ageing.too_old(age):
            return None
        captured = time.monotonic_ns() - age
        return Frame(self._image(sample, buffer), captured=captured)

    def _image(self, sample: Any, buffer: Any) -> NDArray[np.uint8]:
        structure = sample.get_caps().get_structure(0)
        width, height = structure.get_value("width"), structure.get_value("height")
        if structure.get_name() != "video/x-raw" or structure.get_value("format") != "BGR":
            raise SourceError(
                f"{self._name}: the appsink named sink gets {structure.to_string()}: put "
                '"videoconvert ! video/x-raw,format=BGR" before it'
            )
        content = buffer.map(self._gst.MapFlags.READ)
        try:
            rows = np.frombuffer(content.data, np.uint8).reshape(height, -1)  # padded to a multiple of four bytes
            return rows[:, : 3 * width].reshape(height, width, 3).copy()
        finally:
            buffer.unmap(content)


def _message(error: Any) -> str:
    return str(getattr(error, "message", error)).rstrip(".")


def _explained(error: Any, details: str | None) -> str:
    """Return GStreamer's message with the last line of its details, which holds the cause."""
    cause = (details or "").strip().rpartition("\n")[2].split("): ")[-1].rstrip(".")
    text = _message(error)
    return f"{text} ({cause})" if cause and cause not in text and not cause.startswith("../") else text
