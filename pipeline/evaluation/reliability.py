"""Whether a confidence of 0.8 is right eight times in ten: the reliability table of a reader."""

from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Claims whose confidence lies in [low, high); the last bin includes 1."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean confidence."""
    observed: float
    """Share that was right."""


@dataclass(frozen=True)
class Reliability:
    """The bins that hold anything, and two figures over all claims (0 is perfect)."""

    bins: tuple[Bin, ...]
    brier: float | None
    """Mean squared difference of confidence and outcome (1 right, 0 wrong); None without claims."""
    expected_calibration_error: float | None
    """Mean difference of a bin's confidence and its observed share, weighted by its count."""


def reliability(outcomes: Iterable[tuple[float, bool]], bins: int = BINS) -> Reliability:
    """The table of (confidence, was it right) pairs over ``bins`` equal bins."""
    pairs = list(outcomes)
    rows = []
    for index in range(bins):
        inside = [(conf, right) for conf, right in pairs if min(int(conf * bins), bins - 1) == index]
        if inside:
            rows.append(
                Bin(
                    low=index / bins,
                    high=(index + 1) / bins,
                    count=len(inside),
                    confidence=sum(conf for conf, _ in inside) / len(inside),
                    observed=sum(right for _, right in inside) / len(inside),
                )
            )
    if not pairs:
        return Reliability((), None, None)
    return Reliability(
        bins=tuple(rows),
        brier=sum((conf - right) ** 2 for conf, right in pairs) / len(pairs),
        expected_calibration_error=sum(row.count * abs(row.confidence - row.observed) for row in rows) / len(pairs),
    )
