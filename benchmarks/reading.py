"""What an article costs: an irrelevant one at the gate, a relevant one to its claims. Run: see README.md beside it.

CPU time of this process, all its threads together; medians of interleaved rounds. The yardstick is ``json.loads`` of
the same bytes.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake.files import read_articles
from pipeline.intake.prepare import Intake
from pipeline.reading.load import load_reader
from pipeline.reading.reader import Reader
from pipeline.records import Article
from pipeline.settings import Settings

ROUNDS = 25
LISTED = 10
"""About so many of the articles are listed, from the cheapest to the dearest."""
SEEDS = Path(__file__).parents[1] / "seeds"

# On something else, though with countries in it.
_PARAGRAPHS = """\
The harbour council voted on Tuesday to spend two million on a new breakwater, after three winters in which storms \
tore away parts of the old one and flooded the fish market behind it.
Traders had asked for the works since 2019. Some of them lost their stock twice in a month, and insurers now refuse to \
cover anything that is stored on the ground floor.
Engineers from Norway and Portugal who looked at the site said that the waves had grown taller because a sandbank \
further out is wandering north, by about four metres a year.
The opposition wanted cheaper gates instead. Its speaker called the plan a monument, and said that half the money \
would be enough if the market moved to the railway yard.
A regional fund pays a third of the bill. The rest comes from a loan over 20 years, which the town's treasurer \
described as the longest that it ever took.
"""


def irrelevant_article(size: int = 3_000) -> bytes:
    """A made-up news article of about ``size`` bytes on the wire."""
    text = (_PARAGRAPHS * (size // len(_PARAGRAPHS) + 1))[: size - 200]
    return Article(id="harbour-1", source="Harbour Post", title="Town builds a breakwater", text=text).to_json()


def cpu_seconds(work: Callable[[], object], repeat: int) -> float:
    """CPU time of one call, over ``repeat`` calls in a row."""
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat


def interleaved(works: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median CPU time of a call of each; every round runs all of them, so that drift hits them alike."""
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            samples[name].append(cpu_seconds(work, repeat))
    return {name: statistics.median(values) for name, values in samples.items()}


def measure_irrelevant(intake: Intake) -> None:
    """What every article pays: parse and scan."""
    raw = irrelevant_article()
    article = intake.parse(raw)
    assert not intake.relevant(article), "the article is meant to be irrelevant"  # noqa: S101
    medians = interleaved(
        {
            "json.loads (yardstick)": lambda: json.loads(raw),
            "parse": lambda: intake.parse(raw),
            "relevant": lambda: intake.relevant(article),
            "parse + relevant": lambda: intake.relevant(intake.parse(raw)),
        },
        repeat=1_000,
    )
    yardstick = medians["json.loads (yardstick)"]
    print(f"\nirrelevant article, {len(raw):,} bytes: median CPU time of {ROUNDS} rounds of 1,000\n")
    print(f"{'step':<24}{'microseconds':>13}{'x json.loads':>14}")
    for name, seconds in medians.items():
        print(f"{name:<24}{seconds * 1e6:>13.1f}{seconds / yardstick:>14.2f}")


@dataclass(frozen=True)
class Cost:
    """CPU seconds that one relevant article takes."""

    name: str
    size: float
    yardstick: float
    prepare: float
    read: float

    @property
    def total(self) -> float:
        """From bytes to claims."""
        return self.prepare + self.read


def cost(intake: Intake, reader: Reader, article: Article) -> Cost:
    """Measure one article."""
    raw = article.to_json()
    document = intake.document(article)
    medians = interleaved(
        {
            "yardstick": lambda: json.loads(raw),
            "prepare": lambda: intake.document(intake.parse(raw)),
            "read": lambda: reader(document),
        },
        repeat=1,
    )
    return Cost(article.id, len(raw), **medians)


def measure_relevant(intake: Intake, settings: Settings, paths: Sequence[Path]) -> None:
    """What a relevant article pays on top: cleaning, dating, digest, signature, and the reading itself."""
    articles = [found for found in read_articles(paths) if isinstance(found, Article)]
    start = time.process_time()
    reader = load_reader(settings)
    loaded = time.process_time() - start
    rows = [cost(intake, reader, article) for article in articles if intake.relevant(article)]
    print(f"\n{len(rows)} relevant articles: median CPU time of {ROUNDS} rounds; the reader loads in {loaded:.1f} s\n")
    print(f"{'article':<28}{'bytes':>8}{'prepare ms':>12}{'read ms':>10}{'sum ms':>9}{'x json.loads':>14}")
    for row in sorted(rows, key=lambda row: row.total)[:: max(1, len(rows) // LISTED)]:
        print_cost(row)
    print_cost(Cost("mean of all", *(statistics.mean(figures) for figures in zip(*map(figures_of, rows), strict=True))))


def figures_of(row: Cost) -> tuple[float, float, float, float]:
    """All that can be averaged."""
    return row.size, row.yardstick, row.prepare, row.read


def print_cost(row: Cost) -> None:
    """Print one line of the table."""
    print(
        f"{row.name[:27]:<28}{row.size:>8,.0f}{row.prepare * 1e3:>12.1f}{row.read * 1e3:>10.1f}{row.total * 1e3:>9.1f}"
        f"{row.total / row.yardstick:>14,.0f}"
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=[SEEDS], help="relevant articles (default: seeds)")
    settings = Settings()
    intake = Intake(settings)
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    measure_irrelevant(intake)
    measure_relevant(intake, settings, parser.parse_args().paths)


if __name__ == "__main__":
    main()
