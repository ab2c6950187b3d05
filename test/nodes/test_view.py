"""The live page's server and its node in a real graph, looked at by WebSocket clients."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from array import array
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from emotion_perception.msg import Emotion, EmotionArray, Identity, IdentityArray, Utterance
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from emotion_perception.cli.view.access import HEADERS, Address
from emotion_perception.cli.view.audience import Audience
from emotion_perception.cli.view.server import PageServer
from emotion_perception.cli.view.watcher import Watcher
from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.labels import LABELS
from emotion_perception.core.palette import COLOURS
from emotion_perception.ros.process import Graph

TIMEOUT = 15.0
PICTURES = "/emotion/overlay/compressed"
TOPICS = (PICTURES, "/emotion", "/identities", "/diagnostics", "/speech", "/heard")
Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
def serve(graph: Graph) -> Iterator[Callable[..., PageServer]]:
    """serve(host) -> the server of a page of the graph, at a free port."""
    made: list[PageServer] = []

    def start(host: str = "127.0.0.1") -> PageServer:
        audience = Audience()
        graph.add(Watcher, audience=audience)
        server = PageServer(Address(host, 0), audience)
        server.__enter__()
        made.append(server)
        return server

    yield start
    for each in made:
        each.__exit__(None, None, None)


def visit(server: PageServer, story: Callable[[aiohttp.ClientSession, str], Awaitable[None]]) -> None:
    """Run a coroutine with a session and the server's base URL."""

    async def run() -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of addresses too
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            await asyncio.wait_for(story(session, f"http://127.0.0.1:{server.port}"), 4 * TIMEOUT)

    asyncio.run(run())


async def heard(page: Socket, kind: str) -> Any:
    """Return the next message of a kind, a picture's bytes for "picture"; answers texts and no pictures."""
    while True:
        message = await page.receive(TIMEOUT)
        if message.type == aiohttp.WSMsgType.BINARY and kind == "picture":
            return message.data
        if message.type == aiohttp.WSMsgType.TEXT:
            await page.send_str("read")
            content = json.loads(message.data)
            if content["kind"] == kind:
                return content
        assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not condition():
            await asyncio.sleep(0.005)


def jpeg(number: int, size: int = 0) -> CompressedImage:
    data = array("B", number.to_bytes(4, "big") + bytes(size))
    return CompressedImage(format="jpeg", data=data)


def test_nothing_is_subscribed_to_while_nobody_looks(serve: Callable[..., PageServer], outsider: Any) -> None:
    def subscribed() -> list[int]:
        return [outsider.count_subscribers(topic) for topic in TOPICS]

    async def story(session: aiohttp.ClientSession, url: str) -> None:
        assert (await session.get(url)).status == 200
        async with session.ws_connect(f"{url}/live") as one, session.ws_connect(f"{url}/live") as other:
            await heard(one, "hello")
            assert subscribed() == [0] * 6, "a page in the background"
            await one.send_str("look")
            await until(lambda: subscribed() == [1] * 6)
            await other.send_str("look")
            await heard(other, "health")
            await one.send_str("away")
            await heard(other, "health")
            assert subscribed() == [1] * 6
            await other.close()
            await until(lambda: subscribed() == [0] * 6)
            await one.send_str("look")
            await until(lambda: subscribed() == [1] * 6)
        await until(lambda: subscribed() == [0] * 6)

    server = serve()
    visit(server, story)


