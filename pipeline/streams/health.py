"""Whether a role runs on this machine, as the cluster sees it: a heartbeat that the broker believes in."""

import socket

from aiokafka.errors import KafkaError

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.streams.groups import groups_of
from pipeline.topology import Role


async def members_here(settings: Settings, role: Role) -> int:
    """How many members the role's consumer groups have on this machine; the broker drops those that fall silent.

    Raises:
        RecognitionError: there is none, or no broker answers.
    """
    async with clients.admin(settings) as admin:
        try:
            groups = await groups_of(admin, settings, role)
        except KafkaError as error:
            raise RecognitionError(
                f"the cluster at {settings.bootstrap} does not tell of the groups of {role} yet: {error}"
            ) from error
    address = own_address(settings.bootstrap)
    here = sum(member.address == address for group in groups for member in group.members)
    if not here:
        found = [f"group {group.name} is {group.state} with {len(group.members)} members" for group in groups]
        raise RecognitionError(f"no {role} runs on {address}: {', '.join(found) or 'it has no group'}")
    return here


def own_address(bootstrap: str) -> str:
    """The address of this machine that the first bootstrap server sees; nothing is sent."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    family, kind, protocol, _, target = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(target)
        return str(probe.getsockname()[0])
