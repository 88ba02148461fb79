"""Signatures by Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).

What is signed is the message's id, the time of the try and the body, joined by dots, with HMAC-SHA256. While a secret
is being replaced, both the old and the new one sign, and the receiver takes either signature.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Self

PREFIX = "whsec_"
MIN_BYTES = 24
MAX_BYTES = 64
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")  # above all no dot, which separates the parts of what is signed


class Secret:
    """A key shared with one receiver. It shows itself nowhere: not when printed, not in an error."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``whsec_`` and base64 of 24 to 64 bytes. Raises ValueError, which does not quote the text."""
        if not text.startswith(PREFIX):
            raise ValueError(f"a secret starts with {PREFIX}")
        encoded = text.removeprefix(PREFIX)
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"what follows {PREFIX} is not base64") from None
        if not MIN_BYTES <= len(key) <= MAX_BYTES:
            raise ValueError(f"a secret has {MIN_BYTES} to {MAX_BYTES} bytes, this one has {len(key)}")
        return cls(key)

    def sign(self, content: bytes) -> str:
        """One signature, with its scheme: ``v1,`` and base64."""
        return "v1," + base64.b64encode(hmac.new(self._key, content, hashlib.sha256).digest()).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return "Secret(***)"


def signed_headers(secrets: Sequence[Secret], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one try. ``timestamp`` is that of the try, in seconds since 1970.

    Raises ValueError when the id cannot be signed unambiguously, or there is no secret.
    """
    if not secrets:
        raise ValueError("nothing to sign with")
    if not MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"the id {message_id[:80]!r} is not made of letters, digits, - and _ alone")
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(secret.sign(content) for secret in secrets),
    }