def test_a_page_hears_what_the_graph_says(serve: Callable[..., PageServer], outsider: Any) -> None:
    emotion = Emotion(
        face_id="face_1", label="happy", confidence=0.9, probabilities=[0.0, 0.0, float("nan"), 0.9, 0.0, 0.0, 0.1]
    )
    other = Emotion(face_id="face_2", label="sad", confidence=0.5, probabilities=[1 / 7] * 7)
    nothing = float("nan")
    identities = [
        Identity(face_id="face_1", name="Ελένη", age=33.6, female_probability=nothing),
        Identity(face_id="face_2", name="", age=nothing, female_probability=nothing),
    ]
    status = DiagnosticStatus(
        level=DiagnosticStatus.WARN,
        name="camera",
        message="unplugged",
        values=[KeyValue(key="state", value="active"), KeyValue(key="rate (Hz)", value="0")],
    )

    async def story(session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(f"{url}/live") as page:
            hello = await heard(page, "hello")
            assert {label: tuple(hello["colours"][label]) for label in COLOURS} == COLOURS
            await page.send_str("look")
            assert (await heard(page, "health"))["pictures"] is False
            publishers = {
                kind: outsider.create_publisher(kind, topic, 10)
                for kind, topic in (
                    (CompressedImage, "emotion/overlay/compressed"),
                    (EmotionArray, "emotion"),
                    (IdentityArray, "identities"),
                    (DiagnosticArray, "/diagnostics"),
                    (String, "speech"),
                    (Utterance, "heard"),
                )
            }
            await until(lambda: all(each.get_subscription_count() for each in publishers.values()))
            publishers[CompressedImage].publish(jpeg(7))
            assert await heard(page, "picture") == bytes([0, 0, 0, 7])
            publishers[IdentityArray].publish(IdentityArray(identities=identities))
            publishers[String].publish(String(data="Γεια!"))
            assert await heard(page, "line") == {"kind": "line", "who": "robot", "text": "Γεια!"}
            publishers[Utterance].publish(Utterance(text="hello", final=False))
            said = await heard(page, "line")
            assert (said["who"], said["text"], said["final"]) == ("person", "hello", False)
            publishers[EmotionArray].publish(EmotionArray(labels=list(LABELS), emotions=[emotion, other]))
            shown = await heard(page, "faces")
            assert shown["labels"] == list(LABELS)
            first, second = shown["faces"]
            assert first == {
                "id": "face_1",
                "name": "Ελένη",
                "label": "happy",
                "confidence": 0.9,
                "probabilities": [0, 0, 0, 0.9, 0, 0, 0.1],
                "age": 34,
            }
            assert (second["name"], second["age"]) == ("", None)
            publishers[EmotionArray].publish(EmotionArray(labels=list(LABELS)))
            assert (await heard(page, "faces"))["faces"] == [], "nobody is told too"
            publishers[DiagnosticArray].publish(DiagnosticArray(status=[status]))
            while not (health := await heard(page, "health"))["nodes"]:
                pass
            (node,) = health["nodes"]
            assert node.pop("silent") < TIMEOUT
            assert node == {"name": "camera", "level": 1, "message": "unplugged", "state": "active", "rate": "0"}
            assert health["pictures"] and health["emotion"] and health["talks"]

    visit(serve(), story)


def test_a_slow_viewer_slows_nobody_and_gets_the_newest(serve: Callable[..., PageServer], outsider: Any) -> None:
    async def story(session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(f"{url}/live") as slow, session.ws_connect(f"{url}/live") as fast:
            for page in (slow, fast):
                await page.send_str("look")
                await heard(page, "health")
            publisher = outsider.create_publisher(CompressedImage, "emotion/overlay/compressed", 10)
            await until(publisher.get_subscription_count)
            for number in range(100):
                publisher.publish(jpeg(number, 50_000))
                assert (await heard(fast, "picture"))[:4] == number.to_bytes(4, "big")
                await fast.send_str("shown")
            for number in (0, 1):
                assert (await heard(slow, "picture"))[:4] == number.to_bytes(4, "big")
            await slow.send_str("shown")
            assert (await heard(slow, "picture"))[:4] == (99).to_bytes(4, "big")

    visit(serve(), story)


def test_the_page_needs_nothing_but_this_server(serve: Callable[..., PageServer]) -> None:
    async def story(session: aiohttp.ClientSession, url: str) -> None:
        kinds = {
            "/": "text/html",
            "/page.css": "text/css",
            "/page.js": "text/javascript",
            "/timeline.js": "text/javascript",
            "/icon.svg": "image/svg+xml",
        }
        for path, kind in kinds.items():
            answer = await session.get(url + path)
            assert (answer.status, answer.content_type) == (200, kind)
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            text = (await answer.text()).replace("http://www.w3.org/2000/svg", "")
            assert "http:" not in text and "https://" not in text
        missing = await session.get(f"{url}/../access.py")
        assert missing.status == 404
        assert missing.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]

    visit(serve(), story)


def test_names_and_pages_of_others_are_turned_away(serve: Callable[..., PageServer]) -> None:
    async def story(session: aiohttp.ClientSession, url: str) -> None:
        for path in ("/", "/live"):
            answer = await session.get(url + path, headers={"Host": "evil.example"})
            assert answer.status == 421
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/live", origin="http://evil.example")
        assert refused.value.status == 403
        async with session.ws_connect(f"{url}/live", origin=url) as page:
            await heard(page, "hello")

    visit(serve(), story)


def test_whoever_comes_from_elsewhere_needs_the_token(serve: Callable[..., PageServer]) -> None:
    server = serve("0.0.0.0")
    base, _, token = server.url.partition("/?token=")
    assert base.startswith("http://") and base.endswith(f":{server.port}")
    assert len(token) >= 32

    async def story(session: aiohttp.ClientSession, url: str) -> None:
        for path in ("/", "/page.js", "/?token=", "/?token=wrong", f"/page.js?token={token}"):
            answer = await session.get(url + path)
            assert answer.status == 401, path
            assert "printed" in await answer.text()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/live")
        assert refused.value.status == 401
        answer = await session.get(f"{url}/?token={token}")
        assert answer.status == 200
        assert str(answer.url) == f"{url}/", "the token does not stay in the address"
        (cookie,) = session.cookie_jar
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        async with session.ws_connect(f"{url}/live") as page:
            await heard(page, "hello")

    visit(server, story)


def test_a_client_that_talks_nonsense_or_too_much_harms_only_itself(serve: Callable[..., PageServer]) -> None:
    async def story(session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(f"{url}/live") as page, session.ws_connect(f"{url}/live") as other:
            await page.send_str("nonsense")
            await page.send_bytes(b"look")
            await heard(page, "hello")
            await page.send_str("x" * 1000)
            message = await page.receive(TIMEOUT)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            await other.send_str("look")
            await heard(other, "health")

    visit(serve(), story)


def test_a_viewer_out_of_reach_does_not_hold_up_the_end(eventually: Callable[..., None]) -> None:
    audience = Audience()
    with PageServer(Address(port=0), audience) as server:
        mute = socket.create_connection(("127.0.0.1", server.port))
        mute.sendall(
            b"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert mute.recv(12) == b"HTTP/1.1 101"
        mute.sendall(b"\x81\x84\0\0\0\0look")
        eventually(lambda: audience.looking)
        audience.show(bytes(50_000_000))  # more than the buffers on the way hold
        mute.settimeout(TIMEOUT)
        while len(mute.recv(1 << 16)) < 1 << 14:  # until the picture is on its way
            pass
        begin = time.monotonic()
    assert time.monotonic() - begin < 5, "aiohttp would wait until the heartbeat fails"
    mute.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "203.0.113.9", "no.such.host.example"])
def test_an_address_that_cannot_be_had_is_told_in_a_sentence(serve: Callable[..., PageServer], host: str) -> None:
    port = serve().port
    with pytest.raises(PerceptionError, match=f"cannot be served at {host} port {port} .*: choose another port"):
        PageServer(Address(host, port), Audience()).__enter__()
