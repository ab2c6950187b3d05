from __future__ import annotations

import socket

from emotion_perception.cli.doctor.graph.domains import domains_of, find_domains


def test_a_domain_is_known_by_pairs_of_ports() -> None:
    # 7400 + 250 * domain + 10 + 2 * participant, and the next
    assert domains_of([7410, 7411, 7412, 7413, 18160, 18161]) == {0: 2, 43: 1}


def test_other_ports_are_no_domain() -> None:
    assert domains_of([53, 5353, 7400, 7401, 7410, 7413, 7561, 7562, 65530, 65531]) == {}


def test_ports_that_are_open_here_are_seen() -> None:
    first = 7400 + 250 * 230 + 10 + 2 * 19
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", first))
        two.bind(("::1", first + 1))
        assert find_domains()[230] >= 1
    assert find_domains()[230] == 0
