from __future__ import annotations

import argparse
import socket

import pytest

from emotion_perception.cli.view.access import HEADERS, Access, Address, address, port_number, same_origin

LOCAL = Access.to(Address())
OPEN = Access.to(Address("0.0.0.0"))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("8088", "127.0.0.1", 8088),
        ("0", "127.0.0.1", 0),
        ("0.0.0.0:9000", "0.0.0.0", 9000),
        ("robot.local:80", "robot.local", 80),
        ("[::1]:9000", "::1", 9000),
    ],
)
def test_an_address_is_a_port_with_or_without_a_host(text: str, host: str, port: int) -> None:
    assert address(text) == Address(host, port)


@pytest.mark.parametrize("text", ["", "web", "65536", "-1", "1.5", "٣"])
def test_a_port_that_is_none_is_not_understood(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        port_number(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_computer_alone_needs_no_token(host: str) -> None:
    assert Access.to(Address(host)).token == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "robot.local", ""])
def test_whatever_others_can_reach_has_a_token_of_its_own(host: str) -> None:
    one, other = Access.to(Address(host)), Access.to(Address(host))
    assert one.token != other.token
    assert len(one.token) >= 32
    assert one.admits(one.token)
    for wrong in ("", one.token[:-1], one.token + "x", other.token, "ünïcödé"):
        assert not one.admits(wrong)
    assert one.token not in repr(one)


@pytest.mark.parametrize(
    "header",
    ["127.0.0.1", "127.0.0.1:8088", "[::1]:8088", "localhost:9", "LOCALHOST", "192.168.1.7:8088", socket.gethostname()],
)
def test_own_names_and_addresses_are_answered(header: str) -> None:
    assert LOCAL.knows_host(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "evil.example",
        "evil.example:8088",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "a@localhost.evil",
        "[",
    ],
)
def test_a_name_that_somebody_else_pointed_here_is_not(header: str) -> None:
    assert not LOCAL.knows_host(header)
    assert not OPEN.knows_host(header)


def test_the_name_it_is_served_at_is_answered() -> None:
    assert Access.to(Address("Robot.lab.example")).knows_host("robot.lab.example:8088")


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        (None, True),
        ("http://localhost:8088", True),
        ("https://localhost:8088", True),
        ("http://localhost:80", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_our_own_page_may_open_the_socket(origin: str | None, same: bool) -> None:
    assert same_origin(origin, "localhost:8088") == same


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
