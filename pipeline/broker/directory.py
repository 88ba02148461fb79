"""The data directory of one cluster: whose it is, who holds it now, and where it can be reached.

cluster.json        cluster id and ports, for as long as the cluster exists
broker.json         process id and address of the broker that runs on it, while one runs
lock                held by that broker's process for as long as it lives
topics/             Kafka's own
logs/               what Kafka logs (kafka.log), what Java prints (console.log)
server.properties, log4j2.properties    written anew at every start
"""

import base64
import fcntl
import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from pipeline.errors import RecognitionError

_LOCK_ATTEMPTS = 5
_OF_THE_SYSTEM = {"lost+found"}  # what a volume that was just made may hold


@dataclass(frozen=True)
class Cluster:
    """What stays the same of a cluster from start to start."""

    cluster_id: str
    port: int
    controller_port: int


@dataclass(frozen=True)
class Running:
    """The broker that runs on a data directory."""

    pid: int
    bootstrap: str


class DataDirectory:
    """One cluster's data directory. Making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.topics = self.path / "topics"
        self.kafka_log = self.path / "logs" / "kafka.log"
        self.console_log = self.path / "logs" / "console.log"
        self.server_properties = self.path / "server.properties"
        self.log4j2_properties = self.path / "log4j2.properties"
        self._cluster = self.path / "cluster.json"
        self._running = self.path / "broker.json"
        self._lock = self.path / "lock"

    def hold(self) -> int:
        """Make the directory and lock it; give the open file that carries the lock.

        The lock lasts until every process that inherited that file has closed it or ended.
        Raises RecognitionError when a broker runs on the directory, or when it is not one of ours.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {path.name for path in self.path.iterdir()}
            if names.isdisjoint({self._lock.name, self._cluster.name}) and names - _OF_THE_SYSTEM:
                raise RecognitionError(
                    f"{self.path} is not a broker's data directory: it holds other files. "
                    "Name an empty or a new directory."
                )
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RecognitionError(
                f"the broker cannot keep its data in {self.path} ({error.strerror}). Name another directory."
            ) from error
        for attempt in range(_LOCK_ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if attempt + 1 == _LOCK_ATTEMPTS:
                    os.close(lock)
                    raise RecognitionError(self._in_use()) from error
                time.sleep(0.1)  # `is_held` holds it for a moment, and a broker that was killed is soon gone
        self._running.unlink(missing_ok=True)
        return lock

    def is_held(self) -> bool:
        """Whether a broker runs, or is starting or stopping, on this directory."""
        try:
            lock = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise RecognitionError(
                f"{self._lock} cannot be opened ({error.strerror}). Ask as the user whose broker it is."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def running(self) -> Running | None:
        """Give the broker whose process runs on this directory; none where there is none."""
        if not self.is_held():
            return None
        try:
            running = Running(**json.loads(self._running.read_bytes()))
            arguments = psutil.Process(running.pid).cmdline()
        except (FileNotFoundError, psutil.Error):
            return None
        # The number of a process that has ended may be another program's by now.
        cluster = self.cluster()
        return running if cluster and mark(cluster) in arguments else None

    def cluster(self) -> Cluster | None:
        """Give the cluster of this directory; none in a new one.

        Raises RecognitionError when the directory's own note and Kafka's disagree on which cluster it is.
        """
        try:
            cluster = Cluster(**json.loads(self._cluster.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            cluster = None
        except (ValueError, TypeError, OSError) as error:
            raise RecognitionError(
                f"{self._cluster} cannot be read ({error}). Restore it, or name another data directory."
            ) from error
        kafkas = self._cluster_id_of_kafka()
        if kafkas and (cluster is None or cluster.cluster_id != kafkas):
            ours = f"cluster {cluster.cluster_id}" if cluster else "no cluster"
            raise RecognitionError(
                f"{self.path} belongs to another cluster: Kafka's data there are of cluster {kafkas}, "
                f"{self._cluster.name} names {ours}. Name another directory."
            )
        return cluster

    def is_formatted(self) -> bool:
        """Whether Kafka has prepared its storage here."""
        return self._cluster_id_of_kafka() is not None

    def save_cluster(self, cluster: Cluster) -> None:
        """Note the cluster, whole or not at all."""
        self._write(self._cluster, asdict(cluster))

    def save_running(self, running: Running) -> None:
        """Note the broker that has started, whole or not at all."""
        self._write(self._running, asdict(running))

    def has_started(self) -> bool:
        """Whether the broker that was launched last has said that it serves."""
        return self.console_log.exists() and "Kafka Server started" in self.console_log.read_text("utf-8", "replace")

    def log_size(self) -> int:
        """How many bytes Kafka has logged into the current file."""
        return self.kafka_log.stat().st_size if self.kafka_log.exists() else 0

    def end_of_log(self, since: int = 0, lines: int = 20) -> str:
        """Give the last lines that Kafka logged after so many bytes, and that Java printed, without stack frames."""
        said: list[str] = []
        for log, start in ((self.kafka_log, since), (self.console_log, 0)):
            if log.exists():
                text = log.read_bytes()[start:].decode("utf-8", errors="replace")
                said += [line for line in text.splitlines() if line.strip() and not line.startswith("\tat ")][-lines:]
        return "\n".join(said) or "(empty)"

    def _in_use(self) -> str:
        running = self.running()
        by = f"the broker at {running.bootstrap} (process {running.pid})" if running else "a broker that is starting"
        return (
            f"{self.path} is in use by {by}. Use that one, stop it with "
            f"`recognition broker stop --data-dir {self.path}`, or name another directory."
        )

    def _cluster_id_of_kafka(self) -> str | None:
        try:
            text = (self.topics / "meta.properties").read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return next((line.partition("=")[2] for line in text.splitlines() if line.startswith("cluster.id=")), "?")

    @staticmethod
    def _write(path: Path, record: dict[str, object]) -> None:
        new = path.with_suffix(".new")
        new.write_text(json.dumps(record) + "\n", "utf-8")
        new.replace(path)


def mark(cluster: Cluster) -> str:
    """The argument by which a broker's process can be told."""
    return f"-Drecognition.cluster={cluster.cluster_id}"


def new_cluster_id() -> str:
    """Make a cluster id as Kafka makes them: 16 random bytes in URL-safe base 64, never with a leading dash."""
    while True:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not cluster_id.startswith("-"):
            return cluster_id
