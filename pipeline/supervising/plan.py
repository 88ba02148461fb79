"""What a deployment on one machine needs, found before anything is started: free ports, a broker of its own."""

import socket
from dataclasses import dataclass
from pathlib import Path

from pipeline.broker.directory import DataDirectory
from pipeline.broker.kafka import HOST, free_port, is_free
from pipeline.errors import RecognitionError
from pipeline.settings import Settings

USUAL_BROKER_PORT = 9092
"""Where commands look for Kafka when they are told nothing else."""


@dataclass(frozen=True)
class Plan:
    """``settings`` are those of every process: their ports are chosen."""

    settings: Settings
    workers: int
    broker_port: int

    @property
    def broker(self) -> DataDirectory:
        """The broker's own directory."""
        return DataDirectory(self.settings.data_dir / "broker")

    @property
    def metrics(self) -> Path:
        """Where all processes count."""
        return self.settings.data_dir / "metrics"

    @property
    def log(self) -> Path:
        """Where all that they say is written."""
        return self.settings.data_dir / "logs" / "up.log"

    @property
    def url(self) -> str:
        """Where the dashboard is reached from this machine; the API is below it."""
        return self.settings.api_url

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """What whoever has started it wants to know: a word, and an address or a command."""
        finds_it = self.broker_port == USUAL_BROKER_PORT
        return [
            ("dashboard", f"{self.url}/"),
            ("API", f"{self.url}/v1/openapi.json"),
            ("metrics", f"{self.url}/metrics"),
            ("Kafka", self.settings.bootstrap),
            ("data", str(self.settings.data_dir)),
            ("log", str(self.log)),
            *([] if finds_it else [("export", f"RECOGNITION_BOOTSTRAP={self.settings.bootstrap}")]),
            ("then", "recognition replay PATH..." + ("" if finds_it else "   in a shell with that export")),
        ]


def make_plan(settings: Settings, workers: int, broker_port: int | None) -> Plan:
    """Choose the ports that are not given. Starts nothing.

    Raises RecognitionError when a port that is given is taken, or when a broker runs on the data directory already.
    """
    broker = DataDirectory(settings.data_dir / "broker")
    if running := broker.running():
        raise RecognitionError(
            f"a broker runs on {broker.path} already, at {running.bootstrap} (process {running.pid}), and `up` starts "
            f"its own. Stop it with `recognition broker stop --data-dir {broker.path}`, or name another directory with "
            "--data-dir."
        )
    api_port = _api_port(settings.api_host, settings.api_port)
    port = _broker_port(broker_port, broker, but=api_port)
    chosen = {
        "api_port": api_port,
        "bootstrap": f"{HOST}:{port}",
        # What may be set for another cluster is not true of this one.
        "security_protocol": "PLAINTEXT",
        "replication_factor": 1,
    }
    return Plan(settings.model_copy(update=chosen), workers, port)


def _broker_port(given: int | None, broker: DataDirectory, but: int) -> int:
    """The port that is given; else the usual one, that of last time, or any that is free."""
    if given is None:
        known = broker.cluster()
        usual = [USUAL_BROKER_PORT, *([known.port] if known else [])]
        return next((port for port in usual if port != but and is_free(port)), None) or free_port(but=but)
    if given != but and is_free(given):
        return given
    taken = "is where the API shall listen" if given == but else "is in use by another program"
    raise RecognitionError(
        f"port {given} of {HOST} {taken}. Name another one with --broker-port, or none to have a free one chosen."
    )


def _api_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises RecognitionError when nobody could listen there now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise RecognitionError(
            f"the API cannot listen on port {port} of {host} ({error.strerror}). "
            "Name a free port with --port, or an address of this machine with RECOGNITION_API_HOST."
        ) from error
