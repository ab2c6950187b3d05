"""Renders the README's pictures from the demo clip: `make docs-pictures`.

overlay.jpg and timeline.png from a lossless run, page.jpg from the live page on another, in real time.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
from browser import INSTALL, Browser, find_browser

from emotion_perception.core import weights
from emotion_perception.core.paths import share_dir

DOCS = share_dir() / "docs"
RUN = (sys.executable, "-m", "emotion_perception.cli.main", "run", "--source")
LABEL = "happy"
QUALITY = 85  # of JPEGs
_EXPRESSION = "document.querySelector('.card .expression')?.textContent"


def main() -> int:
    """Write the three pictures. Returns 1 where there is no browser."""
    if find_browser() is None:
        print(f"the page's picture is taken by a real browser, and there is none: {INSTALL}", file=sys.stderr)
        return 1
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ["ROS_DOMAIN_ID"] = str(100 + os.getpid() % 101)
    clip = f"file:{weights.locate('demo_clip')}"
    with tempfile.TemporaryDirectory(prefix="emotion_perception_") as folder:
        recorded = Path(folder)
        subprocess.run([*RUN, clip, "--lossless", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(recorded / "timeline.png", DOCS / "timeline.png")
        take_overlay(recorded)
    with robot(clip) as url, Browser() as browser:
        take_page(browser, url)
    for name in ("overlay.jpg", "timeline.png", "page.jpg"):
        print(f"{DOCS / name}: {(DOCS / name).stat().st_size / 1000:.0f} kB")
    return 0


def take_overlay(recorded: Path) -> None:
    """Take the frame in which LABEL is most probable, or next to it, as a slow encoder leaves frames out."""
    with (recorded / "emotion.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    best = max(rows, key=lambda row: float(row[LABEL]))["stamp"]
    wanted = 1000 * (float(best) - min(float(row["stamp"]) for row in rows))
    video = cv2.VideoCapture(str(recorded / "overlay.mp4"))
    while video.grab() and video.get(cv2.CAP_PROP_POS_MSEC) < wanted:
        pass
    _, picture = video.retrieve()
    assert picture is not None, "overlay.mp4 has no frames"
    cv2.imwrite(str(DOCS / "overlay.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def take_page(browser: Browser, url: str) -> None:
    """Take the page at the end of the clip, whose expressions the timeline shows then."""
    browser.resize(1280, 800)
    browser.open(url)
    browser.wait(f"{_EXPRESSION} === 'sad'")
    browser.wait(f"{_EXPRESSION} === 'happy'")
    browser.evaluate("new Promise((kept) => setTimeout(kept, 6000))")  # for the timeline to show it
    browser.screenshot(DOCS / "page.jpg", quality=QUALITY)


@contextmanager
def robot(clip: str) -> Iterator[str]:
    """Play the clip for ever; yields the address of its page."""
    command = [*RUN, clip, "--param", "camera.loop:=true", "--view", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        for line in process.stdout:
            if found := re.match(r"live page: (\S+)", line):
                yield found[1]
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


if __name__ == "__main__":
    sys.exit(main())
