"""The live page in a real browser, on the real robot: what a person would see, through everything that may happen."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from emotion_perception.msg import Utterance
from rclpy.node import Node
from std_msgs.msg import String

from emotion_perception.ros.process import Graph

TIMEOUT = 60.0
pytestmark = pytest.mark.timeout(300)

LIVE = "document.querySelector('#status').dataset.state === 'live'"
LOST = "document.querySelector('#status').dataset.state === 'lost'"
WAITING = "document.querySelector('#status').dataset.state === 'waiting'"
SHOWN = "Number(document.querySelector('#picture').dataset.shown ?? 0)"
EXPRESSION = "document.querySelector('.card .expression')?.textContent"


@pytest.fixture
def talk(domain: int) -> Iterator[Callable[[type, str, Any], None]]:
    """talk(String, "speech", message) publishes before a listener."""
    with Graph() as graph:
        node = graph.add(Node, node_name="talker")

        def publish(kind: type, topic: str, message: Any) -> None:
            publisher = node.create_publisher(kind, topic, 10)
            end = time.monotonic() + TIMEOUT
            while not publisher.get_subscription_count():
                assert time.monotonic() < end, "the page does not listen"
                time.sleep(0.01)
            publisher.publish(message)

        yield publish


def url_of(run: Any) -> str:
    return str(run.wait_line("stdout", "live page: ")).split()[-1]


def port_of(run: Any) -> str:
    return url_of(run).rstrip("/").rpartition(":")[2]


def more_pictures(browser: Browser, count: int = 5) -> None:
    shown = browser.evaluate(SHOWN)
    browser.wait(f"{SHOWN} >= {shown + count}")


def test_pictures_advance_and_the_label_changes_with_the_face(
    browser: Browser, robot: Callable[..., Any], asset: Callable[[str], Path], tmp_path: Path
) -> None:
    for number in range(80):
        name = "happy_picture" if number < 40 else "surprise_picture"
        (tmp_path / f"{number:02}.jpg").symlink_to(asset(name))
    run = robot(
        "--source", f"images:{tmp_path}", "--param", "camera.loop:=true", "--param", "camera.framerate:=10", "--view=0"
    )
    browser.open(url_of(run))

    browser.wait(LIVE)
    more_pictures(browser)
    browser.wait(f"{EXPRESSION} === 'happy'")
    browser.wait(f"{EXPRESSION} === 'surprise'")
    browser.wait(f"{EXPRESSION} === 'happy'")

    labels = browser.evaluate(
        "[...document.querySelector('.card dl').querySelectorAll('dt')].map((e) => e.textContent)"
    )
    assert labels == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    browser.wait("document.querySelectorAll('.node').length >= 5")
    names = browser.text("#nodes")
    for node in ("camera", "face_detector", "face_identity", "emotion_classifier", "overlay"):
        assert node in names
    drawn = "new Set(document.querySelector('{}').getContext('2d').getImageData(0, 0, 300, 140).data).size > 20"
    browser.wait(drawn.format("#timeline"))
    browser.wait(drawn.format("#picture"))
    assert browser.log == [], "nothing against the page's own policy, no error"


def test_it_comes_back_by_itself_when_the_robot_is_killed_and_started_again(
    browser: Browser, robot: Callable[..., Any], asset: Callable[[str], Path]
) -> None:
    def start(port: str) -> Any:
        clip = ["--source", f"file:{asset('demo_clip')}", "--param", "camera.loop:=true"]
        return robot(*clip, f"--view={port}")

    first = start("0")
    browser.open(url_of(first))
    browser.wait(LIVE)
    browser.evaluate("window.sameDocument = true")

    first.interrupt(signal.SIGKILL)
    browser.wait(LOST)
    assert "out of reach" in browser.text("#notice")

    second = start(port_of(first))
    browser.wait(LIVE)
    more_pictures(browser)
    browser.wait(EXPRESSION)
    assert browser.evaluate("window.sameDocument"), "it was not loaded again"
    assert second.interrupt(signal.SIGINT) < 4
    assert second.process.returncode == 0, second.stderr
    browser.wait(LOST)


def test_a_page_of_its_own_process_outlives_the_robot(
    browser: Browser, robot: Callable[..., Any], asset: Callable[[str], Path]
) -> None:
    page = robot("--port", "0", command="view")
    browser.open(url_of(page))
    browser.wait(WAITING)
    browser.wait("document.querySelector('#notice').textContent.includes('is the robot running')")

    clip = ["--source", f"file:{asset('demo_clip')}", "--param", "camera.loop:=true"]
    first = robot(*clip)
    browser.wait(LIVE)
    browser.wait(EXPRESSION)
    first.interrupt(signal.SIGKILL)
    browser.wait(WAITING)
    browser.wait("document.querySelectorAll('.card').length === 0")
    browser.wait("[...document.querySelectorAll('.node .state')].every((e) => e.textContent === 'silent')")

    robot(*clip)
    browser.wait(LIVE)
    more_pictures(browser)
    assert page.interrupt(signal.SIGINT) < 4
    assert page.process.returncode == 0, page.stderr


def test_the_printed_address_lets_a_browser_in_until_the_next_start(
    browser: Browser, robot: Callable[..., Any]
) -> None:
    first = robot("--host", "0.0.0.0", "--port", "0", command="view")
    address = url_of(first)
    assert "?token=" in address
    port = address.partition("/?")[0].rpartition(":")[2]
    browser.open(f"http://127.0.0.1:{port}/")
    browser.wait("document.body.innerText.includes('token')")

    browser.open(address)
    browser.wait(WAITING)
    assert browser.evaluate("location.search") == "", "the token does not stay in the address"
    first.interrupt(signal.SIGKILL)
    second = robot("--host", "0.0.0.0", "--port", port, command="view")
    browser.wait("document.querySelector('#notice').textContent.includes('new address')")
    browser.open(url_of(second))
    browser.wait(WAITING)


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_fits_a_phone_as_well_as_a_screen(browser: Browser, robot: Callable[..., Any], width: int) -> None:
    browser.resize(width, 800, phone=width < 768)
    browser.open(url_of(robot("--port", "0", command="view")))
    browser.wait("document.querySelectorAll('#legend li').length === 8")
    assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_what_stands_for_itself_only_in_colours_and_pictures_is_said_in_words(
    browser: Browser, robot: Callable[..., Any]
) -> None:
    browser.open(url_of(robot("--port", "0", command="view")))
    browser.wait("document.querySelectorAll('#legend li').length === 8")
    unnamed = browser.evaluate(
        "[...document.querySelectorAll('section, canvas')].filter((e) => !e.getAttribute('aria-label')).length"
    )
    assert unnamed == 0
    assert browser.evaluate("document.documentElement.lang") == "en"
    assert browser.evaluate("document.querySelectorAll('[aria-live], [role=status], [role=log]').length") == 3


@pytest.mark.parametrize("command", ["run", "view"])
def test_a_port_in_use_is_told_in_a_sentence(robot: Callable[..., Any], command: str) -> None:
    port = port_of(robot("--port", "0", command="view"))
    arguments = ["--source", "synthetic:", f"--view={port}"] if command == "run" else ["--port", port]
    second = robot(*arguments, command=command)
    assert second.wait() == 1
    last = second.stderr.strip().splitlines()[-1]
    assert f"port {port}" in last and "choose another port" in last
    assert "Traceback" not in second.stderr


def test_what_is_said_and_heard_is_shown_as_text_and_never_as_markup(
    browser: Browser, robot: Callable[..., Any], talk: Callable[[type, str, Any], None]
) -> None:
    browser.open(url_of(robot("--port", "0", command="view")))
    browser.wait(WAITING)
    assert browser.evaluate("document.querySelector('#talk').hidden")
    talk(String, "speech", String(data="Γεια σου"))
    browser.wait("document.querySelectorAll('#lines li').length === 1")
    talk(Utterance, "heard", Utterance(text="<img src=icon.svg onerror=alert(1)><b>hi</b>", final=True))
    browser.wait("document.querySelectorAll('#lines li').length === 2")
    said, answer = (browser.text(f"#lines li:nth-child({number})") for number in (1, 2))
    assert said.split("\n") == ["Robot", "Γεια σου"]
    assert answer.split("\n") == ["Heard", "<img src=icon.svg onerror=alert(1)><b>hi</b>"]
    assert browser.evaluate("document.querySelectorAll('#lines img').length") == 0
