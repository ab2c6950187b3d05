"""What is measured: the runs, in the order of one round."""

from __future__ import annotations

from dataclasses import dataclass, replace

from emotion_perception.benchmark.scenes import Scene
from emotion_perception.nodes import NODES

#: The nodes on the way from an image to its emotion, last first, as they are started before the camera.
PERCEPTION = ("emotion_classifier", "face_detector")
#: Nodes beside that way which are measured in pairs of runs, with and without them, where they exist.
BESIDE = tuple(name for name in ("face_identity",) if name in NODES)

SIZES = ((320, 240), (640, 480), (1280, 720))
FACES = (0, 1, 4, 10)
#: What the budgets are about.
USUAL = Scene(1, 640, 480)


@dataclass(frozen=True)
class KernelRun:
    """The bare work on arrays."""

    scene: Scene
    frames: int


@dataclass(frozen=True)
class GraphRun:
    """The graph at the clip's pace of 30 Hz, or lossless as fast as it goes; in one process or in one for each node."""

    scene: Scene
    frames: int
    lossless: bool = False
    apart: bool = False
    nodes: tuple[str, ...] = PERCEPTION


@dataclass(frozen=True)
class PeerRun:
    """The library `fer` with its Haar cascade or MTCNN."""

    scene: Scene
    frames: int
    mtcnn: bool = False


@dataclass(frozen=True)
class ImportRun:
    """Importing a package in a fresh interpreter."""

    package: str


Run = KernelRun | GraphRun | PeerRun | ImportRun


def whole() -> list[Run]:
    """Everything: all scenes, both paces, both layouts, the peer, and BESIDE."""
    scenes = [Scene(faces, *size) for size in SIZES for faces in FACES]
    runs: list[Run] = [ImportRun("emotion_perception.core"), GraphRun(USUAL, 900)]
    runs += comparison(BESIDE, frames=300)
    for scene in scenes:
        runs.append(KernelRun(scene, 180))
        runs += [GraphRun(scene, 240, lossless=lossless) for lossless in (False, True)]
    for faces in (1, 10):
        scene = replace(USUAL, faces=faces)
        runs += [GraphRun(scene, 240, lossless=lossless, apart=True) for lossless in (False, True)]
    for faces in (1, 4, 10):
        runs += [PeerRun(replace(USUAL, faces=faces), 90, mtcnn=mtcnn) for mtcnn in (False, True)]
    return runs


def quick() -> list[Run]:
    """One face and ten at one size, in one process: half a minute a round."""
    runs: list[Run] = [ImportRun("emotion_perception.core")]
    for faces in (1, 10):
        scene = replace(USUAL, faces=faces)
        runs.append(KernelRun(scene, 60))
        runs += [GraphRun(scene, 90, lossless=lossless) for lossless in (False, True)]
        runs += [PeerRun(scene, 30, mtcnn=mtcnn) for mtcnn in (False, True)]
    runs += comparison(BESIDE, frames=90)
    return runs


def comparison(compared: tuple[str, ...], *, frames: int) -> list[Run]:
    """For each node the run without it and with it, one after the other."""
    run = GraphRun(USUAL, frames)
    return [each for name in compared for each in (run, replace(run, nodes=(*run.nodes, name)))]
