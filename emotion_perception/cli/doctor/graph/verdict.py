"""What is wrong with a robot, in one sentence for each cause and not for each of its effects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emotion_perception.cli.doctor import commands
from emotion_perception.cli.doctor.finding import Finding, fault, note, ok
from emotion_perception.cli.doctor.graph.causes import (
    STREAMS,
    Cause,
    find_cause,
    incompatible,
    silent_inputs,
    trouble_of,
)
from emotion_perception.cli.doctor.graph.conversation import missing_ends
from emotion_perception.cli.doctor.graph.snapshot import Snapshot, Topic, short

_OVERRIDABLE = ("durability", "reliability")


def judge(snapshot: Snapshot) -> list[Finding]:
    """Return what is wrong, the worst first; one finding that is ok if nothing is."""
    if not snapshot.nodes:
        return [_no_graph(snapshot)]
    found, blamed = [], set()
    for finding, node in _silences(snapshot):
        found.append(finding)
        blamed.add(node)
    talks = list(missing_ends(snapshot))
    found += [finding for finding, _ in talks]
    found += _mismatches(snapshot)
    found += _complaints(snapshot, blamed, told={node for _, node in talks})
    return sorted(found, key=lambda finding: -finding.level) or [_all_well(snapshot)]


def _no_graph(snapshot: Snapshot) -> Finding:
    where = f"domain {snapshot.domain}, range {snapshot.reach}"
    if snapshot.mute:
        return fault(
            f"a process of this computer is on {where}, but shows no node: it hangs, was suspended, or just starts",
            "look again; if nothing changes, end it and start it again",
        )
    if snapshot.elsewhere:
        others = ", ".join(map(str, snapshot.elsewhere))
        return fault(
            f"there is no node on {where}, but this computer has ROS processes on domain {others}",
            "look there",
            command=f"ROS_DOMAIN_ID={snapshot.elsewhere[0]} {commands.own('doctor', '--graph')}",
        )
    return fault(
        f"there is no node on {where}",
        "start a robot, or use the domain and range of the one that runs",
        command=commands.own("run"),
    )


def _silences(snapshot: Snapshot) -> Iterator[tuple[Finding, str]]:
    """One finding for each cause, with all the nodes that get nothing because of it; and the node at fault."""
    victims: dict[Cause, list[tuple[str, str]]] = defaultdict(list)
    for subscriber, topic in silent_inputs(snapshot):
        cause = find_cause(snapshot, subscriber, topic)
        if cause.node != subscriber.node and cause.remedy:  # a mismatch of QoS has a finding of its own
            victims[cause].append((short(subscriber.node), STREAMS[topic.kinds[0]]))
    for cause, losses in victims.items():
        flow = list(STREAMS.values())
        first, *others = sorted(set(losses), key=lambda loss: (flow.index(loss[1]), loss[0]))
        names = list(dict.fromkeys(node for node, _ in others if node != first[0]))
        so = f" (and nothing reaches {', '.join(names)})" if names else ""
        sentence = f"{first[0]} gets no {first[1]}{so}: {cause.clause}"
        yield fault(sentence, cause.remedy, command=cause.command), cause.node


def _mismatches(snapshot: Snapshot) -> Iterator[Finding]:
    """Topics whose ends cannot talk: different types or QoS."""
    for topic in snapshot.topics:
        if len(topic.kinds) > 1:
            yield fault(
                f"{topic.name} is used with different types ({', '.join(topic.kinds)})",
                "rename or remap the topic in one of the nodes, or build both with the same messages",
            )
        for publisher in topic.publishers:
            for subscriber in topic.subscribers:
                reason = incompatible(publisher, subscriber)
                if reason:
                    yield fault(
                        f"{short(subscriber.node)} gets nothing of {topic.name} from {short(publisher.node)}, as it "
                        f"asks for a QoS that is not offered ({_policy(reason)})",
                        _qos_remedy(topic, _policy(reason), subscriber.qos),
                    )


def _policy(reason: str) -> str:
    """Return the policy that rclpy's sentence is about, e.g. from "ERROR: Best effort publisher and reliable ...;"."""
    lowered = reason.lower()
    words = {"reliab": "reliability", "best effort": "reliability", "durab": "durability", "volatile": "durability",
             "deadline": "deadline", "liveliness": "liveliness"}  # fmt: skip
    return next((policy for word, policy in words.items() if word in lowered), reason)


def _qos_remedy(topic: Topic, policy: str, asked: object) -> str:
    change = f"change the {policy} that the subscriber asks for"
    if policy not in _OVERRIDABLE:
        return change
    value = getattr(asked, policy).name.lower()
    return f"{change}, or start the publisher with --ros-args -p qos_overrides.{topic.name}.publisher.{policy}:={value}"


def _complaints(snapshot: Snapshot, blamed: set[str], *, told: set[str]) -> Iterator[Finding]:
    """What is wrong with nodes that no input's silence has led to; of those ``told`` about their warnings are known."""
    names = [node.name for node in snapshot.nodes]
    for node in snapshot.nodes:
        if node.name in blamed:
            continue
        cause = trouble_of(node)
        if cause:
            make = note if cause.on_purpose else fault
            yield make(cause.clause, cause.remedy, command=cause.command)
        elif node.report and node.report.level > 0 and not blamed and node.name not in told:  # or it is an effect
            yield note(f"{short(node.name)} says: {node.report.message}", "do what it says")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield fault(
            f"{names.count(name)} nodes are called {short(name)}",
            "end all but one, or give each robot a namespace: emotion-perception run --namespace robot2",
        )


def _all_well(snapshot: Snapshot) -> Finding:
    rates = [
        f"{topic.name} comes at {topic.rate:.1f} Hz"
        for topic in snapshot.topics
        if topic.kinds[0] in STREAMS and topic.rate
    ]
    count = len(snapshot.nodes)
    return ok(f"nothing is wrong with {count} node{'s' * (count != 1)}" + (f": {', '.join(rates)}" if rates else ""))
