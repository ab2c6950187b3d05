"""`emotion-perception scenario`: check a conversation that somebody wrote, draw it, and try it by text."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from emotion_perception.cli.scenario_try import Try
from emotion_perception.core.errors import ScenarioError
from emotion_perception.core.intents.embedding import by_meaning
from emotion_perception.core.intents.sentences import SentenceEncoder
from emotion_perception.core.scenario.drawing import graphviz, mermaid
from emotion_perception.core.scenario.engine import Engine
from emotion_perception.core.scenario.loading import load_scenario, scenario_names
from emotion_perception.core.scenario.memory import Memory

_TEXTS = {".mmd": mermaid, ".md": lambda scenario: f"```mermaid\n{mermaid(scenario)}```\n", ".dot": graphviz}
_PICTURES = (".svg", ".png", ".pdf")


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `scenario` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "scenario",
        help="check, draw and try what the robot talks about",
        description="Check a scenario, draw it, or try it by typing; no camera, no microphone and no ROS are needed.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|draw|try")
    named = f"a YAML file, or one that comes with the package: {', '.join(scenario_names())}"
    for action, text in (
        ("check", "name every fault with its file and line"),
        ("draw", "print a diagram as Mermaid text, or write it to a file"),
        ("try", "type what you would say and see what the robot answers"),
    ):
        command = actions.add_parser(action, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.add_argument("scenario", nargs="?", default="greet_and_react", metavar="SCENARIO", help=named)
        if action == "draw":
            kinds = ", ".join([*_TEXTS, *_PICTURES])
            command.add_argument(
                "--out", type=Path, metavar="FILE", help=f"what to write; its kind is the suffix: {kinds}"
            )
        if action == "try":
            command.add_argument(
                "--language", default="", metavar="TAG", help="to begin in, as en or el (default: the first)"
            )
            command.add_argument("--known", default="", metavar="NAME", help="begin with somebody the robot knows")
            command.add_argument(
                "--sentences",
                type=Path,
                metavar="FOLDER",
                help="a sentence encoder for English, asked when nothing else fits",
            )
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks. Returns 0; ScenarioError names what is wrong with the scenario."""
    return {"check": _check, "draw": _draw, "try": _try}[args.action](args)


def _check(args: argparse.Namespace) -> int:
    try:
        scenario = load_scenario(args.scenario)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 1
    rules = len(scenario.anywhere) + sum(len(state.rules) for state in scenario.states.values())
    texts = len(scenario.texts[scenario.languages[0]])
    languages = ", ".join(scenario.languages)
    print(f"{scenario.name}: {len(scenario.states)} states, {rules} rules, {texts} texts in {languages}")
    return 0


def _draw(args: argparse.Namespace) -> int:
    scenario = load_scenario(args.scenario)
    if args.out is None:
        print(mermaid(scenario), end="")
    elif args.out.suffix in _TEXTS:
        try:
            args.out.write_text(_TEXTS[args.out.suffix](scenario), encoding="utf-8")
        except OSError as error:
            raise ScenarioError(
                f"cannot write {args.out} ({error.strerror}): give --out a file you may write"
            ) from error
    elif args.out.suffix in _PICTURES:
        from emotion_perception.core.scenario.picture import draw

        draw(scenario, args.out)
    else:
        kinds = ", ".join([*_TEXTS, *_PICTURES])
        raise ScenarioError(f'"{args.out}" does not say what to draw: let the name end in one of {kinds}')
    return 0


def _try(args: argparse.Namespace) -> int:
    scenario = load_scenario(args.scenario)
    further = by_meaning(SentenceEncoder(args.sentences).encode, ("en",)) if args.sentences else None
    language = args.language or scenario.languages[0]
    engine = Engine(scenario, language=language, memory=Memory(), further=further)
    Try(engine, known=args.known, now=time.time()).run(sys.stdin, sys.stdout)
    return 0
