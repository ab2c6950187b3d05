"""`emotion-perception people`: list, enrol and forget the people that the robot knows by name."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from emotion_perception.cli import people_evaluate
from emotion_perception.cli.table import print_table
from emotion_perception.core.errors import PeopleError
from emotion_perception.core.people import AuditEntry, Imported, PeopleStore, Person, default_path, export_file
from emotion_perception.core.people.person import shown

_HEADER = ("NAME", "LANGUAGE", "ENROLLED", "LAST SEEN", "EXPIRES", "PERSON", "CONSENT")
_AUDIT_HEADER = ("TIME", "ACTION", "PERSON")
_LONGEST_NOTE = 40


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> argparse.ArgumentParser:
    """Add the command `people` to the main parser; ``run`` takes what it parses."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "people",
        help="list, enrol and forget the people that are known by name",
        description="People who agreed to be remembered: names and embeddings, no pictures, in one file of yours. Safe "
        "to use while the robot runs: it takes notice within a second.",
    )
    database = argparse.ArgumentParser(add_help=False)
    default = str(default_path()).replace("%", "%%")
    database.add_argument("--people", type=Path, metavar="PATH", help=f"the database; without, {default}")
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|enroll|forget|export|import|purge|evaluate"
    )

    def add(action: str, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(action, help=text, description=text, parents=[database])
        return added

    listing = add("list", "show who is known, since when, and until when")
    listing.add_argument("--json", action="store_true", help="for programs; times in Unix seconds")
    listing.add_argument("--audit", action="store_true", help="show instead who was enrolled or forgotten, and when")
    _add_enroll(add("enroll", "remember somebody who agreed to it"))
    whom = add("forget", "erase somebody").add_mutually_exclusive_group(required=True)
    whom.add_argument("person", nargs="?", metavar="PERSON", help="name or UUID, as in `list`")
    whom.add_argument("--all", action="store_true", help="everybody")
    for action, text in (
        ("export", "write everybody to a new file, embeddings included"),
        ("import", "add the people of such a file"),
    ):
        add(action, text).add_argument("file", type=Path, metavar="FILE")
    add("purge", "erase those whose retention has run out")
    people_evaluate.add_parser(actions)
    return parser


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="what the person wants to be called")
    looks = parser.add_mutually_exclusive_group(required=True)
    looks.add_argument("--image", type=Path, nargs="+", metavar="FILE", help="pictures that show the person alone")
    looks.add_argument(
        "--camera",
        nargs="?",
        const="usb:",
        metavar="SOURCE",
        help="look at the person through a camera, usb: without a SOURCE (as of `run --source`)",
    )
    parser.add_argument(
        "--consent", metavar="HOW", help='how the person agreed and who asked, e.g. "spoken, asked by me"'
    )
    parser.add_argument("--language", default="", metavar="TAG", help="that the person prefers: el, uk, zh-Hant")
    parser.add_argument(
        "--retention-days", type=float, metavar="DAYS", help="forget the person when not seen for so long"
    )


def run(args: argparse.Namespace) -> int:
    """Do what ``args`` asks and return 0; PeopleError, or another PerceptionError, says why it was not done."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show
    if args.action == "enroll":
        from emotion_perception.cli import people_enroll  # detectors and dlib load only when they are needed

        return people_enroll.run(args)
    if args.action == "evaluate":
        return people_evaluate.run(args)
    if args.action == "import":
        return _import(args)
    store = PeopleStore.existing(args.people)
    if store is None:
        return _nobody(args)
    actions = {"list": _list, "forget": _forget, "export": _export, "purge": _purge}
    with store:
        actions[args.action](args, store)
    return 0


def _nobody(args: argparse.Namespace) -> int:
    """Answer for a database that is not there yet, without making it."""
    if args.action == "export" or (args.action == "forget" and args.person):
        raise PeopleError(f"nobody is enrolled in {args.people or default_path()}: give another file with --people.")
    print("[]" if args.action == "list" and args.json else "nobody is enrolled")
    return 0


def _list(args: argparse.Namespace, store: PeopleStore) -> None:
    entries = store.audit() if args.audit else store.people()
    if args.json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
    elif not entries:
        print("nobody is enrolled")
    else:
        print_table([_AUDIT_HEADER if args.audit else _HEADER, *map(_row, entries)])


def _row(entry: Person | AuditEntry) -> tuple[str, ...]:
    if isinstance(entry, AuditEntry):
        return _time(entry.time), entry.action, shown(entry.person) or "everybody"
    times = map(_time, (entry.first_seen, entry.last_seen, entry.expires))
    return shown(entry.name), shown(entry.language), *times, entry.id, shown(entry.consent.note, _LONGEST_NOTE)


def _forget(args: argparse.Namespace, store: PeopleStore) -> None:
    if args.all:
        print(f"{_people(store.forget_all())} forgotten")
    else:
        person = store.find(args.person)
        store.forget(person.id)
        print(f"{shown(person.name)} forgotten ({person.id})")
    _tell_what_is_left(store)


def _purge(_: argparse.Namespace, store: PeopleStore) -> None:
    print(f"{_people(store.purge(time.time()))} purged")
    _tell_what_is_left(store)


def _export(args: argparse.Namespace, store: PeopleStore) -> None:
    print(f"{_people(store.export(args.file))} exported to {args.file}: whoever has that file can recognise them")


def _import(args: argparse.Namespace) -> int:
    store = PeopleStore.existing(args.people)
    if store is None:
        found = export_file.read(args.file)
        store = PeopleStore(args.people, embedder=found.embedder, dimension=found.dimension)
    with store:
        done: Imported = store.import_people(args.file)
    print(f"{_people(done.added)} imported, {done.known} known already", end="")
    print(f", {done.forgotten} left out as they were forgotten here" if done.forgotten else "")
    return 0


def _tell_what_is_left(store: PeopleStore) -> None:
    if store.erasing:
        print(
            f"their bytes are still in {store.path}, as another process is reading it or the disk is full: the running"
            " node, or the next `people` command, erases them",
            file=sys.stderr,
        )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _time(seconds: float | None) -> str:
    return "never" if seconds is None else datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
