"""The role `notify` as a process of its own, to be killed; it waits shorter than the real one.

notify_process.py SETTINGS_JSON
"""

import asyncio
import signal
import sys

from pipeline.settings import Settings
from pipeline.streams import logs
from pipeline.webhooks.backoff import Backoff
from pipeline.webhooks.circuit import Limits
from pipeline.webhooks.courier import Patience
from pipeline.webhooks.endpoints import load_endpoints
from pipeline.webhooks.role import run_notify


async def main() -> None:
    settings = Settings.model_validate_json(sys.argv[1])
    assert settings.webhooks is not None
    endpoints = load_endpoints(settings.webhooks, allow_private=settings.webhook_allow_private)
    patience = Patience(
        settings.webhook_attempts,
        Backoff(base=0.02, factor=2, longest=0.2),
        Limits(failures=5, cool_off=0.1, longest=0.4),
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_notify(settings, endpoints, stop, patience=patience)


if __name__ == "__main__":
    logs.configure(roles=True)
    asyncio.run(main())
