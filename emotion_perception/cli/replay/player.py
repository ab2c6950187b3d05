"""The node that publishes the messages of a bag, byte for byte as they were recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from emotion_perception.bags.pace import Pace
from emotion_perception.bags.reading import BagReader, Message
from emotion_perception.bags.selection import Choice
from emotion_perception.bags.topic import remapped
from emotion_perception.cli.bag_qos import message_class, playing
from emotion_perception.cli.replay.pictures import converted, picture_of, stamp_of
from emotion_perception.core.errors import ImageError
from emotion_perception.ros.flow import FlowControl

_DISCOVERY = 5.0  # seconds that subscribers have to be found before the first message; it takes three at times
_MUTUAL = 1.0  # seconds more, as they have yet to find us in return, which nothing tells
_DELIVERY = 2.0  # seconds that the last messages may take


class Player(Node):
    """Publishes what is chosen of a bag.

    rules: absolute names -> absolute names. clock: publish the bag's time on /clock. shown: called with the stamp
    (nanoseconds) of each picture that `play` publishes, right before.
    published, skipped: messages so far; a picture that cannot be converted is skipped.
    """

    def __init__(
        self,
        *,
        bag: BagReader,
        choices: Sequence[Choice],
        rules: Mapping[str, str],
        clock: bool,
        shown: Callable[[int], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__("player", enable_rosout=False, start_parameter_services=False, **options)
        self._bag = bag
        self._choices = {(each.topic.name, each.topic.kind): each for each in choices}
        self._publishers_by_choice: dict[Choice, Publisher] = {
            each: self.create_publisher(message_class(each.kind), remapped(each.name, rules), playing(each.topic))
            for each in choices
        }
        self._clock_publisher: Publisher | None = None
        if clock:
            qos = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
            self._clock_publisher = self.create_publisher(Clock, "/clock", qos)
        self._shown = shown
        self.published = 0
        self.skipped = 0
        self.trouble = ""

    @property
    def topics(self) -> list[str]:
        """What it publishes."""
        return sorted({each.topic_name for each in self._publishers_by_choice.values()})

    @property
    def watched(self) -> bool:
        """Whether pictures have a subscriber, of those topics that there are."""
        images = [made for each, made in self._publishers_by_choice.items() if each.topic.is_image]
        return any(made.get_subscription_count() > 0 for made in images or self._publishers_by_choice.values())

    def wait_for_audience(self, seconds: float = _DISCOVERY, *, stopped: Callable[[], bool]) -> bool:
        """Wait until somebody subscribed; False if nobody has after so many seconds."""
        end = time.monotonic() + seconds
        while not self.watched and time.monotonic() < end and not stopped():
            time.sleep(0.01)
        if self.watched:
            time.sleep(_MUTUAL)
        return self.watched

    def play(self, pace: Pace, *, start: float = 0.0) -> None:
        """Publish every message when it is due, from ``start`` seconds after the first on, until the end or a stop."""
        for number, message in enumerate(self._messages(start)):
            sent = self._sendable(message)  # ahead of its time, as decoding a picture takes some
            if number == 0:
                pace.restart(start)  # not before: a bag takes its time to open, and its first messages would hurry
            position = 1e-9 * (message.stamp - self._bag.begin)
            if not pace.wait(position, self._tick):
                return
            self._tick(position)
            if sent is not None:
                self._publish(message, sent)

    def play_lossless(self, flow: FlowControl, *, start: float = 0.0) -> None:
        """Publish as fast as ``flow`` admits pictures. Raises ImageError for one that the graph could not take."""
        for message in self._messages(start):
            choice = self._choices[message.topic.name, message.topic.kind]
            self._tick(1e-9 * (message.stamp - self._bag.begin))
            if choice.topic.is_image:
                sent = self._checked(message, choice)
                if not flow.admit(stamp_of(message.data)):
                    return
                self._publishers_by_choice[choice].publish(sent)
                self.published += 1
            else:
                self._publish(message, message.data)
        flow.drain()

    def finish(self) -> None:
        """Wait until what was published has arrived."""
        for publisher in self._publishers_by_choice.values():
            publisher.wait_for_all_acked(Duration(seconds=_DELIVERY))

    def _messages(self, start: float) -> Any:
        names = {name for name, _ in self._choices}
        for message in self._bag.messages(names, begin=self._bag.begin + round(start * 1e9)):
            if (message.topic.name, message.topic.kind) in self._choices:
                yield message

    def _sendable(self, message: Message) -> Any:
        """Return what to publish; None for a picture without a stamp, or that cannot be converted."""
        choice = self._choices[message.topic.name, message.topic.kind]
        try:
            if choice.topic.is_image:
                stamp_of(message.data)
            return converted(message.data, choice.topic.kind, choice.kind) if choice.converted else message.data
        except ImageError as error:
            self.skipped += 1
            self.trouble = str(error)
            return None

    def _publish(self, message: Message, sent: Any) -> None:
        choice = self._choices[message.topic.name, message.topic.kind]
        if self._shown and choice.topic.is_image:
            self._shown(stamp_of(message.data))
        self._publishers_by_choice[choice].publish(sent)
        self.published += 1

    def _checked(self, message: Message, choice: Choice) -> Any:
        """Return what to publish. A picture that the graph would skip is an error here: it would be waited for."""
        if choice.converted:
            return converted(message.data, choice.topic.kind, choice.kind)
        picture_of(message.data, choice.topic.kind)
        return message.data

    def _tick(self, position: float) -> None:
        if self._clock_publisher is not None:
            sec, nanosec = divmod(self._bag.begin + round(position * 1e9), 1_000_000_000)
            self._clock_publisher.publish(Clock(clock=Time(sec=sec, nanosec=nanosec)))
