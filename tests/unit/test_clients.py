"""One set of settings, two Kafka clients: both must come to the same."""

from pathlib import Path

import faust
import pytest
from pydantic import SecretStr

from pipeline.errors import RecognitionError
from pipeline.settings import Settings
from pipeline.streams import clients

SECRET = SecretStr("secret")


def test_plain() -> None:
    settings = Settings(bootstrap="one:9092,two:9093")
    assert clients.kafka_options(settings) == {
        "bootstrap_servers": ["one:9092", "two:9093"],
        "security_protocol": "PLAINTEXT",
        "client_id": "recognition",
    }
    assert clients.faust_options(settings) == {
        "broker": ["kafka://one:9092", "kafka://two:9093"],
        "broker_client_id": "recognition",
    }


def test_sasl_over_tls() -> None:
    settings = Settings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="ada", sasl_password=SECRET
    )
    options = clients.kafka_options(settings)
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("ada", "secret")
    assert options["ssl_context"].check_hostname
    credentials = clients.faust_options(settings)["broker_credentials"]
    assert isinstance(credentials, faust.SASLCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert (credentials.username, credentials.password) == ("ada", "secret")


def test_sasl_without_tls() -> None:
    settings = Settings(security_protocol="SASL_PLAINTEXT", sasl_username="ada", sasl_password=SECRET)
    assert "ssl_context" not in clients.kafka_options(settings)
    assert clients.faust_options(settings)["broker_credentials"].protocol.value == "SASL_PLAINTEXT"


def test_tls() -> None:
    settings = Settings(security_protocol="SSL", ssl_check_hostname=False)
    assert not clients.kafka_options(settings)["ssl_context"].check_hostname
    assert clients.faust_options(settings)["broker_credentials"].protocol.value == "SSL"


def test_a_user_is_missing() -> None:
    with pytest.raises(RecognitionError, match="RECOGNITION_SASL_USERNAME"):
        clients.kafka_options(Settings(security_protocol="SASL_SSL"))


def test_a_certificate_is_missing(tmp_path: Path) -> None:
    settings = Settings(security_protocol="SSL", ssl_cafile=tmp_path / "none.pem")
    with pytest.raises(RecognitionError, match=r"none\.pem.*RECOGNITION_SSL_CAFILE"):
        clients.faust_options(settings)
