"""Signatures, judged by the library that receivers use."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pipeline.webhooks.signing import PREFIX, Secret, signed_headers

KEYS = st.binary(min_size=24, max_size=64)
IDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=64)
BODIES = st.text().map(str.encode)


def written(key: bytes) -> str:
    return PREFIX + base64.b64encode(key).decode()


def now() -> int:
    return int(time.time())


@given(KEYS, IDS, BODIES)
def test_receivers_can_verify_it(key: bytes, message_id: str, body: bytes) -> None:
    headers = signed_headers([Secret.parse(written(key))], message_id, now(), body)
    Webhook(written(key)).verify(body, headers, json_parse=False)


@given(KEYS, KEYS, KEYS, BODIES)
def test_while_a_secret_is_replaced_either_is_enough(old: bytes, new: bytes, other: bytes, body: bytes) -> None:
    headers = signed_headers([Secret(old), Secret(new)], "a1", now(), body)
    for key in (old, new):
        Webhook(written(key)).verify(body, headers, json_parse=False)
    if other not in (old, new):
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(written(other)).verify(body, headers, json_parse=False)


@given(KEYS, BODIES, st.sampled_from(["webhook-id", "webhook-timestamp", "body"]))
def test_whatever_is_changed_on_the_way_is_noticed(key: bytes, body: bytes, what: str) -> None:
    headers = signed_headers([Secret(key)], "a1", now(), body)
    if what == "body":
        body += b"!"
    else:
        headers[what] = {"webhook-id": "a2", "webhook-timestamp": str(now() + 60)}[what]
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(written(key)).verify(body, headers, json_parse=False)


@pytest.mark.parametrize("message_id", ["", "a.1", "a\r\nx: y", "ü", "a" * 257])
def test_an_id_that_cannot_be_signed_unambiguously(message_id: str) -> None:
    with pytest.raises(ValueError, match="the id"):
        signed_headers([Secret(bytes(24))], message_id, 0, b"")


def test_nothing_goes_out_unsigned() -> None:
    with pytest.raises(ValueError, match="nothing to sign with"):
        signed_headers([], "a1", 0, b"")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("correct horse battery staple", "a secret starts with whsec_"),
        ("whsec_correct horse battery", "is not base64"),
        ("whsec_Zürich", "is not base64"),
        (written(bytes(23)), "has 24 to 64 bytes, this one has 23"),
        (written(bytes(65)), "has 24 to 64 bytes, this one has 65"),
        ("whsec_", "has 24 to 64 bytes, this one has 0"),
    ],
)
def test_a_secret_that_is_none_is_not_quoted(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        Secret.parse(text)
    assert text.removeprefix(PREFIX)[:8] not in str(error.value) or text == PREFIX


@given(KEYS)
def test_a_secret_does_not_show_itself(key: bytes) -> None:
    secret = Secret.parse(written(key).rstrip("="))  # without padding too
    assert secret == Secret(key)
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(***)"
