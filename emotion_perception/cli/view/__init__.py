"""`emotion-perception view`: a page that shows the running graph live, for robots without a screen.

Nothing is subscribed to while nobody looks. Only this computer can open the page, unless --host says otherwise: then it
asks for the token in the address that is printed. The page is not encrypted; in a network that you do not trust leave
--host out and use `ssh -L 8088:localhost:8088 robot`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from emotion_perception.cli.view.access import DEFAULT_PORT, LOOPBACK, Address, port_number

if TYPE_CHECKING:
    from emotion_perception.ros.process import Graph


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `view` to the main parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "view", help="serve a page that shows the running graph live", description=__doc__
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="the address to serve it at, e.g. 0.0.0.0 for every network of this computer; 127.0.0.1 without",
    )
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help=f"{DEFAULT_PORT} without; 0: a free one")
    parser.add_argument("--namespace", default="", help="of the graph to look at")
    parser.add_argument(
        "--ros-args",
        nargs=argparse.REMAINDER,
        default=[],
        help="the rest is for ROS, as with `ros2 run`: -r emotion:=/robot1/emotion",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C. Returns 0; raises PerceptionError when the address cannot be had."""
    from emotion_perception.core.errors import PerceptionError
    from emotion_perception.ros.process import Graph

    arguments = ["--ros-args", "--log-level", "warn"]
    if args.namespace:
        arguments += ["-r", f"__ns:=/{args.namespace.strip('/')}"]
    with Graph([*arguments, *args.ros_args], fail_fast=True) as graph, live_page(graph, Address(args.host, args.port)):
        graph.done.wait()
    if graph.failed:
        raise PerceptionError(graph.failed)
    return 0


@contextmanager
def live_page(graph: Graph, address: Address) -> Iterator[None]:
    """Serve the page of a graph of this process, and print where."""
    from emotion_perception.cli.view.audience import Audience
    from emotion_perception.cli.view.server import PageServer
    from emotion_perception.cli.view.watcher import Watcher

    audience = Audience()
    graph.add(Watcher, audience=audience)  # first: a page that was waiting for the server is there at once
    with PageServer(address, audience) as server:
        print(f"live page: {server.url}", flush=True)
        yield
