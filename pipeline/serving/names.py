"""Whom a request is meant for: the header Host names this server, or the request is refused.

A page of a stranger may have its own name lead to 127.0.0.1 (DNS rebinding). A browser on this machine then takes what
`serve` answers for that page's own, and lets it read all of it; only the name in Host tells.
"""

import re
from collections.abc import Set
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.serving import problems
from pipeline.serving.problems import ProblemError, shown
from pipeline.settings import Settings

_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:[0-9]*)?")


def names_of(settings: Settings, *, loopback: bool) -> Set[str] | None:
    """The names that `serve` answers to; None for any.

    Where only this machine reaches it, it has no other names than those of the settings. Elsewhere nobody but its
    operator knows what it is called: then it answers to any, until the settings name some.
    """
    given = {_name_in(name.strip()) for name in settings.api_names.split(",") if name.strip()}
    return {"localhost", _name_in(settings.api_host), *given} if loopback or given else None


class KnownNames:
    """Refuses requests whose Host is none of these names. Addresses are taken: they are no name that could be led here.

    Starlette's TrustedHostMiddleware takes no address, and answers in plain text.
    """

    def __init__(self, app: ASGIApp, names: Set[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or tell what is wrong with its Host."""
        hosts = Headers(scope=scope).getlist("host") if scope["type"] == "http" else []
        if scope["type"] == "http" and not (len(hosts) == 1 and self._knows(_name_in(hosts[0]))):
            reply = problems.response(_misdirected(hosts), scope["path"])
            await reply(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows(self, name: str) -> bool:
        return name in self._names or _is_address(name)


def _name_in(host: str) -> str:
    """The name in a header Host, without its port; nothing where it has another form."""
    found = _HOST.fullmatch(host)
    return found[1].lower().removesuffix(".") if found else ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return True


def _misdirected(hosts: list[str]) -> ProblemError:
    if len(hosts) != 1:
        given = f"there are {len(hosts)} headers Host" if hosts else "there is no header Host"
        return ProblemError(problems.MISDIRECTED, f"{given}; send one, with localhost or the address of this server")
    return ProblemError(
        problems.MISDIRECTED,
        f"Host is {shown(hosts[0])}, and this server does not go by that name; ask for localhost or for its address, "
        "or set RECOGNITION_API_NAMES to its names, separated by commas, and restart it",
    )
