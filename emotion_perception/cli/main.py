"""`emotion-perception`: finds the command and turns errors meant for people into one line and an exit code."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

import emotion_perception
from emotion_perception.core.errors import PerceptionError

#: Commands; each is a module of this package with `add_parser(subparsers)` and `run(args) -> int`.
COMMANDS = (
    "run",
    "view",
    "record",
    "replay",
    "report",
    "camera",
    "people",
    "scenario",
    "models",
    "say",
    "listen",
    "dataset",
    "doctor",
    "evaluate",
    "sweep",
    "compare",
    "card",
    "lifecycle",
    "benchmark",
    "train",
    "export",
    "ship",
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed (the reason on stderr), 2 not understood."""
    parser = argparse.ArgumentParser(prog="emotion-perception", description=emotion_perception.__doc__)
    parser.add_argument("--version", action="version", version=emotion_perception.__version__)
    subparsers = parser.add_subparsers(required=True, metavar="|".join(COMMANDS))
    asked = (arguments if arguments is not None else sys.argv[1:])[:1]
    # Only the command that is asked for is loaded: doctor must run where another one cannot.
    for name in [name for name in COMMANDS if [name] == asked] or COMMANDS:
        command = import_module(f"emotion_perception.cli.{name}")
        command.add_parser(subparsers).set_defaults(run=command.run)
    args = parser.parse_args(arguments)
    try:
        return int(args.run(args))
    except PerceptionError as error:
        print(f"emotion-perception: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # | head
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
