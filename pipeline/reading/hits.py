"""Terms where they stand in a text, and which of them stand when several claim one place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.reading.terms import Entry


@dataclass
class Hit:
    """A term, or the phrase that it makes, where it stands; ``end`` is exclusive."""

    start: int
    end: int
    entry: Entry

    def meaning(self, **changes: tuple[str, ...]) -> "Hit":
        """The same place with another meaning."""
        return replace(self, entry=replace(self.entry, **changes))  # type: ignore[arg-type]  # only tuples change


def apart(hits: Iterable[Hit]) -> list[Hit]:
    """Hits in order without overlap: of those that hang together the longest first, then what still fits.

    Of two in one place the one that was given first stands.
    """
    kept: list[Hit] = []
    cluster: list[Hit] = []
    reach = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= reach:
            kept += _longest(cluster)
            cluster = []
        cluster.append(hit)
        reach = max(reach, hit.end)
    return kept + _longest(cluster)


def _longest(cluster: list[Hit]) -> list[Hit]:
    if len(cluster) < 2:
        return cluster
    kept: list[Hit] = []
    for hit in sorted(cluster, key=lambda hit: hit.start - hit.end):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def whole_words(text: str, word: str) -> Iterator[int]:
    """Where a word stands by itself. It comes from the text, so that no pattern is worth making of it."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (start and text[start - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            yield start
        start = text.find(word, end)
