"""Who may see the page: an address to serve, a token where it is more than this machine, and checked headers."""

from __future__ import annotations

import argparse
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8088

#: Sent with every answer. The page loads nothing from elsewhere, no other page may frame it or read it, and what it
#: shows is kept by no cache.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Server": "emotion-perception",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Address:
    """Where the page is served; port 0 takes a free one."""

    host: str = LOOPBACK
    port: int = DEFAULT_PORT

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True)
class Access:
    """The rules of one server: names it answers to, and the token it asks for ("" where only this machine gets in)."""

    host: str
    token: str = field(repr=False)

    @classmethod
    def to(cls, address: Address) -> Access:
        """Return the rules of an address, with a new random token if it is open to others."""
        return cls(address.host, "" if address.local else secrets.token_urlsafe(24))

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this machine.

        A page of another site can make a browser send requests here by pointing a name of its own at this address (DNS
        rebinding); such a request bears that name. An address is no name, and any port may be forwarded to ours.
        """
        try:
            name = (urlsplit(f"//{header}").hostname or "").lower()
        except ValueError:
            return False
        own = socket.gethostname().lower()
        if name in {"localhost", own, f"{own.partition('.')[0]}.local", self.host.lower()}:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def admits(self, token: str) -> bool:
        """Whether the token is right, in a time that does not tell how much of it is."""
        return secrets.compare_digest(token.encode(), self.token.encode())


def same_origin(origin: str | None, host: str) -> bool:
    """Whether a request comes from our own page; browsers let any page open a WebSocket and only tell its origin."""
    return origin is None or urlsplit(origin).netloc == host


def port_number(text: str) -> int:
    """Read a port of the command line."""
    if not (text.isascii() and text.isdecimal()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f'"{text}" is not a port: take one from 1024 to 65535, or 0 for a free one')
    return int(text)


def address(text: str) -> Address:
    """Read "[HOST:]PORT" of the command line, an IPv6 host in brackets."""
    host, _, port = text.rpartition(":")
    return Address(host.strip("[]") or LOOPBACK, port_number(port))


def outward_address() -> str:
    """Return the address under which the network knows this computer, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737): only the route is looked up
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
