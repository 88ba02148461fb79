"""A process that was killed is taken out of its group at once, instead of when its session has ended."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError

from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.admin import create_topics
from pipeline.streams.groups import dismiss, groups_of
from pipeline.supervising.process import as_variables
from pipeline.topology import Role


@asynccontextmanager
async def running(settings: Settings, role: Role) -> AsyncIterator[asyncio.subprocess.Process]:
    """A role in a process of its own; killed at the end, if it was not before."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline", role), env=os.environ | as_variables(settings)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def members(settings: Settings, role: Role) -> list[str]:
    """The client ids of those in the role's group that have been given their share."""
    async with clients.admin(settings) as admin:
        groups = await groups_of(admin, settings, role)
    return sorted(member.client_id for group in groups if group.state == "Stable" for member in group.members)


async def until_in_group(settings: Settings, role: Role, client_ids: list[str]) -> None:
    deadline = time.monotonic() + 60
    found: list[str] = []
    while found != client_ids:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
        with suppress(GroupCoordinatorNotAvailableError):  # as yet, on a new cluster
            found = await members(settings, role)


@pytest.mark.parametrize("role", ["gate", "worker", "publish"])
async def test_one_that_was_killed_is_taken_out_and_the_others_stay(
    role: Role, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(client_id="dead")
    other = settings.model_copy(update={"client_id": "alive", "data_dir": settings.data_dir / "alive"})
    other = Settings(**other.model_dump())  # all its fields are told to its process
    await create_topics(settings)
    async with running(settings, role) as dead, running(other, role):
        await until_in_group(settings, role, ["alive", "dead"])
        dead.kill()
        await dead.wait()
        assert await dismiss(settings, role, "dead") == 1
        async with clients.admin(settings) as admin:
            (group,) = await groups_of(admin, settings, role)
        assert [member.client_id for member in group.members] == ["alive"]
        assert await dismiss(settings, role, "dead") == 0
        await until_in_group(settings, role, ["alive"])
