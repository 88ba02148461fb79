"""What every test can use."""

import os
import signal

import pytest
from hypothesis import settings

# No deadline: machines are noisy, and speed is measured in benchmarks.
settings.register_profile("default", deadline=None, max_examples=50)
settings.load_profile("default")

# A shell's background job ignores Ctrl-C, and so would every process that the tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the default settings, whatever is set where it runs; only the cache of jars stays where it is."""
    for name in os.environ:
        if name.startswith("RECOGNITION_") and name != "RECOGNITION_CACHE_DIR":
            monkeypatch.delenv(name)
