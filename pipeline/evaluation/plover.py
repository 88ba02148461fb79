"""The PLOVER gold standard sentences: who did what to whom, nearly all of it not about recognition.

A public set (openeventdata/PLOVER, CC BY-SA 4.0), read from a file beside the labelled articles when it is there.
Its classes are broader than ours, so that what its sentences mean in our predicates stands here, by their ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.evaluation.scoring import Emission
from pipeline.records import Record

_PREFIX = "PLOVER-GSR01-"

Reading = tuple[str, str, str]
"""subject, country, predicate."""

# What has to be found.
REQUIRED: Mapping[str, frozenset[Reading]] = {
    "SUPPORT-0008": frozenset({("iran", "LK", "established_relations"), ("iran", "LK", "embassy_opened")}),
    "SANCTION-0009": frozenset({("taliban", "US", "sanctions_imposed")}),
}
# What may be found: a diplomat expelled, ties upgraded with a state that a watchlist may hold, a plan of one's own.
ALLOWED: Mapping[str, frozenset[Reading]] = {
    "SANCTION-0003": frozenset({("russia", "CH", "relations_downgraded")}),
    "SUPPORT-0001": frozenset({("albania", "CZ", "established_relations"), ("czechia", "AL", "established_relations")}),
    "AGREE-0028": frozenset((subject, "US", "considering") for subject in ("iran", "libya", "north-korea", "sudan")),
}
# Demands, threats, refusals and near senses on watched subjects: what must stay silent above all.
SILENT = frozenset(
    {
        "DEMAND-0009",
        "THREATEN-0005",
        "THREATEN-0006",
        "REJECT-0019",
        "DISAPPROVE-0012",
        "CONCEDE-0011",
    }
)


class PloverSentence(Record):
    """One sentence of the set, as its file has it."""

    id: str
    text: str
    event: str

    @property
    def number(self) -> str:
        """Its id without the set's own name."""
        return self.id.removeprefix(_PREFIX)


@dataclass(frozen=True)
class PloverScore:
    """What fired on which sentence."""

    sentences: int
    found: tuple[Emission, ...]
    allowed: tuple[Emission, ...]
    wrong: tuple[Emission, ...]
    missed: tuple[tuple[str, Reading], ...]
    """Sentence and reading that had to be found and was not."""

    @property
    def silence_broken(self) -> tuple[Emission, ...]:
        """Those of the wrong ones that stand on a sentence which must stay silent above all."""
        return tuple(emission for emission in self.wrong if emission.doc in SILENT)


def score_plover(sentences: Sequence[PloverSentence], emissions: Sequence[Emission]) -> PloverScore:
    """Judge what fired; an emission's ``doc`` is the sentence's number. What no table above names is wrong."""
    numbers = {sentence.number for sentence in sentences}
    once = {(e.doc, e.subject, e.country, e.predicate): e for e in reversed(emissions)}
    found, allowed, wrong = [], [], []
    for (doc, *reading), emission in sorted(once.items()):
        if tuple(reading) in REQUIRED.get(doc, frozenset()):
            found.append(emission)
        elif tuple(reading) in ALLOWED.get(doc, frozenset()):
            allowed.append(emission)
        else:
            wrong.append(emission)
    missed = (
        (doc, reading)
        for doc in sorted(REQUIRED.keys() & numbers)
        for reading in sorted(REQUIRED[doc])
        if (doc, *reading) not in once
    )
    return PloverScore(len(sentences), tuple(found), tuple(allowed), tuple(wrong), tuple(missed))
