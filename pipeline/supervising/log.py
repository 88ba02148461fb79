"""What all processes say, in one log: a file with rotation, and the terminal or whatever reads our standard error."""

import json
import logging
from collections import deque
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

_FILE_BYTES = 10_000_000
_FILES = 5
_NAME_WIDTH = 9
_COLOURS = {"broker": "blue", "gate": "green", "worker": "magenta", "publish": "yellow", "serve": "cyan"}


class Log:
    """Hears every line. ``console`` None writes the file only: then `last` is what a page shows.

    ``form`` json keeps JSON lines as they are and makes others into such, so that all of it can be parsed.
    """

    def __init__(self, path: Path, form: Literal["text", "json"], console: Console | None, keep: int = 100) -> None:
        self.last: deque[tuple[str, str]] = deque(maxlen=keep)
        """Name and line of what was said last."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = RotatingFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
        self._form = form
        self._console = console

    def hear(self, name: str, line: str) -> None:
        """Take a line that a process has said. From any thread."""
        self.last.append((name, line))
        line = _as_json(name, line) if self._form == "json" else f"{name:<{_NAME_WIDTH}} {line}"
        self._file.handle(logging.makeLogRecord({"msg": line}))
        if self._console:
            text = Text(line)
            if self._form == "text":
                text.stylize(colour(name), 0, _NAME_WIDTH)
            self._console.print(text, soft_wrap=True)

    def tell(self, message: str, level: str = "INFO") -> None:
        """Add a line of our own."""
        if self._form == "json":
            self.hear(
                "up", json.dumps({"time": _now(), "level": level, "logger": "recognition.up", "message": message})
            )
        else:
            at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
            self.hear("up", f"{at} {level:<7} recognition.up: {message}")

    def close(self) -> None:
        """Close the file."""
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
    return json.dumps({"time": _now(), "logger": f"recognition.{name.partition(' ')[0]}", "message": line})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
