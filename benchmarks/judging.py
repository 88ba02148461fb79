"""How long a fold takes and how large a row grows: `python -m benchmarks.judging`."""

import time
from collections.abc import Iterator

from pipeline.judging.fold import fold
from pipeline.records import Claim, Predicate, Status
from tests.unit.judging_claims import flood


def _measure(title: str, claims: Iterator[Claim]) -> None:
    status: Status | None = None
    took = []
    for one in claims:
        began = time.perf_counter()
        status, _ = fold(status, one)
        took.append(time.perf_counter() - began)
    assert status is not None  # noqa: S101
    raw = status.to_json()
    began = time.perf_counter()
    Status.from_json(raw).to_json()
    wire = time.perf_counter() - began
    last = sorted(took[-len(took) // 10 :])
    print(
        f"{title:<58} {len(took):>6} claims  {len(raw) / 1000:>6.0f} kB  "
        f"fold {1000 * last[len(last) // 2]:.2f} ms (median), {1000 * last[-1]:.1f} ms (worst)  "
        f"JSON there and back {1000 * wire:.1f} ms"
    )


def main() -> None:
    """Measure rows of several kinds; times are of the last tenth of the claims."""
    act: tuple[Predicate, ...] = ("recognized",)
    _measure("one event, ordinary texts", flood(1_000, predicates=act, days=20, dates=2, length=0.3))
    _measure("one event, ordinary texts", flood(10_000, predicates=act, days=20, dates=2, length=0.3))
    _measure("one event, 9 of 10 texts copied", flood(10_000, predicates=act, days=20, dates=2, length=0.3, copies=0.9))
    _measure("all kinds over two years, ordinary texts", flood(1_000, days=700, dates=40, length=0.3))
    _measure("all kinds over two years, the longest texts", flood(10_000, days=700, dates=40))
    _measure("all kinds on a few dates, the longest texts", flood(10_000, days=2, dates=3))


if __name__ == "__main__":
    main()
