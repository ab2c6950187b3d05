"""One replay: the player, its pace, the terminal and its keys."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence

from emotion_perception.bags.pace import Pace
from emotion_perception.bags.reading import BagReader
from emotion_perception.bags.selection import Choice
from emotion_perception.cli.replay.answers import Answers
from emotion_perception.cli.replay.keys import Keys
from emotion_perception.cli.replay.landing import Landing
from emotion_perception.cli.replay.player import Player
from emotion_perception.core.errors import BagError
from emotion_perception.ros.flow import FlowControl
from emotion_perception.ros.process import Graph

_AUDIENCE = 10.0  # seconds that a lossless replay waits for a subscriber of its pictures


class Session:
    """Plays once, or round and round."""

    def __init__(self, args: argparse.Namespace, bag: BagReader, choices: Sequence[Choice]) -> None:
        self._args = args
        self._bag = bag
        self._choices = choices
        self._pace = Pace(rate=args.rate)

    def run(self) -> int:
        """Play. Returns 0; raises BagError when a lossless replay has nobody to play for."""
        begin = time.monotonic()
        args = self._args
        with Graph(["--ros-args", "--log-level", "warn", *args.ros_args]) as graph:
            # Of the graph alone: what a bag itself says on `emotion` is no answer.
            answers: Answers | None = graph.add(Answers) if self._asks and not args.lossless else None
            player: Player = graph.add(
                Player,
                bag=self._bag,
                choices=self._choices,
                rules=dict(args.remap),
                clock=args.clock,
                shown=answers.expect if answers else None,
            )
            print(f"playing {self._bag.seconds:.1f} s of {', '.join(player.topics)}", flush=True)
            if args.lossless:
                self._play_lossless(graph, player)
            else:
                player.wait_for_audience(stopped=graph.done.is_set)
                self._play(graph, player)
            player.finish()
            outcome = answers.summary() if answers else ""
        if sys.stdout.isatty():
            print()
        print(f"played {player.published} messages in {time.monotonic() - begin:.1f} s")
        if outcome:
            print(outcome)
        if player.skipped:
            print(f"{player.skipped} pictures were skipped, the last: {player.trouble}")
        return 0

    @property
    def _asks(self) -> bool:
        """Whether one camera's pictures are played, and nothing of what perception said of them then."""
        images = [each for each in self._choices if each.topic.is_image]
        return len(images) == 1 and all(each.topic.is_input for each in self._choices)

    def _play(self, graph: Graph, player: Player) -> None:
        watch = threading.Thread(target=self._follow, args=(graph,), name="watch", daemon=True)
        with Keys({" ": self._pace.toggle}) as keys:
            if keys.listening:
                print("space pauses", flush=True)
            watch.start()
            player.play(self._pace, start=self._args.start)
            while self._args.loop and not self._pace.stopped:
                player.play(self._pace)
            self._pace.stop()
            watch.join()

    def _follow(self, graph: Graph) -> None:
        """Show where the bag is, and stop it with the process."""
        while not self._pace.stopped:
            if graph.done.wait(0.1):
                self._pace.stop()
            if sys.stdout.isatty():
                state = "  paused" if self._pace.paused else ""
                print(f"\r{self._pace.position:6.1f} / {self._bag.seconds:.1f} s{state}\033[K", end="", flush=True)

    def _play_lossless(self, graph: Graph, player: Player) -> None:
        landing: Landing = graph.add(Landing, stopped=graph.done.is_set)
        if not player.wait_for_audience(_AUDIENCE, stopped=graph.done.is_set) and not graph.done.is_set():
            raise BagError(
                f"nobody subscribes to {', '.join(player.topics)}: start `emotion-perception run --no-camera "
                "--lossless` first, or change the names with --remap"
            )
        threading.Thread(target=close_with, args=(graph, landing.flow), name="watch", daemon=True).start()
        player.play_lossless(landing.flow, start=self._args.start)
        while self._args.loop and not graph.done.is_set():
            player.play_lossless(landing.flow)


def close_with(graph: Graph, flow: FlowControl) -> None:
    """Let a source that waits for the graph go when the process ends."""
    graph.done.wait()
    flow.close()
