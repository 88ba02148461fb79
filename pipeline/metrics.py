"""What is counted and measured, as Prometheus reads it.

A process of its own keeps its figures in memory. Processes that share a directory, named by the environment variable
`PROMETHEUS_MULTIPROC_DIR`, keep them there, and each tells the figures of all: counters go on when a process is
started anew, gauges are those of living processes. Work that was repeated after a crash is counted again: these are
figures of what was done; what is so stands on the topics.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pipeline.errors import RecognitionError
from pipeline.topology import Stage

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus_client when it is first imported, which this module therefore does late."""

_LATENCY_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600)


class _Metrics:
    """Every family. One object a process: prometheus_client opens the shared files when it is made."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

        if directory := os.environ.get(DIRECTORY):
            Path(directory).mkdir(parents=True, exist_ok=True)  # somebody may have removed it
        # They would make a second family of every counter, which a shared directory cannot tell.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"recognition_{name}", about, labels, registry=self.registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(
                f"recognition_{name}", about, labels, registry=self.registry, multiprocess_mode="livemostrecent"
            )

        def by_stage(name: str, about: str, *stages: str) -> dict[str, Counter]:
            family = counter(name, about, "stage")
            return {stage: family.labels(stage) for stage in stages}  # what has not happened yet is 0, not unknown

        stages = get_args(Stage)
        refused = by_stage("dead_letters", "Messages that a stage refused; those set aside are apart.", *stages)
        aside = by_stage("set_aside", "Sound articles that are not read: not in English, say.", "gate")
        again = by_stage("duplicates", "Texts read before, and changes published before.", "read", "publish")
        self.counted = {
            # (stage, what its Counters call it): the counter
            ("gate", "articles"): counter("articles", "Articles that the gate has looked at."),
            ("gate", "documents"): counter("documents", "Articles that were relevant: what is read."),
            ("read", "claims"): counter("claims", "Claims that were read, or carried over to another source."),
            ("judge", "changes"): counter("changes", "Steps of a status, as often as they were judged."),
            ("publish", "alerts"): counter("alerts", "Alerts that were published."),
            ("read", "documents dropped"): again["read"],
            ("read", "documents carried over"): again["read"],
            ("publish", "published before"): again["publish"],
            **{(stage, "dead letters"): refused[stage] for stage in stages},
            ("gate", "set aside"): aside["gate"],
            ("notify", "delivered"): counter("webhook_deliveries", "Alerts that a webhook took, each time it did."),
            ("notify", "tries failed"): counter("webhook_failures", "Tries that a webhook did not take."),
        }
        self.restarts = counter("restarts", "How often a process was started anew after it ended by itself.", "role")
        self.lag = gauge(
            "lag",
            "Records of a partition that its group has not processed; NaN while the broker does not answer. On topics "
            "written in transactions an upper bound, which is 0 exactly when nothing is left.",
            *("topic", "partition"),
        )
        self.commit_age = gauge(
            "last_commit_age_seconds",
            "How long the committed offset of a partition was not seen to move; it matters where there is lag.",
            *("topic", "partition"),
        )
        self.latency = Histogram(
            "recognition_end_to_end_seconds",
            "From the Kafka time of an article to that of the alert it led to.",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.view_lag = gauge("view_lag", "Committed records that the SQLite view has not applied yet.")
        self.subscribers = gauge("sse_subscribers", "Clients of /v1/alerts/stream.")


@cache
def _metrics() -> _Metrics:
    return _Metrics()


def share(directory: Path) -> None:
    """Keep the figures of this process and of those it starts in a directory. To be said before anything is counted."""
    os.environ[DIRECTORY] = str(directory)


def count(stage: str, name: str, number: int = 1) -> None:
    """Count what a stage's Counters count; what has no family here is left to its log."""
    if counter := _metrics().counted.get((stage, name)):
        counter.inc(number)


def count_restarts(role: str, number: int = 1) -> None:
    """Processes of this role were started anew; 0 tells that the role is there."""
    _metrics().restarts.labels(role).inc(number)


def observe_latency(seconds: float) -> None:
    """An alert came so long after its article: the difference of their Kafka times."""
    _metrics().latency.observe(max(0.0, seconds))


def set_lag(topic: str, partition: int, records: float, commit_age: float) -> None:
    """How far the group of a partition is behind, and since when it has not moved (seconds). NaN is: not known."""
    place = (topic, str(partition))
    _metrics().lag.labels(*place).set(records)
    _metrics().commit_age.labels(*place).set(commit_age)


def set_view_lag(records: int) -> None:
    """So many committed records are not in the view of this process yet."""
    _metrics().view_lag.set(records)


def set_subscribers(number: int) -> None:
    """So many clients listen to the alerts of this process."""
    _metrics().subscribers.set(number)


def forget_process(pid: int, directory: Path) -> None:
    """Drop the gauges that a process which has ended left in the shared directory; its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]


def families() -> "Iterable[Metric]":
    """Every family with its samples, of all processes that share a directory or of this one."""
    return _registry().collect()


def exposition() -> tuple[bytes, str]:
    """The same in Prometheus's text format, and its content type."""
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    return generate_latest(_registry()), CONTENT_TYPE_PLAIN_0_0_4


def listen(host: str, port: int) -> int:
    """Answer Prometheus on a port, in a thread of its own, until the process ends. Gives the port; 0 takes a free one.

    Raises RecognitionError when the port is taken.
    """
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(port, host, registry=_registry())
    except OSError as error:
        raise RecognitionError(
            f"metrics cannot be offered on port {port} of {host} ({error.strerror}). "
            "Name a free one with --metrics-port."
        ) from error
    return int(server.server_port)


class _Shared:
    """Collects what every process has written into the directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> "Iterable[Metric]":
        from prometheus_client.multiprocess import MultiProcessCollector

        while True:
            with suppress(FileNotFoundError):  # one was removed meanwhile
                # A process that was killed while it made its file leaves an empty one.
                files = [str(file) for file in sorted(self._directory.glob("*.db")) if file.stat().st_size]
                found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
                return found


def _registry() -> "CollectorRegistry":
    own = _metrics().registry
    directory = os.environ.get(DIRECTORY)
    if not directory:
        return own
    from prometheus_client import CollectorRegistry

    shared = CollectorRegistry()
    shared.register(_Shared(Path(directory)))
    return shared
