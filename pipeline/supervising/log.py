"""What all processes say, in one log: a file with rotation, and the terminal or whatever reads our standard error."""

import json
import logging
import re
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from pipeline.supervising.lock import keeping_in
from pipeline.terminal import safe

_FILE_BYTES = 10_000_000
_FILES = 5
_NAME_WIDTH = 9
_GRAVE = re.compile(r"error:|Traceback |Fatal |.{0,40}\b(ERROR|FATAL|CRITICAL)\b")
"""How a line begins that is not JSON and tells of an error: of a command, of Python, of Java."""
_COLOURS = {"broker": "blue", "gate": "green", "worker": "magenta", "publish": "yellow", "serve": "cyan"}


class _File(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name
        """On a full disk, say: logging would print a traceback for every line, and the console has the line anyway."""


class Log:
    """Hears every line. ``console`` None writes the file only: then `last` is what a page shows.

    ``form`` json keeps JSON lines as they are and makes others into such, so that all of it can be parsed.

    Raises RecognitionError when the file cannot be made.
    """

    def __init__(self, path: Path, form: Literal["text", "json"], console: Console | None, keep: int = 100) -> None:
        self.last: deque[tuple[str, str]] = deque(maxlen=keep)
        """Name and line of what was said last."""
        with keeping_in(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _File(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
        self._form = form
        self._console = console

    def hear(self, name: str, line: str, *, on_console: bool = True) -> None:
        """Take a line that a process has said. From any thread."""
        line = safe(line)
        self.last.append((name, line))
        line = _as_json(name, line) if self._form == "json" else f"{name:<{_NAME_WIDTH}} {line}"
        self._file.handle(logging.makeLogRecord({"msg": line}))
        if self._console and on_console:
            text = Text(line)
            if self._form == "text":
                text.stylize(colour(name), 0, _NAME_WIDTH)
            self._console.print(text, soft_wrap=True)

    def tell(self, message: str, level: str = "INFO", *, on_console: bool = True) -> None:
        """Add a line of our own; of several lines, one record. ``on_console`` False: not where we say it otherwise."""
        if self._form == "json":
            record = {"time": _now(), "level": level, "logger": "recognition.up", "message": message}
            self.hear("up", json.dumps(record), on_console=on_console)
        else:
            at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
            first, *more = message.split("\n")
            for line in (f"{at} {level:<7} recognition.up: {first}", *(f"    {line}" for line in more)):
                self.hear("up", line, on_console=on_console)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # the disk is full
            self._file.close()


def colour(name: str) -> str:
    """The colour of a process's name."""
    return _COLOURS.get(name.partition(" ")[0], "bold")


def _as_json(name: str, line: str) -> str:
    try:
        if isinstance(json.loads(line), dict):
            return line
    except ValueError:
        pass
    level = "ERROR" if _GRAVE.match(line) else "INFO"
    logger = f"recognition.{name.partition(' ')[0]}"
    return json.dumps({"time": _now(), "level": level, "logger": logger, "message": line})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
