"""A follower as a process of its own, to be killed: follower_process.py SETTINGS_JSON FILE DIE_IN_BATCH.

It applies a few records at a time, and kills itself with SIGKILL when those of the given batch are written and not
committed.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from pipeline.serving import follower, materialise
from pipeline.serving.follower import Follower
from pipeline.serving.materialise import Applied, Received
from pipeline.settings import Settings
from pipeline.streams import logs

follower.BATCH_RECORDS = 20


def die_in(number: int) -> None:
    left = number

    def apply(connection: sqlite3.Connection, batch: Iterable[Received]) -> Applied:
        nonlocal left
        applied = materialise.apply(connection, batch)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return applied

    follower.apply = apply  # type: ignore[attr-defined]


if __name__ == "__main__":
    logs.configure(roles=True)
    die_in(int(sys.argv[3]))
    asyncio.run(Follower(Settings.model_validate_json(sys.argv[1]), Path(sys.argv[2])).run(asyncio.Event()))
