"""`emotion-perception doctor --graph`: what is wrong with a robot that runs, seen from outside."""

from __future__ import annotations

from typing import Any

from emotion_perception.cli.doctor import commands, report
from emotion_perception.cli.doctor.finding import Finding, Level, fault
from emotion_perception.cli.doctor.graph.snapshot import Snapshot, short
from emotion_perception.cli.table import print_table

_LEVELS = ("OK", "WARN", "ERROR", "STALE")


def look(seconds: float, *, json: bool) -> int:
    """Look at the graph and print it with the verdict. Returns 0, or 1 if something is wrong."""
    snapshot, findings = _examine(seconds)
    if json:
        print(report.as_json([("graph", each) for each in findings], {"graph": _document(snapshot)}))
    else:
        if snapshot:
            _show(snapshot)
        for finding in findings:
            report.show("graph", finding)
    return int(any(finding.level is Level.FAULT for finding in findings))


def _examine(seconds: float) -> tuple[Snapshot | None, list[Finding]]:
    try:
        from emotion_perception.cli.doctor.graph.observer import observe
        from emotion_perception.cli.doctor.graph.verdict import judge

        snapshot = observe(seconds)
    except Exception as error:  # ROS raises what it likes when it cannot start
        sentence = f"ROS cannot start here ({type(error).__name__}: {' '.join(str(error).split())})"
        return None, [fault(sentence, "look at this computer first", command=commands.own("doctor"))]
    return snapshot, judge(snapshot)


def _show(snapshot: Snapshot) -> None:
    print(f"domain {snapshot.domain}, range {snapshot.reach}: {len(snapshot.nodes)} nodes\n")
    if snapshot.nodes:
        nodes = [("NODE", "STATE", "DIAGNOSTICS")]
        for node in snapshot.nodes:
            said = f"{_LEVELS[node.report.level]} {node.report.message}" if node.report else "-"
            nodes.append((node.name, node.state or "-", "OK" if said == "OK OK" else said))
        print_table(nodes)
        print()
    if snapshot.topics:
        topics: list[tuple[str, ...]] = [("TOPIC", "HZ", "FROM", "TO")]
        for topic in snapshot.topics:
            ends = [
                ", ".join(sorted({short(end.node) for end in side})) or "-"
                for side in (topic.publishers, topic.subscribers)
            ]
            topics.append((topic.name, "-" if topic.rate is None else f"{topic.rate:.1f}", *ends))
        print_table(topics)
        print()


def _document(snapshot: Snapshot | None) -> dict[str, Any] | None:
    """Return the snapshot as JSON knows it."""
    if snapshot is None:
        return None
    nodes = [
        {
            "name": node.name,
            "state": node.state or None,
            "level": _LEVELS[node.report.level] if node.report else None,
            "message": node.report.message if node.report else None,
            "values": dict(node.report.values) if node.report else {},
        }
        for node in snapshot.nodes
    ]
    topics = [
        {
            "name": topic.name,
            "types": list(topic.kinds),
            "rate": topic.rate,
            "publishers": [end.node for end in topic.publishers],
            "subscribers": [end.node for end in topic.subscribers],
        }
        for topic in snapshot.topics
    ]
    return {"domain": snapshot.domain, "range": snapshot.reach, "nodes": nodes, "topics": topics}
