"""What goes wrong with a robot's camera; each fault begins, lasts, and is healed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sending import Network, Sender

_LASTS = 6.0  # seconds; longer than any time-out of the camera


@dataclass(frozen=True)
class Fault:
    """begin and heal act on sender and network; lasts: seconds between them; silent: nothing is sent meanwhile."""

    name: str
    begin: Callable[[Sender, Network], None]
    heal: Callable[[Sender, Network], None]
    lasts: float = _LASTS
    silent: bool = False


def _nothing(sender: Sender, network: Network) -> None:
    pass


def _other_size(sender: Sender, network: Network) -> None:
    sender.size = "qvga" if sender.size == "vga" else "vga"
    sender.start()


def _lose(part: float) -> Callable[[Sender, Network], None]:
    def begin(sender: Sender, network: Network) -> None:
        network.loss = part

    return begin


def _pollute(rate: int) -> Callable[[Sender, Network], None]:
    def begin(sender: Sender, network: Network) -> None:
        network.garbage = rate

    return begin


def _start(sender: Sender, network: Network) -> None:
    sender.start()


FAULTS = (
    Fault("sender killed", lambda sender, network: sender.kill(), _start, silent=True),
    Fault("sender paused", lambda sender, network: sender.pause(), lambda sender, network: sender.go_on(), silent=True),
    Fault("sender restarted", _start, _nothing, lasts=0.0),
    Fault("wrong codec", lambda sender, network: sender.start_wrong_codec(), _start),
    Fault("1000 garbage datagrams a second", _pollute(1000), _pollute(0)),
    Fault("other resolution", _other_size, _nothing, lasts=0.0),
    Fault("5 % loss and reordering", _lose(0.05), _lose(0.0)),
)
