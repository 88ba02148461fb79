"""Being told to stop, and waiting meanwhile."""

import asyncio
import signal
from contextlib import suppress


def on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets. To be called on the event loop, in the main thread."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait these seconds, or less when ``stop`` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
