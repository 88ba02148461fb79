"""Whether a role runs on this machine, as the cluster sees it: a heartbeat that the broker believes in."""

import socket

from aiokafka.errors import KafkaError

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients
from pipeline.topology import Role


async def members_here(settings: Settings, role: Role) -> int:
    """How many members the role's consumer groups have on this machine; the broker drops those that fall silent.

    `notify` has a group for each endpoint.

    Raises:
        RecognitionError: there is none, or no broker answers.
    """
    topology = clients.topology_of(settings)
    groups = {step.role: step.group for step in topology.line}
    async with clients.admin(settings) as admin:
        try:
            if role == "notify":
                known = sorted(name for name, _ in await admin.list_consumer_groups())
                asked = [name for name in known if name.startswith(f"{topology.notify_group}.")]
            else:
                asked = [groups[role]]
            # One at a time: aiokafka cannot read an answer about several.
            responses = [response for name in asked for response in await admin.describe_consumer_groups([name])]
        except KafkaError as error:
            raise RecognitionError(
                f"the cluster at {settings.bootstrap} does not tell of the groups of {role} yet: {error}"
            ) from error
    address = own_address(settings.bootstrap)
    here = 0
    found = []
    for _, group, state, _, _, members in (one[:6] for response in responses for one in response.groups):
        here += sum(member[2].removeprefix("/") == address for member in members)
        found.append(f"group {group} is {state} with {len(members)} members")
    if not here:
        raise RecognitionError(f"no {role} runs on {address}: {', '.join(found) or 'it has no group'}")
    return here


def own_address(bootstrap: str) -> str:
    """The address of this machine that the first bootstrap server sees; nothing is sent."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    family, kind, protocol, _, target = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(target)
        return str(probe.getsockname()[0])
