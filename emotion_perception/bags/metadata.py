"""metadata.yaml, the file that makes a folder of recordings a bag; fields and their order as rosbag2 of Jazzy writes.

The fields are those of rosbag2_storage's yaml.hpp and of a bag recorded by `ros2 bag record` under Jazzy (version 9).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rosbags.rosbag2.metadata import dump_qos_v9

from emotion_perception.bags.topic import Topic

METADATA = "metadata.yaml"
VERSION = 9
_NEVER = 2**63 - 1  # the start of a bag without messages


@dataclass
class PartInfo:
    """What is in one file of a bag. begin, end: receive times in nanoseconds; counts: messages by topic."""

    path: Path
    begin: int = _NEVER
    end: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, topic: str, stamp: int) -> None:
        """Count a message."""
        self.begin, self.end = min(self.begin, stamp), max(self.end, stamp)
        self.counts[topic] = self.counts.get(topic, 0) + 1

    @property
    def messages(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def described(self) -> dict[str, Any]:
        """Return its entry below "files"."""
        return {
            "path": self.path.name,
            "starting_time": {"nanoseconds_since_epoch": self.begin},
            "duration": {"nanoseconds": max(0, self.end - self.begin)},
            "message_count": self.messages,
        }


def bag_information(storage: str, parts: Sequence[PartInfo], topics: Mapping[str, Topic]) -> dict[str, Any]:
    """Return what is below "rosbag2_bagfile_information". storage: "mcap" or "sqlite3"."""
    begin, end = min((part.begin for part in parts), default=_NEVER), max((part.end for part in parts), default=0)
    return {
        "version": VERSION,
        "storage_identifier": storage,
        "duration": {"nanoseconds": max(0, end - begin)},
        "starting_time": {"nanoseconds_since_epoch": begin},
        "message_count": sum(part.messages for part in parts),
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": topic.name,
                    "type": topic.kind,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": dump_qos_v9(list(topic.qos)),
                    "type_description_hash": topic.described.hash,
                },
                "message_count": sum(part.counts.get(topic.name, 0) for part in parts),
            }
            for topic in topics.values()
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [part.path.name for part in parts],
        "files": [part.described() for part in parts],
        "custom_data": None,
        "ros_distro": os.environ.get("ROS_DISTRO", "jazzy"),
    }


def write_metadata(folder: Path, information: dict[str, Any]) -> None:
    """Write metadata.yaml; it is there as a whole or not at all."""
    new = folder / f"{METADATA}.new"
    new.write_text(dumped({"rosbag2_bagfile_information": information}), encoding="utf-8")
    new.replace(folder / METADATA)


def dumped(value: Any) -> str:
    """Return the yaml text, in the order given and without anchors."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
