"""How every role reaches Kafka: one place turns Settings into the options of aiokafka and of Faust."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.helpers import create_ssl_context

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.topology import Topology

MAX_REQUEST_BYTES = 10_485_760
"""The largest request that a producer makes: what the broker takes, and more than any topic lets one record be."""


class _Client(Protocol):
    async def start(self) -> None: ...


Client = TypeVar("Client", bound=_Client)


def topology_of(settings: Settings) -> Topology:
    """The topics of the deployment that these settings describe."""
    return Topology(settings.topic_prefix, settings.partitions, seen_days=settings.seen_days)


def kafka_options(settings: Settings) -> dict[str, Any]:
    """What every aiokafka client needs: where the brokers are, and who we are.

    Raises RecognitionError when a certificate, key or password is missing or cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap.split(","),
        "security_protocol": settings.security_protocol,
        "client_id": settings.client_id,
    }
    if settings.security_protocol in ("SSL", "SASL_SSL"):
        options["ssl_context"] = ssl_context(settings)
    if settings.security_protocol.startswith("SASL_"):
        username, password = _credentials(settings)
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": username,
            "sasl_plain_password": password,
        }
    return options


def faust_options(settings: Settings) -> dict[str, Any]:
    """The same for a Faust app.

    Raises RecognitionError when a certificate, key or password is missing or cannot be read.
    """
    import faust

    options: dict[str, Any] = {
        "broker": [f"kafka://{server}" for server in settings.bootstrap.split(",")],
        "broker_client_id": settings.client_id,
    }
    context = ssl_context(settings) if settings.security_protocol in ("SSL", "SASL_SSL") else None
    if settings.security_protocol.startswith("SASL_"):
        username, password = _credentials(settings)
        credentials = faust.SASLCredentials(
            mechanism=settings.sasl_mechanism, username=username, password=password, ssl_context=context
        )
        # Faust derives the protocol from the mere presence of a context.
        options["broker_credentials"] = credentials
    elif context is not None:
        options["broker_credentials"] = faust.SSLCredentials(context)
    return options


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context that the settings ask for. Raises RecognitionError when a file of theirs cannot be used."""
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=settings.ssl_cafile, certfile=settings.ssl_certfile, keyfile=settings.ssl_keyfile
        )
    except (OSError, ssl.SSLError) as error:
        named = [str(path) for path in (settings.ssl_cafile, settings.ssl_certfile, settings.ssl_keyfile) if path]
        raise RecognitionError(
            f"TLS cannot be set up from {', '.join(named) or 'the system'} ({error}). "
            "Check RECOGNITION_SSL_CAFILE, RECOGNITION_SSL_CERTFILE and RECOGNITION_SSL_KEYFILE."
        ) from error
    context.check_hostname = settings.ssl_check_hostname
    return context


def _credentials(settings: Settings) -> tuple[str, str]:
    if settings.sasl_username is None or settings.sasl_password is None:
        raise RecognitionError(
            f"{settings.security_protocol} needs a user: set RECOGNITION_SASL_USERNAME and RECOGNITION_SASL_PASSWORD."
        )
    return settings.sasl_username, settings.sasl_password.get_secret_value()


async def connect(client: Client, settings: Settings) -> Client:
    """Start an aiokafka client. Raises RecognitionError when no broker answers; leaves nothing open then."""
    try:
        await client.start()
    except BaseException as error:
        close = getattr(client, "stop", None) or client.close  # type: ignore[attr-defined]
        await close()
        if isinstance(error, KafkaConnectionError):
            raise RecognitionError(
                f"no Kafka broker answers at {settings.bootstrap}. Start one with `recognition broker start`, "
                "or name a running one with --bootstrap HOST:PORT."
            ) from error
        raise
    return client


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client for topics and groups."""
    client = await connect(AIOKafkaAdminClient(**kafka_options(settings)), settings)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def consumer(settings: Settings, *topics: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that sees only what was committed, and that commits nothing by itself."""
    client = await connect(new_consumer(settings, *topics, **options), settings)
    try:
        yield client
    finally:
        await _stop(client)


async def _stop(client: AIOKafkaConsumer) -> None:
    try:
        await client.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise
        # While no broker answers, the end of its own fetches escapes from aiokafka 0.14, and the rest stays open.
        await client._client.close()


def new_consumer(settings: Settings, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """The same, not started."""
    defaults: dict[str, Any] = {
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
    }
    return AIOKafkaConsumer(*topics, **(kafka_options(settings) | defaults | options))


@asynccontextmanager
async def producer(settings: Settings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer whose sends are acknowledged by all replicas and not repeated by a retry."""
    client = await connect(new_producer(settings, **options), settings)
    try:
        yield client
    finally:
        await client.stop()


def new_producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """The same, not started."""
    defaults: dict[str, Any] = {"acks": "all", "enable_idempotence": True, "max_request_size": MAX_REQUEST_BYTES}
    return AIOKafkaProducer(**(kafka_options(settings) | defaults | options))
