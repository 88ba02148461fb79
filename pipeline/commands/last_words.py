"""How a long-running command ends when it cannot go on: with one record in its log, so that programs find it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipeline.errors import RecognitionError

_LOG = logging.getLogger("recognition")


@contextmanager
def last_words() -> Iterator[None]:
    """Log the error that ends the command, a fault of ours with its traceback, and exit with 1."""
    try:
        yield
    except RecognitionError as error:
        _LOG.critical("%s", error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the log has it
        _LOG.critical("ended by a fault: %r", error, exc_info=True)
    else:
        return
    raise typer.Exit(1)
