"""A reader is a function from Document to Reading; it is chosen by name among the installed ones."""

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pipeline.errors import RecognitionError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.reading.reader import Reader

GROUP = "recognition.readers"
"""The entry point group; each entry is a factory that takes the Settings and gives the reader."""


def load_reader(settings: Settings) -> "Reader":
    """Make the reader that the settings name, models included.

    Raises:
        RecognitionError: no reader of that name is installed.
    """
    installed = entry_points(group=GROUP)
    if settings.reader not in installed.names:
        names = ", ".join(sorted(installed.names)) or "none"
        raise RecognitionError(f"no reader is called {settings.reader!r} (RECOGNITION_READER); installed: {names}")
    reader: Reader = installed[settings.reader].load()(settings)
    return reader
