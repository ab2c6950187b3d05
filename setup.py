"""The CMake project that `colcon build` builds, packed as a wheel: compiled messages, modules, launch and config files.

A regular install holds everything. An editable one (`pip install -e .`) leaves the modules in the checkout and installs
only what is compiled; `emotion_perception.__path__` joins the two, so a change of Python code needs no build.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import ament_package
from setuptools import Command, Distribution, find_packages, setup
from setuptools.command.build import build

NAME = "emotion_perception"
HERE = Path(__file__).resolve().parent
TREE = HERE / "build" / "cmake"
STAGE = HERE / "build" / "stage"
SITE_PACKAGES = Path(sysconfig.get_path("platlib")).relative_to(sys.prefix)


def run_cmake() -> None:
    """Configure, build and install the project into STAGE; a second run compiles only what changed."""
    prefix = str(Path(ament_package.__file__).parents[4])  # holds the ROS wheels; with build isolation it is not ours
    environment = os.environ | {
        "AMENT_PREFIX_PATH": prefix,
        "CMAKE_PREFIX_PATH": prefix,
        "CMAKE_GENERATOR": "Ninja",
        "PATH": os.pathsep.join([f"{prefix}/bin", str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    cache = TREE / "CMakeCache.txt"
    if cache.is_file() and prefix not in cache.read_text():
        shutil.rmtree(TREE)
    shutil.rmtree(STAGE, ignore_errors=True)
    options = {"CMAKE_BUILD_TYPE": "Release", "CMAKE_INSTALL_PREFIX": STAGE, "Python3_EXECUTABLE": sys.executable}
    defines = [f"-D{name}={value}" for name, value in options.items()]
    subprocess.run(["cmake", "-S", HERE, "-B", TREE, *defines], check=True, env=environment)
    subprocess.run(["cmake", "--build", TREE, "--target", "install"], check=True, env=environment)


class BuildInterfaces(Command):
    """The step of `build` that compiles the messages and says where each installed file goes."""

    description = "compile the ROS messages and services"
    user_options = []
    build_lib = None
    editable_mode = False

    def initialize_options(self):
        """Nothing to set: the options are class attributes."""

    def finalize_options(self):
        """Take the folder that a regular wheel is packed from."""
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self):
        """Build, then hand the files to `build_lib` (Python) and `data_files` (all else)."""
        run_cmake()
        package = STAGE / SITE_PACKAGES / NAME
        compiled = [*package.glob("*.so"), *package.glob("msg/*.py"), *package.glob("srv/*.py")]
        shared = [path for path in [*(STAGE / "lib").glob("*.so"), *(STAGE / "share").rglob("*")] if path.is_file()]
        if self.editable_mode:
            in_checkout = [STAGE / "share" / NAME / folder for folder in ("config", "launch", "models")]
            shared = [path for path in shared if not any(map(path.is_relative_to, in_checkout))] + compiled
        else:
            shutil.rmtree(self.build_lib, ignore_errors=True)  # modules that no longer exist
            for path in compiled:
                target = Path(self.build_lib, NAME, path.relative_to(package))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
            shared += (STAGE / "lib" / NAME).iterdir()
        self.distribution.data_files = [
            (str(path.parent.relative_to(STAGE)), [str(path.relative_to(HERE))]) for path in shared
        ]
        if self.editable_mode:
            self.run_command("install_data")  # which setuptools leaves out of editable wheels

    def get_source_files(self):
        """What a source distribution must hold for this step."""
        return [str(path.relative_to(HERE)) for folder in ("msg", "srv") for path in (HERE / folder).iterdir()]

    def get_outputs(self):
        """Nothing that an editable install has to map."""
        return []

    def get_output_mapping(self):
        """Nothing that an editable install has to map."""
        return {}


class Build(build):
    """`build`, beginning with the messages."""

    sub_commands = [("build_interfaces", None), *build.sub_commands]


class BinaryDistribution(Distribution):
    """A wheel for this platform and this Python: the messages are compiled."""

    def has_ext_modules(self):
        """Compiled, though not by setuptools."""
        return True


setup(
    packages=find_packages(include=[f"{NAME}*"]),
    package_dir={"": "."},
    cmdclass={"build": Build, "build_interfaces": BuildInterfaces},
    distclass=BinaryDistribution,
)
