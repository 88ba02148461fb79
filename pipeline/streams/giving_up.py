"""Ending a role that cannot go on: at once, without the tidy ways of stopping, which would acknowledge or hang.

What was committed is safe, what was not comes again: the supervisor starts the role anew.
"""

import logging
import os
import sys
from typing import NoReturn

EX_TEMPFAIL = 75
"""sysexits.h: try again later."""


def give_up(reason: str) -> NoReturn:
    """Log why, and end the process with exit code 75."""
    logging.getLogger("recognition").critical("giving up: %s", reason)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(EX_TEMPFAIL)
