"""Which part of the package may know which: dependencies point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "emotion_perception"
MODULES = sorted(PACKAGE.rglob("*.py"))
#: Part of the package -> parts, and packages of others, that it must not import.
FORBIDDEN = {
    "core": ("rclpy", "sensor_msgs", "std_msgs", "emotion_perception.msg", "emotion_perception.srv",
             "emotion_perception.ros", "emotion_perception.nodes", "emotion_perception.cli",
             "emotion_perception.sources", "emotion_perception.speech", "emotion_perception.bags"),
    "sources": ("rclpy", "sensor_msgs", "emotion_perception.msg", "emotion_perception.ros",
                "emotion_perception.nodes", "emotion_perception.cli"),
    "speech": ("rclpy", "emotion_perception.msg", "emotion_perception.ros", "emotion_perception.nodes",
               "emotion_perception.cli"),
    "bags": ("rclpy", "sensor_msgs", "std_msgs", "emotion_perception.msg", "emotion_perception.ros",
             "emotion_perception.nodes", "emotion_perception.cli", "emotion_perception.sources",
             "emotion_perception.speech"),
    "ros": ("emotion_perception.nodes", "emotion_perception.cli", "emotion_perception.sources",
            "emotion_perception.bags"),
    "nodes": ("emotion_perception.cli",),
    "benchmark": ("emotion_perception.cli",),
    "training": ("rclpy", "sensor_msgs", "std_msgs", "emotion_perception.msg", "emotion_perception.srv",
                 "emotion_perception.ros", "emotion_perception.nodes", "emotion_perception.cli",
                 "emotion_perception.bags"),
}  # fmt: skip
ONLY_IN_TRAINING = ("tensorflow", "keras")
NOT_ON_PYPI = ("launch", "launch_ros", "cv_bridge", "rosbag2_py", "ros2cli")
HEAVY = ("tensorflow", "keras", "matplotlib", "av", "dlib", "onnxruntime", "rclpy")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of everything that is imported anywhere in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unguarded(tree: ast.Module) -> Iterator[str]:
    """Those at the top of a module, outside any `try`, function or `if TYPE_CHECKING`."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module([node], []))


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_there_is_something_to_look_at() -> None:
    assert {path.parent.name for path in MODULES} >= {"core", "ros", "nodes", "cli", "sources", "bags"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_part_may_know(path: Path) -> None:
    tree = parsed(path)
    part = path.relative_to(PACKAGE).parts[0]
    wrong = [name for name in imports(tree) if within(name, FORBIDDEN.get(part, ()))]
    assert wrong == []
    assert part == "training" or not [name for name in imports(tree) if within(name, ONLY_IN_TRAINING)]
    assert [name for name in unguarded(tree) if within(name, NOT_ON_PYPI)] == []


DOCTOR = [path for path in MODULES if path.is_relative_to(PACKAGE / "cli" / "doctor")]
BELOW_THE_DOCTOR = [PACKAGE / "core" / "errors.py", PACKAGE / "core" / "locking.py"]
OF_THE_DOCTOR = ("emotion_perception.cli.doctor", "emotion_perception.core.errors", "emotion_perception.core.locking")


@pytest.mark.parametrize("path", [path for path in DOCTOR + BELOW_THE_DOCTOR if "graph" not in path.parts], ids=name_of)
def test_the_doctor_needs_nothing_but_python_until_it_checks(path: Path) -> None:
    """It has to start where a library is missing, or the wrong Python runs; its self-test is a process of its own."""
    if path.name != "probe.py":
        tree = parsed(path)
        others = [name for name in unguarded(tree) if name.partition(".")[0] not in sys.stdlib_module_names]
        assert [name for name in others if not within(name, OF_THE_DOCTOR)] == []


def core_modules() -> list[str]:
    """All but `core.report`, which a robot loads only when it writes files."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in (PACKAGE / "core").rglob("*.py")]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    return sorted(name for name in names if not within(name, ("emotion_perception.core.report",)))


def test_only_the_command_line_knows_the_benchmark() -> None:
    trees = {path: parsed(path) for path in MODULES}
    users = [
        path for path, tree in trees.items() if any(within(n, ("emotion_perception.benchmark",)) for n in imports(tree))
    ]
    assert {path.relative_to(PACKAGE).parts[0] for path in users} == {"benchmark", "cli"}


def test_core_loads_without_what_is_heavy() -> None:
    program = (
        "import importlib, sys\n"
        f"for name in {core_modules()!r}: importlib.import_module(name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("package", [package for package in HEAVY if package != "rclpy"])
def test_what_is_heavy_is_needed_by_one_module_of_a_folder_of_core_at_most(package: str) -> None:
    trees = {path: parsed(path) for path in (PACKAGE / "core").rglob("*.py")}
    folders = [path.parent for path, tree in trees.items() if any(within(name, (package,)) for name in imports(tree))]
    assert len(folders) == len(set(folders))
