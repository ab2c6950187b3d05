"""WAV files: written as sound is heard, and read as (n,) int16."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import AudioError


class WavWriter:
    """A file of one channel of 16 bits, that is whole after each `write`. Raises AudioError if it cannot be made."""

    def __init__(self, path: str, rate: int) -> None:
        self._path = Path(path).expanduser()
        library = soundfile()
        try:
            self._file = library.SoundFile(self._path, "w", samplerate=rate, channels=1, subtype="PCM_16", format="WAV")
        except library.LibsndfileError as error:
            raise self._fault(error) from error

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append (n,) samples. Raises AudioError when the disk refuses them."""
        try:
            self._file.write(samples)
            self._file.flush()
        except RuntimeError as error:  # soundfile's own is one
            raise self._fault(error) from error

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _fault(self, error: Exception) -> AudioError:
        return AudioError(
            f"{self._path} cannot be written ({reason_of(error)}): give a file in a folder that you may write to"
        )


def reason_of(error: Exception) -> str:
    """What libsndfile says went wrong, to stand in a sentence."""
    return str(getattr(error, "error_string", error)).strip().rstrip(".")


def soundfile() -> ModuleType:
    """Return the library that reads and writes sound. Raises AudioError with the line that installs it."""
    try:
        import soundfile as library
    except (ImportError, OSError) as error:
        raise AudioError(f"soundfile is not installed ({error}): pip install soundfile") from error
    return library
