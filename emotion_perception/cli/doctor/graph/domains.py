"""On which domains this computer has DDS processes, by the UDP ports that are open.

The ports are those of the DDS interoperability protocol (DDSI-RTPS 2.5, 9.6.1.1): a participant of domain d opens
7400 + 250 d + 10 + 2 p and the next one, for some p.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_BASE, _PER_DOMAIN, _LAST_DOMAIN = 7400, 250, 232
_UNICAST = range(10, 50, 2)  # offsets of 20 participants; with more, ports that anybody opened would look like some
_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


def find_domains() -> Counter[int]:
    """Return how many participants each domain has on this computer."""
    return domains_of(port for table in _TABLES for port in _open_ports(table))


def domains_of(ports: Iterable[int]) -> Counter[int]:
    """Return how many participants of each domain would open these ports, each of them a pair."""
    there = set(ports)
    found: Counter[int] = Counter()
    for port in there:
        domain, offset = divmod(port - _BASE, _PER_DOMAIN)
        if 0 <= domain <= _LAST_DOMAIN and offset in _UNICAST and port + 1 in there:
            found[domain] += 1
    return found


def _open_ports(table: Path) -> list[int]:
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    return [int(line.split()[1].rpartition(":")[2], 16) for line in lines]
