"""Lines of a text file of any size: one at a time, with their place, and however long a hostile one is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from emotion_perception.core.errors import DatasetError

_BOM = b"\xef\xbb\xbf"
_LONGEST = 1 << 20  # bytes; a row of FER2013 has 9,000


class Line(NamedTuple):
    """number counts from 1; offset, in bytes, is where the content begins in the file. content is None if too long."""

    number: int
    offset: int
    content: bytes | None


def read_lines(path: Path) -> Iterator[Line]:
    """Yield every line without its end (Unix or Windows) and without a byte order mark; DatasetError if unreadable."""
    try:
        with path.open("rb") as file:
            number = offset = 0
            while content := file.readline(_LONGEST):
                number += 1
                start, whole = offset, content.endswith(b"\n") or len(content) < _LONGEST
                offset += len(content)
                if not whole:
                    while rest := file.readline(_LONGEST):
                        offset += len(rest)
                        if rest.endswith(b"\n"):
                            break
                    yield Line(number, start, None)
                    continue
                if number == 1 and content.startswith(_BOM):
                    start, content = start + len(_BOM), content[len(_BOM) :]
                yield Line(number, start, content.rstrip(b"\r\n"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}): check the file.") from error
