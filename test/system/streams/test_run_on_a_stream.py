"""`emotion-perception run` on a stream says what reads it, and classifies what comes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from streaming import free_port


def test_run_says_what_reads_the_stream_and_shows_its_pictures(
    sender: Callable[..., Any], robot: Callable[..., Any]
) -> None:
    port = free_port("udp")
    run = robot("--source", f"udp-jpeg://:{port}")
    assert "(GStreamer 1." in run.wait_line("stdout", f"camera: udp-jpeg://:{port}")
    run.wait_line("stderr", f"nothing arrives at UDP port {port}")
    sender("udp-jpeg", port)
    run.wait_line("stdout", "nobody")
    run.interrupt(signal.SIGINT)
    assert run.process.returncode == 0
    assert "Traceback" not in run.stderr
