"""Draws a scenario as text: Mermaid (shown by GitHub and many editors) and Graphviz."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_perception.core.scenario.model import AGAIN, Rule, Scenario


@dataclass(frozen=True)
class Arrow:
    """A way from one state to another, and what leads there, one label per rule."""

    source: str
    target: str
    labels: tuple[str, ...]


def arrows(scenario: Scenario) -> list[Arrow]:
    """The ways between states by their own rules; what stays in a state is left out."""
    found: dict[tuple[str, str], list[str]] = {}
    for state in scenario.states.values():
        for rule in state.rules:
            if rule.go not in ("", AGAIN, state.name):
                found.setdefault((state.name, rule.go), []).append(label(rule))
    return [Arrow(source, target, tuple(dict.fromkeys(labels))) for (source, target), labels in found.items()]


def arrows_from_anywhere(scenario: Scenario) -> list[Arrow]:
    """The ways that lead from every state to one, by the rules for anywhere. Their source is "anywhere"."""
    found: dict[str, list[str]] = {}
    for rule in scenario.anywhere:
        if rule.go not in ("", AGAIN):
            found.setdefault(rule.go, []).append(label(rule))
    return [Arrow("anywhere", target, tuple(labels)) for target, labels in found.items()]


def label(rule: Rule) -> str:
    """What a rule waits for, as it is written: "heard yes", "silence 8 s if known"."""
    what = f"{rule.seconds:g} s" if rule.event == "silence" else "/".join(rule.values)
    return f"{rule.event} {what}" + (f" if {rule.condition}" if rule.condition else "")


def mermaid(scenario: Scenario) -> str:
    """A Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {scenario.start}"]
    if scenario.anywhere:
        lines.append('    state "in every other state" as anywhere_')
    for arrow in arrows(scenario) + arrows_from_anywhere(scenario):
        source = "anywhere_" if arrow.source == "anywhere" else arrow.source
        # A colon ends a label, a semicolon a statement.
        text = "<br/>".join(arrow.labels).replace(":", " ").replace(";", " ")
        lines.append(f"    {source} --> {arrow.target}: {text}")
    return "\n".join(lines) + "\n"


def graphviz(scenario: Scenario) -> str:
    """A Graphviz graph; `dot -Tsvg` makes a picture of it."""
    lines = [f'digraph "{scenario.name}" {{', "  rankdir=LR;", "  node [shape=box, style=rounded];"]
    lines.append(f"  {_quoted(scenario.start)} [penwidth=2];")
    if scenario.anywhere:
        lines.append('  "in every other state" [style=dashed];')
    for arrow in arrows(scenario) + arrows_from_anywhere(scenario):
        source = "in every other state" if arrow.source == "anywhere" else arrow.source
        labels = _quoted("\n".join(arrow.labels))
        lines.append(f"  {_quoted(source)} -> {_quoted(arrow.target)} [label={labels}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
