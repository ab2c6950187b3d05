"""How long a package takes to import, with every module in it that a robot loads, in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import importlib, pkgutil, sys, time
begin = time.monotonic()
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".report" not in module.name:
        importlib.import_module(module.name)
print(time.monotonic() - begin)
"""


def measure(package: str) -> float:
    """Seconds that the package takes with all its modules but `report`, which only files need; NumPy included."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM, package], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Answer the question on the command line."""
    print(json.dumps({"seconds": measure(json.loads(sys.argv[1])["package"])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
