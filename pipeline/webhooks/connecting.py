"""Connections to public addresses and to nothing else, whatever a name resolves to.

A name is resolved here, once for each connection; every address it has must be public; and the connection is made to
one of those very addresses. So a name that answers differently the second time gains nothing. TLS still checks the
certificate against the name. Below this there is neither a proxy nor a redirect: httpcore knows of none by itself.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

import httpcore

from pipeline.webhooks.destinations import Address, RefusedDestinationError, refusal

Resolve = Callable[[str, int], Awaitable[list[Address]]]
MAX_CONNECTIONS = 10
"""To one endpoint at a time."""
_KEPT_ALIVE_SECONDS = 5.0


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host, in the order in which the system would try them. Raises OSError when there is none.

    In a thread of its own that nobody waits for: a resolver that hangs must hold up neither other endpoints nor the
    end of the process, which a thread of the event loop's pool would.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def tell(addresses: list[Address], error: Exception | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(addresses)

    def ask() -> None:
        addresses: list[Address] = []
        problem: Exception | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
        except OSError as error:
            problem = error
        except ValueError as error:  # a label of the name is empty or too long
            problem = OSError(str(error))
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, addresses, problem)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer


async def allowed_addresses(host: str, port: int, *, allow_private: bool, find: Resolve = resolve) -> list[Address]:
    """The addresses of a host that may be connected to.

    Raises:
        RefusedDestinationError: at least one of them is not public.
        OSError: it has none.
    """
    addresses = await find(host, port)
    if not allow_private:
        for address in addresses:
            if (what := refusal(address)) is not None:
                shown = str(address) if host == str(address) else f"{host} is {address}, and that"
                raise RefusedDestinationError(
                    f"{shown} is refused: {what}. RECOGNITION_WEBHOOK_ALLOW_PRIVATE=true allows it, for all endpoints"
                )
    if not addresses:
        raise OSError(f"{host} has no address")
    return addresses


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects by TCP to what `allowed_addresses` allows."""

    def __init__(
        self, *, allow_private: bool, find: Resolve = resolve, network: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._allow_private = allow_private
        self._find = find
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers; each gets its share of the time."""
        problem: OSError | None = None
        try:
            addresses = await allowed_addresses(host, port, allow_private=self._allow_private, find=self._find)
        except OSError as error:
            problem = error
        if problem is not None:  # raised out here it says all there is to say, and hides nothing behind it
            raise httpcore.ConnectError(f"{host} cannot be resolved: {problem.strerror or problem}")
        share = None if timeout is None else timeout / len(addresses)
        for number, address in enumerate(addresses, 1):
            try:
                return await self._network.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise AssertionError("unreachable: there is at least one address")

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore."""
        await asyncio.sleep(seconds)


def new_pool(
    *, allow_private: bool, find: Resolve = resolve, ssl_context: ssl.SSLContext | None = None
) -> httpcore.AsyncConnectionPool:
    """Guarded connections to one endpoint. ``ssl_context``: the system's authorities where not given."""
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl_context or ssl.create_default_context(),
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=_KEPT_ALIVE_SECONDS,
        network_backend=GuardedBackend(allow_private=allow_private, find=find),
    )
