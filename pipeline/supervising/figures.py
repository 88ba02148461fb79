"""What all processes of a deployment have counted so far, and how far they are behind: metrics, for people."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_COUNTS = ("articles", "documents", "claims", "alerts", "duplicates", "set_aside", "dead_letters")


@dataclass(frozen=True)
class Figures:
    """Counts since the start, by name; records left by topic, where that is known (else NaN)."""

    counts: dict[str, int]
    lag: dict[str, float]


def figures(families: "Iterable[Metric]") -> Figures:
    """Sum the samples of every family over its labels, those of lag by topic."""
    counts: dict[str, int] = dict.fromkeys(_COUNTS, 0)
    lag: dict[str, float] = defaultdict(float)
    for family in families:
        name = family.name.removeprefix("recognition_")
        for sample in family.samples:
            if name in counts and sample.name.endswith("_total"):
                counts[name] += int(sample.value)
            elif name == "lag":
                lag[sample.labels["topic"]] += sample.value
            elif name == "view_lag":
                lag["view"] = sample.value
    return Figures(counts, dict(lag))
