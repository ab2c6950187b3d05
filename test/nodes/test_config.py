"""config/*.yaml says what the nodes say."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from emotion_perception.cli.parameters import check_file
from emotion_perception.core.paths import share_dir
from emotion_perception.nodes import NODES, node_class

CONFIG = share_dir() / "config"


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CONFIG / name).read_text(encoding="utf-8"))
    return content


def test_robot_yaml_has_every_parameter_of_every_node_with_its_default() -> None:
    declared = {
        f"/**/{name}": {"ros__parameters": {each.name: each.default for each in fields(node_class(name).PARAMETERS)}}
        for name in NODES
    }
    assert read("robot.yaml") == declared


def test_robot_yaml_values_have_the_types_that_ros_takes() -> None:
    # 1 == 1.0 == True in the comparison above, but not for rcl's parameter parser.
    for name in NODES:
        values = read("robot.yaml")[f"/**/{name}"]["ros__parameters"]
        for each in fields(node_class(name).PARAMETERS):
            assert type(values[each.name]) is type(each.default), f"{name}.{each.name}"


def test_robot_yaml_describes_every_parameter_in_the_words_of_the_code() -> None:
    comments = (line.strip() for line in (CONFIG / "robot.yaml").read_text(encoding="utf-8").splitlines())
    text = " ".join(line.lstrip("# ") for line in comments if line.startswith("#"))
    for name in NODES:
        for each in fields(node_class(name).PARAMETERS):
            assert each.metadata["description"] in text, f"{name}.{each.name}"


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_every_file_is_taken_and_works_in_any_namespace(path: Path) -> None:
    check_file(path)
    assert all(section.startswith("/**/") for section in read(path.name))
