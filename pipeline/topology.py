"""Every topic: name, key, partitions, retention, cleanup and record. The only place that names one."""

from dataclasses import dataclass
from typing import Literal

from pipeline import records

Stage = Literal["gate", "read", "judge", "publish", "notify"]
Role = Literal["gate", "worker", "publish", "notify"]
"""A process of a deployment; the worker runs the stages read and judge."""
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Topic:
    """One Kafka topic. ``retention_ms`` -1 keeps for ever."""

    name: str
    key: str
    record: type[records.Record]
    partitions: int
    cleanup: Literal["delete", "compact", "compact,delete"]
    retention_ms: int
    about: str
    max_message_bytes: int = 2_000_000

    def config(self) -> dict[str, str]:
        """The topic's configuration as Kafka names it."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }


@dataclass(frozen=True)
class Input:
    """What a stage takes, and in the name of which consumer group; ``role`` is the process that runs it."""

    stage: Stage
    role: Role
    group: str
    topic: Topic


class Topology:
    """All topics of one deployment; ``prefix`` keeps several apart on one cluster.

    ``seen_days`` is how long a text that was read is remembered: the changelog of table seen forgets with it.
    """

    def __init__(self, prefix: str = "", partitions: int = 4, seen_days: int = 30) -> None:
        def topic(
            name: str,
            key: str,
            record: type[records.Record],
            about: str,
            *,
            days: int = -1,
            compact: bool = False,
            max_message_bytes: int = 2_000_000,
        ) -> Topic:
            return Topic(
                name=prefix + name,
                key=key,
                record=record,
                partitions=partitions,
                cleanup="delete" if not compact else "compact" if days < 0 else "compact,delete",
                retention_ms=-1 if days < 0 else days * _DAY_MS,
                about=about,
                max_message_bytes=max_message_bytes,
            )

        self.prefix = prefix
        self.partitions = partitions
        self.worker_app = f"{prefix}recognition-worker"
        self.gate_group = f"{prefix}recognition-gate"
        self.publish_group = f"{prefix}recognition-publish"
        self.notify_group = f"{prefix}recognition-notify"  # and a dot, and the endpoint's name

        big = 10_000_000  # an article that is refused for its size still has to fit on articles and its dead letters
        self.articles = topic("articles", "any", records.Article, "reports as published", days=7, max_message_bytes=big)
        self.documents = topic("documents", "content digest", records.Document, "what is read", days=7)
        # Kept for ever: what was known at an earlier time is told by folding the claims that were there by then.
        self.claims = topic("claims", "subject|country", records.Claim, "what articles assert")
        self.changes = topic("changes", "subject|country", records.Change, "steps of a status, at least once", days=90)
        self.status = topic("status", "subject|country", records.Status, "the live table", compact=True)
        self.alerts = topic("alerts", "subject|country", records.Alert, "each change once; read_committed", days=-1)
        inputs: dict[Stage, str] = {
            "gate": "articles",
            "read": "documents",
            "judge": "claims",
            "publish": "changes",
            "notify": "alerts",
        }
        self.dead_letters = {
            stage: topic(
                f"{source}.dlq",
                f"as on {source}",
                records.DeadLetter,
                f"what {stage} refused: bytes untouched, reasons in the headers",
                days=30,
                max_message_bytes=big + 100_000,  # the headers come on top
            )
            for stage, source in inputs.items()
        }
        self.line = (
            Input("gate", "gate", self.gate_group, self.articles),
            Input("read", "worker", self.worker_app, self.documents),
            Input("judge", "worker", self.worker_app, self.claims),
            Input("publish", "publish", self.publish_group, self.changes),
        )
        """From articles to alerts, in the order in which they go. Each stage commits its input after, or together with,
        what comes of it."""
        self.seen_changelog = topic(
            "recognition-worker-seen-changelog",
            "content digest",
            records.Record,
            "changelog of table seen",
            days=seen_days,
            compact=True,
        )
        self.status_changelog = topic(
            "recognition-worker-status-changelog",
            "subject|country",
            records.Record,
            "changelog of table status",
            compact=True,
        )

    def all(self) -> tuple[Topic, ...]:
        """Every topic that must exist before a role starts."""
        return (
            self.articles,
            self.documents,
            self.claims,
            self.changes,
            self.status,
            self.alerts,
            *self.dead_letters.values(),
            self.seen_changelog,
            self.status_changelog,
        )
