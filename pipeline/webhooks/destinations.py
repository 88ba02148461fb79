"""What may be sent to: who names an endpoint must not reach what only we can reach.

A name says nothing: it can resolve to any address, and to another one the next moment. So names are judged by the
addresses that they lead to, when a connection is made (see connecting).
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA hands out; other ranges are special, or nobody's yet
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address as hosts without IPv4 reach it
# What `is_global` lets pass, in some version of Python at least.
_SPECIAL_V4 = {
    IPv4Network("192.0.0.0/24"): "protocol assignments, and a cloud's metadata",
    IPv4Network("192.88.99.0/24"): "6to4 relays",
    IPv4Network("168.63.129.16/32"): "a cloud's metadata",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_SPECIAL_V6 = {
    IPv6Network("2001::/23"): "protocol assignments",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("3fff::/20"): "documentation",
}
_NOT_IN_A_URL = re.compile(r"[^!-~]|[\"<>\\^`{|}]")


class RefusedDestinationError(Exception):
    """Nothing is sent there, however often it is tried; the message says what and why."""


@dataclass(frozen=True)
class Destination:
    """A URL that a webhook can have, taken apart. ``target`` is what follows the host and the port, as it stands."""

    secure: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _port(self.secure) else f"{host}:{self.port}"


def destination(url: str, *, allow_private: bool) -> Destination:
    """Take a URL apart. Raises ValueError, which says what is wrong with it and what to do.

    ``allow_private`` also lets alerts go without TLS.
    """
    if found := _NOT_IN_A_URL.search(url):
        raise ValueError(
            f"{found[0]!r} cannot stand in a URL: write it as % and two hexadecimal digits, and a host name "
            "with letters beyond ASCII in its xn-- form"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("a URL here starts with https://")
    if "@" in parts.netloc:
        raise ValueError("a user name or password in a URL is refused: the signature says who sends")
    if not parts.hostname:
        raise ValueError("it names no host")
    if "#" in url:
        raise ValueError("a fragment (#...) is never sent: leave it out")
    if port == 0:
        raise ValueError("nothing listens on port 0")
    if parts.scheme == "http" and not allow_private:
        raise ValueError(
            "http would let everybody on the way read along: use https (or, within a network of your own, "
            "set RECOGNITION_WEBHOOK_ALLOW_PRIVATE=true)"
        )
    secure = parts.scheme == "https"
    target = url[len(f"{parts.scheme}://{parts.netloc}") :]
    return Destination(
        secure, parts.hostname, port or _port(secure), target if target.startswith("/") else f"/{target}"
    )


def _port(secure: bool) -> int:
    return 443 if secure else 80


def refusal(address: Address) -> str | None:
    """Why nothing is sent to this address: what it is. None where it is public, as the address that it embeds."""
    if isinstance(address, IPv4Address):
        return _refusal_v4(address)
    embedded = embedded_v4(address)
    if address.ipv4_mapped is not None or address in _NAT64:
        assert embedded is not None  # noqa: S101 - both hold one
        return _refusal_v4(embedded)
    if address not in _GLOBAL_UNICAST:
        return _kind(address)
    for network, what in _SPECIAL_V6.items():
        if address in network:
            return what
    if not address.is_global:
        return _kind(address)
    return None if embedded is None else _refusal_v4(embedded)


def embedded_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this one may end at: mapped, NAT64 or 6to4."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _refusal_v4(address: IPv4Address) -> str | None:
    for network, what in _SPECIAL_V4.items():
        if address in network:
            return what
    return None if address.is_global else _kind(address)


def _kind(address: Address) -> str:
    """What an address that is not public is."""
    if address.is_unspecified:
        return "no address at all"
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    return "private" if address.is_private else "not public"
