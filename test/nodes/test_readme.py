"""The README's tables say what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from emotion_perception.nodes import NODES, node_class
from emotion_perception.ros.parameters import allowed
from emotion_perception.sources.uri import SCHEMES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def parameter_rows(node: str) -> list[str]:
    rows = []
    for each in fields(node_class(node).PARAMETERS):
        if each.name != "autostart":
            default = str(each.default).lower() if isinstance(each.default, bool) else str(each.default)
            shown = f"`{default}`" if default else "empty"
            takes = allowed(each.metadata) or {bool: "true, false", str: "text"}.get(type(each.default), "")
            rows.append(
                f"| `{each.name}` | {shown} | {takes} | {each.metadata['description']} | {each.metadata['applies']} |"
            )
    return rows


@pytest.mark.parametrize("node", NODES)
def test_parameter_table_is_the_code(node: str) -> None:
    table = section("Parameters").split(f"\n### `{node}`\n", 1)[1].split("\n### ", 1)[0]

    rows = re.findall(r"^\| `.*$", table, re.MULTILINE)

    assert rows == parameter_rows(node)


def test_topics_table_names_every_node() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("Topics"), re.MULTILINE) == list(NODES)


def test_sources_table_names_every_scheme() -> None:
    assert {scheme for scheme in SCHEMES if f"| `{scheme}:" in section("Sources")} == set(SCHEMES)
