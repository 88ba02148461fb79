"""Claims against labels: precision, recall, dates and traps. Pure functions; the rules stand beside each.

A claim counts once per (doc, subject, country, predicate), however many sentences say it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline import edtf
from pipeline.evaluation.gold import GoldLine, Key, LabelledSet, TrapLine, canonical
from pipeline.records import Claim

# Facts that hold in both directions by their nature; the rest is one side's act.
_BILATERAL = frozenset({"established_relations", "severed_relations", "relations_downgraded"})


@dataclass(frozen=True)
class Emission:
    """One asserted claim that a reader took from a labelled document."""

    doc: str
    subject: str
    country: str
    predicate: str
    date: str | None
    confidence: float
    evidence: str

    @classmethod
    def of(cls, doc: str, claim: Claim) -> "Emission":
        """What counts of a Claim."""
        return cls(
            doc, claim.subject, claim.country, claim.predicate, claim.date, claim.confidence, claim.evidence.sentence
        )

    @property
    def key(self) -> Key:
        """What is compared with the labels."""
        return self.doc, self.subject, self.country, canonical(self.subject, self.predicate)


@dataclass(frozen=True)
class Tally:
    """Right, wrong and missed, and the ratios that follow (None where there is nothing to divide by)."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Share of what was emitted that is right."""
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """Share of what was there that was found."""
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True)
class Judged:
    """One emitted key with its verdict."""

    key: Key
    leading: Emission
    """The one of its claims whose date is compared: dated before undated, then confidence, then precision."""
    confidence: float
    """The highest among its claims."""
    right: bool | None
    """None: neither right nor wrong (an optional line, or the reverse of a bilateral fact)."""
    gold: tuple[GoldLine, ...]
    date_right: bool | None
    """None where no required gold line of it has a date."""


@dataclass(frozen=True)
class Sprung:
    """A trap that an emitted claim fell into."""

    trap: TrapLine
    emission: Emission


@dataclass(frozen=True)
class Score:
    """Everything that was measured on one labelled set."""

    overall: Tally
    by_predicate: dict[str, Tally]
    by_subject: dict[str, Tally]
    country_level: Tally
    """(subject, country, value) over all documents: what a table built from them would hold."""
    judged: tuple[Judged, ...]
    missed: tuple[GoldLine, ...]
    sprung: tuple[Sprung, ...]
    traps: int

    @property
    def dates_compared(self) -> int:
        """Dated gold facts that were found."""
        return sum(verdict.date_right is not None for verdict in self.judged)

    @property
    def dates_right(self) -> int:
        """Those whose date agrees with the label, to the coarser of the two."""
        return sum(verdict.date_right is True for verdict in self.judged)

    @property
    def date_accuracy(self) -> float | None:
        """Share of the dated gold facts that were found whose date is right."""
        return _ratio(self.dates_right, self.dates_compared)

    @property
    def traps_sprung(self) -> float | None:
        """Share of the traps that an emitted claim fell into."""
        return _ratio(len(self.sprung), self.traps)


def dates_agree(one: str | None, other: str | None) -> bool:
    """Whether two dates agree to the coarser of the two; no date agrees with none."""
    return one is not None and other is not None and edtf.agree(one, other)


def score(labelled: LabelledSet, emissions: Iterable[Emission], states: Mapping[str, str]) -> Score:
    """Judge what a reader emitted.

    Args:
        labelled: the documents' labels
        emissions: the asserted claims; those on subjects that no label is about are left out
        states: subject id -> ISO code of the country that it is or governs, to know the reverse of a fact
    """
    gold: dict[Key, list[GoldLine]] = defaultdict(list)
    for line in labelled.gold:
        gold[line.key].append(line)
    required = {line.key for line in labelled.gold if not line.optional}
    emitted: dict[Key, list[Emission]] = defaultdict(list)
    for emission in emissions:
        if emission.subject in labelled.subjects:
            emitted[emission.key].append(emission)

    judged = tuple(_judge(key, claims, gold, states) for key, claims in sorted(emitted.items()))
    right = {verdict.key for verdict in judged if verdict.right is True}
    wrong = {verdict.key for verdict in judged if verdict.right is False}
    missed = required - right

    wanted = {key[1:] for key in required}
    allowed = {key[1:] for key in gold} | {verdict.key[1:] for verdict in judged if verdict.right is None}
    found = {key[1:] for key in emitted} & wanted
    return Score(
        overall=Tally(len(right), len(wrong), len(missed)),
        by_predicate=_tallies(3, right, wrong, missed),
        by_subject=_tallies(1, right, wrong, missed),
        country_level=Tally(len(found), len({key[1:] for key in wrong} - allowed), len(wanted - found)),
        judged=judged,
        missed=tuple(next(line for line in gold[key] if not line.optional) for key in sorted(missed)),
        sprung=_sprung(labelled.traps, emitted),
        traps=len(labelled.traps),
    )


def _judge(key: Key, claims: list[Emission], gold: Mapping[Key, list[GoldLine]], states: Mapping[str, str]) -> Judged:
    lines = gold.get(key, [])
    required = [line for line in lines if not line.optional]
    leading = max(claims, key=_lead)
    neither = bool(lines) or _reverses(key, gold, states)
    dated = [line.date for line in required if line.date is not None]
    return Judged(
        key=key,
        leading=leading,
        confidence=max(claim.confidence for claim in claims),
        right=True if required else None if neither else False,
        gold=tuple(lines),
        date_right=any(dates_agree(leading.date, date) for date in dated) if dated else None,
    )


def _lead(claim: Emission) -> tuple[bool, float, int]:
    fineness = {"none": 0, "year": 1, "month": 2, "day": 3}[edtf.precision(claim.date)]
    return claim.date is not None, claim.confidence, fineness


def _reverses(key: Key, gold: Mapping[Key, list[GoldLine]], states: Mapping[str, str]) -> bool:
    """Whether it is the other direction of a labelled fact that binds both sides alike."""
    doc, subject, country, predicate = key
    if predicate not in _BILATERAL or subject not in states:
        return False
    return any(
        gold.get((doc, other, states[subject], canonical(other, predicate)))
        for other, state in states.items()
        if state == country
    )


def _sprung(traps: Iterable[TrapLine], emitted: Mapping[Key, list[Emission]]) -> tuple[Sprung, ...]:
    found = []
    for trap in traps:
        for emission in emitted.get(trap.key, ()):
            if trap.wrong_date is None or dates_agree(emission.date, trap.wrong_date):
                found.append(Sprung(trap, emission))
                break  # a trap is sprung once
    return tuple(found)


def _tallies(part: int, right: set[Key], wrong: set[Key], missed: set[Key]) -> dict[str, Tally]:
    counts = [Counter(key[part] for key in keys) for keys in (right, wrong, missed)]
    return {name: Tally(*(count[name] for count in counts)) for name in sorted(set().union(*counts))}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
