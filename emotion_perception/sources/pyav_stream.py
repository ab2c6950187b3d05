"""placeholder"""

from typing import Any

PyAvStreamSource: Any = None
