"""The consumer groups of a role as the cluster sees them, and what to do about a member that is dead."""

import asyncio
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupIdNotFound, NoError, NonEmptyGroup, UnknownMemberIdError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Role

_DISMISS_SECONDS = 2.0


@dataclass(frozen=True)
class Member:
    """One process in a group. ``address`` is where the broker sees it."""

    id: str
    client_id: str
    address: str


@dataclass(frozen=True)
class Group:
    """One consumer group. ``state`` is in Kafka's words."""

    name: str
    state: str
    members: tuple[Member, ...]


async def groups_of(admin: AIOKafkaAdminClient, settings: Settings, role: Role) -> list[Group]:
    """The groups of a role: one, but `notify` has one for each endpoint. Raises KafkaError."""
    topology = clients.topology_of(settings)
    names = {step.group for step in topology.line if step.role == role}
    if role == "notify":
        known = await admin.list_consumer_groups()
        names = {name for name, _ in known if name.startswith(f"{topology.notify_group}.")}
    # One at a time: aiokafka cannot read an answer about several.
    responses = [response for name in sorted(names) for response in await admin.describe_consumer_groups([name])]
    return [
        Group(name, state, tuple(Member(one[0], one[1], one[2].removeprefix("/")) for one in members))
        for _, name, state, _, _, members in (one[:6] for response in responses for one in response.groups)
    ]


async def dismiss(settings: Settings, role: Role, client_id: str) -> int:
    """Take a process that is known to be dead out of its groups, and tell how many it was in.

    Else Kafka would find out when its session ends, and keep its partitions from everybody until then.
    Raises RecognitionError, KafkaError or TimeoutError; then it is left to the session.
    """
    async with asyncio.timeout(_DISMISS_SECONDS), clients.admin(settings) as admin:
        dead = [
            (group.name, member.id)
            for group in await groups_of(admin, settings, role)
            for member in group.members
            if member.client_id == client_id
        ]
        for group, member in dead:
            await _leave(admin, group, member)
    return len(dead)


async def forget(settings: Settings, group: str) -> None:
    """Delete a group and all that it has committed. Raises RecognitionError when it has members, or does not exist."""
    async with clients.admin(settings) as admin:
        coordinator = await admin.find_coordinator(group)
        response = await admin._client.send(coordinator, DeleteGroupsRequest([group]))
        ((_, code),) = response.results
    if code == GroupIdNotFound.errno:
        raise RecognitionError(f"there is no group {group}")
    if code == NonEmptyGroup.errno:
        raise RecognitionError(f"group {group} has members: stop them first; one that was killed is gone within 10 s")
    if code != NoError.errno:
        raise for_code(code)(f"group {group} cannot be deleted")


async def _leave(admin: AIOKafkaAdminClient, group: str, member: str) -> None:
    # Kafka's own tools do the same ("remove members"); aiokafka's admin has no method for it.
    coordinator = await admin.find_coordinator(group)
    response = await admin._client.send(coordinator, LeaveGroupRequest(group, member))
    if response.error_code not in (NoError.errno, UnknownMemberIdError.errno):  # the latter is gone already
        raise for_code(response.error_code)(f"{member} cannot be taken out of group {group}")
