"""Sends stamped pictures by a real GStreamer pipeline, as a robot would: sender.py udp-jpeg 3000 --loss 0.05"""

from __future__ import annotations

import argparse
import itertools
import random
import socket
import struct
import threading
import time
from typing import Any, NoReturn

import stamped

from emotion_perception.sources.gst import load_gst

SOURCE = "appsrc name=source is-live=true format=time do-timestamp=true max-buffers=2 leaky-type=downstream"
JPEG = "videoconvert ! video/x-raw,format=I420 ! jpegenc quality={quality}"
H264 = (
    "videoconvert ! video/x-raw,format=I420 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast bitrate=4000 key-int-max={interval}"
)
PIPELINES = {
    "udp-jpeg": f"{JPEG} ! rtpjpegpay ! {{network}} ! udpsink host=127.0.0.1 port={{port}} sync=false async=false",
    "udp-h264": f"{H264} ! rtph264pay config-interval=-1 ! {{network}} ! "
    "udpsink host=127.0.0.1 port={port} sync=false async=false",
    "tcp-mjpeg": f"{JPEG} ! multipartmux ! tcpserversink host=127.0.0.1 port={{port}} sync=false",
    "rtsp-jpeg": f"{JPEG} ! rtpjpegpay name=pay0",
    "rtsp-h264": f"{H264} ! rtph264pay name=pay0 config-interval=-1",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protocol", choices=[*PIPELINES, "noise"])
    parser.add_argument("port", type=int)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--quality", type=int, default=85)
    parser.add_argument("--interval", type=int, default=15, help="frames from one key frame to the next")
    parser.add_argument("--noise", type=float, default=0)
    parser.add_argument("--loss", type=float, default=0, help="0..1 of the packets")
    parser.add_argument("--reorder", type=float, default=0, help="0..1 of the packets, by up to 20 ms")
    args = parser.parse_args()
    if args.protocol == "noise":
        make_noise(args.port)
    width, height = map(int, args.size.split("x"))
    network = (
        f"netsim drop-probability={args.loss} delay-probability={args.reorder} min-delay=1 max-delay=20"
        if args.loss or args.reorder
        else "identity"
    )
    text = PIPELINES[args.protocol].format(network=network, **vars(args))
    text = f"{SOURCE} caps=video/x-raw,format=BGR,width={width},height={height},framerate={args.rate:.0f}/1 ! {text}"
    push = Pusher(args, width, height)
    if args.protocol.startswith("rtsp"):
        serve(text, args.port, push)
        return
    gst = load_gst()
    pipeline = gst.parse_launch(text)
    pipeline.set_state(gst.State.PLAYING)
    push(pipeline.get_by_name("source"))
    print("ready", flush=True)
    message = pipeline.get_bus().timed_pop_filtered(gst.CLOCK_TIME_NONE, gst.MessageType.ERROR)
    raise SystemExit(message.parse_error()[0].message)


def make_noise(port: int) -> NoReturn:
    """Send 2000 datagrams a second: random bytes, and every other one in an RTP header of a sender of its own."""
    outlet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print("ready", flush=True)
    for number in itertools.count():
        payload = random.randbytes(random.randrange(1400))
        header = struct.pack(
            "!BBHII", 0x80, random.choice((26, 96, 0xE0)), *(random.getrandbits(b) for b in (16, 32, 32))
        )
        outlet.sendto(header + payload if number % 2 else payload, ("127.0.0.1", port))
        if number % 20 == 0:
            time.sleep(0.01)
    raise AssertionError


class Pusher:
    """Draws a picture `rate` times a second, for each pipeline that it is called with."""

    def __init__(self, args: argparse.Namespace, width: int, height: int) -> None:
        self._args, self._size = args, (width, height)

    def __call__(self, source: Any) -> None:
        threading.Thread(target=self._run, args=(source,), daemon=True).start()

    def _run(self, source: Any) -> None:
        gst = load_gst()
        due = time.monotonic()
        taken = False
        while True:
            picture = stamped.draw(*self._size, noise=self._args.noise)
            result = source.emit("push-buffer", gst.Buffer.new_wrapped(picture.tobytes()))
            if taken and result != gst.FlowReturn.OK:
                return
            taken = result == gst.FlowReturn.OK  # a source that does not play yet takes none
            due = max(due + 1 / self._args.rate, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


def serve(text: str, port: int, push: Pusher) -> None:
    load_gst()
    import gi

    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, GstRtspServer

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {text} )")
    factory.set_shared(True)
    factory.connect("media-configure", lambda _, media: push(media.get_element().get_by_name_recurse_up("source")))
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
