"""What the peer library and PyTorch get in place of TensorFlow."""

from __future__ import annotations

import subprocess
import sys


def test_whoever_asks_whether_tensorflow_is_installed_gets_an_answer() -> None:
    asked = (
        "import importlib.util\n"
        "from emotion_perception.benchmark.measure_fer import _stand_in_for_tensorflow\n"
        "_stand_in_for_tensorflow()\n"
        "for name in ('tensorflow', 'tensorflow.keras', 'tensorflow.keras.models'):\n"
        "    assert importlib.util.find_spec(name) is not None\n"
        "import tensorflow\n"
        "assert tensorflow.lite.Interpreter\n"
    )
    subprocess.run([sys.executable, "-c", asked], check=True)
