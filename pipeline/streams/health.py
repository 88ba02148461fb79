"""Whether a role runs on this machine, as the cluster sees it: a heartbeat that the broker believes in."""

import socket

from aiokafka.errors import KafkaError

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Role


async def members_here(settings: Settings, role: Role) -> int:
    """How many members the role's consumer group has on this machine; the broker drops those that fall silent.

    Raises:
        RecognitionError: there is none, or no broker answers.
    """
    topology = clients.topology_of(settings)
    group = {"gate": topology.gate_group, "worker": topology.worker_app, "publish": topology.publish_group}[role]
    async with clients.admin(settings) as admin:
        try:
            (response,) = await admin.describe_consumer_groups([group])
        except KafkaError as error:
            raise RecognitionError(
                f"the cluster at {settings.bootstrap} knows no group {group} yet: {error}"
            ) from error
    _, _, state, _, _, members = response.groups[0][:6]
    address = own_address(settings.bootstrap)
    here = [member for member in members if member[2].removeprefix("/") == address]
    if not here:
        raise RecognitionError(f"no {role} runs on {address}: group {group} is {state} with {len(members)} members")
    return len(here)


def own_address(bootstrap: str) -> str:
    """The address of this machine that the first bootstrap server sees; nothing is sent."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    family, kind, protocol, _, target = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(target)
        return str(probe.getsockname()[0])
