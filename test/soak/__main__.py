"""Soak: the real graph on a stream that is spoilt at random, for as long as you like. `make soak MINUTES=30`.

A sender (gst-launch) shows a clip as a robot would; its datagrams reach `emotion-perception run` through a network that
loses, swaps and adds some. Every 20 s something goes wrong, for 6 s as a rule. At the end the graph must be publishing,
its memory flat, and no image older than it says. Writes report.md, report.json and the graph's log.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from faults import FAULTS, Fault
from report import Event, Outcome, write
from sending import Network, Sender, free_port, make_pictures
from watching import Resources, Watch

from emotion_perception.core import weights
from emotion_perception.ros.process import Graph

_PERIOD = 20.0  # seconds between two faults
_START_TIMEOUT = 30.0
_RECOVERY_TIMEOUT = 15.0
_IN_FLIGHT = 4.0  # seconds that what was sent may take through a machine that is busy
_END = 5.0  # seconds at the end in which nothing is spoilt and the rate is taken


class Soak:
    """One run."""

    def __init__(self, minutes: float, seed: int, pictures: Path, log: Path) -> None:
        self._log = log
        self._minutes = minutes
        self._seed = seed
        self._random = random.Random(seed)
        port = free_port()
        self._source = f"udp-jpeg://127.0.0.1:{port}"
        self._network = Network(port, seed=seed)
        self._sender = Sender(pictures, self._network.port)
        self._begin = 0.0
        self._events: list[Event] = []

    def run(self) -> Outcome:
        """Soak and return what was measured."""
        command = [sys.executable, "-m", "emotion_perception.cli.main", "run", "--source", self._source]
        with self._log.open("wb") as log:
            robot = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        resources = Resources(robot.pid)
        resources.start()
        with Graph() as graph:
            watch = graph.add(Watch)
            try:
                self._sender.start()
                if watch.wait_image(0.0, _START_TIMEOUT) is None:
                    raise SystemExit(f"soak: no emotion in {_START_TIMEOUT:g} s: what the graph said is in {self._log}")
                self._spoil(watch, robot, graph.done)
                end = time.monotonic()
                rate = watch.count(end - _END, end) / _END
            finally:
                resources.stop()
                robot.send_signal(signal.SIGINT)
                code = _wait(robot)
                self._sender.kill()
                self._network.close()
        return Outcome(
            minutes=self._minutes,
            seed=self._seed,
            emotions=len(watch.emotions),
            with_face=watch.faces,
            not_newer=watch.not_newer,
            oldest=watch.oldest[0],
            oldest_at=watch.oldest[1] - self._begin,
            final_rate=rate,
            memory=[(moment - resources.samples[0][0], size) for moment, size in resources.samples],
            processor=resources.processor,
            log_lines=self._log.read_bytes().count(b"\n"),
            exit_code=code,
            events=self._events,
        )

    def _spoil(self, watch: Watch, robot: subprocess.Popen[bytes], stop: threading.Event) -> None:
        """Let something go wrong every 20 s; each kind once in a random order, then again in another."""
        self._begin = begin = time.monotonic()
        end = begin + 60 * self._minutes - _END
        kinds = itertools.chain.from_iterable(self._random.sample(FAULTS, len(FAULTS)) for _ in itertools.count())
        for number, fault in enumerate(kinds):
            due = begin + _PERIOD * (number + 0.5)
            if due + fault.lasts + _RECOVERY_TIMEOUT / 3 > end or robot.poll() is not None:
                break
            if stop.wait(due - time.monotonic()):
                return
            self._events.append(self._suffer(fault, watch, stop))
            print(f"{self._events[-1].time:6.0f} s  {fault.name}: {self._events[-1].recovery} s", flush=True)
        stop.wait(max(0.0, end + _END - time.monotonic()))

    def _suffer(self, fault: Fault, watch: Watch, stop: threading.Event) -> Event:
        moment = time.monotonic()
        fault.begin(self._sender, self._network)
        stop.wait(fault.lasts)
        healed = time.monotonic()
        fault.heal(self._sender, self._network)
        back = watch.wait_image(healed, _RECOVERY_TIMEOUT)
        return Event(
            time=moment - self._begin,
            fault=fault.name,
            during=watch.count(moment, healed),
            invented=watch.count_taken(moment + _IN_FLIGHT, healed) if fault.silent else 0,
            recovery=None if back is None else round(back - healed, 3),
            said=[sentence for at, sentence in list(watch.complaints) if at > moment],
        )


def _wait(robot: subprocess.Popen[bytes]) -> int:
    try:
        return robot.wait(10)
    except subprocess.TimeoutExpired:
        robot.kill()
        return robot.wait()


def main() -> int:
    """Run from the command line. Returns 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("out/soak"))
    args = parser.parse_args()
    if shutil.which("gst-launch-1.0") is None:
        raise SystemExit(
            "soak: gst-launch-1.0 is missing: sudo apt-get install gstreamer1.0-tools gstreamer1.0-plugins-good "
            "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
        )
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.setdefault("ROS_DOMAIN_ID", str(100 + os.getpid() % 101))
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="emotion_perception_") as scratch:
        make_pictures(weights.locate("demo_clip"), Path(scratch))
        outcome = Soak(args.minutes, args.seed, Path(scratch), args.out / "graph.log").run()
    markdown, _ = write(outcome, args.out)
    print(markdown.read_text(encoding="utf-8"))
    return 1 if outcome.failures() else 0


if __name__ == "__main__":
    sys.exit(main())
