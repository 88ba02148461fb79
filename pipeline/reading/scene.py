"""What a text has named so far: the parties in it, sentence by sentence, and whom it is about."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.reading.gazetteer import Mention
from pipeline.reading.sentences import Sentence
from pipeline.reading.watchlist import Subject

How = Literal["named", "contextual", "organisation", "referred", "inferred"]

BACK = 2
"""How many sentences back reference reaches."""
_TITLE_REACH = 4  # how many sentences on a headline's parties are still in mind
LEGISLATURE = frozenset(
    """parliament parliaments senate congress assembly lawmakers legislators mps knesset duma bundestag sejm seimas
    legislature deputies riksdag folketing""".split()
)
"""Words of a parliament: it acts for its country, though not as its government."""
_NAMING = frozenset({"name", "adjective", "capital", "government"})
_TOPIC_COUNT, _TOPIC_TIMES = 6, 2


@dataclass(frozen=True)
class Party:
    """Someone who acts or is acted upon: a country, a watched subject, mostly both."""

    country: str | None
    subjects: tuple[str, ...]
    start: int
    how: How = "named"
    territory: tuple[str, ...] = ()
    loosely: tuple[str, ...] = ()  # what it means where nothing but a subject can be meant
    acts: bool = True  # a parliament or an opposition does not

    @property
    def watched(self) -> tuple[str, ...]:
        """Every watched id that dealings with it are dealings with."""
        return self.subjects + tuple(name for name in self.territory if name not in self.subjects)

    def same(self, other: "Party") -> bool:
        """Whether both mean one country or one subject."""
        return (self.country is not None and self.country == other.country) or bool({*self.watched} & {*other.watched})


@dataclass
class Scene:
    """What a text has named: its mentions by sentence, and the watched subjects among them."""

    sentences: Sequence[Sentence]
    mentions: Sequence[Mention]
    text: str
    watchlist: Mapping[str, Subject]
    named: set[str] = field(default_factory=set)
    focus: dict[int, list[Party]] = field(default_factory=dict)
    """Whom a sentence that was parsed is about: its subject. A pronoun of the next sentence means it first."""
    _by_sentence: list[list[Mention]] = field(default_factory=list)
    _parties: dict[int, Party] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mention in self.mentions:
            self.named.update(mention.subjects, mention.territory)
            if mention.form == "capital":
                self.named.update(mention.contextual)
        rest = iter(self.mentions)
        current = next(rest, None)
        for sentence in self.sentences:
            inside = []
            while current is not None and current.start < sentence.end:
                if current.start >= sentence.start:
                    inside.append(current)
                current = next(rest, None)
            self._by_sentence.append(inside)

    def topic(self) -> list[Party]:
        """Whom a long text is about: named far more often than anybody else; nobody otherwise."""
        counted = Counter(mention.country or mention.subjects for mention in self.mentions if mention.form in _NAMING)
        ranked = [*counted.most_common(2), (None, 0)]
        (key, count), (_, second) = ranked[0], ranked[1]
        if count < _TOPIC_COUNT or count < _TOPIC_TIMES * second:
            return []
        first = next(m for m in self.mentions if m.form in _NAMING and (m.country or m.subjects) == key)
        return [self.party(first)]

    def of_sentence(self, index: int) -> list[Mention]:
        """The mentions of one sentence."""
        return self._by_sentence[index]

    def party(self, mention: Mention) -> Party:
        """The party that a mention stands for in this text."""
        if mention.start not in self._parties:
            self._parties[mention.start] = self._party(mention)
        return self._parties[mention.start]

    def _party(self, mention: Mention) -> Party:
        known = tuple(name for name in mention.contextual if name in self.named and mention.form != "territory")
        if mention.form == "contextual" and len(known) > 1:
            known = (self._nearest(known, mention.start),)
        country = mention.country
        if country is None and known:
            country = next(
                (other.country for other in self.mentions if known[0] in other.subjects and other.country), None
            )
        territory = mention.territory + (mention.contextual if mention.form == "capital" else ())
        if mention.form == "territory":  # an embassy in Jerusalem is with whoever holds it
            holders = {self.watchlist[name].holder for name in mention.contextual if name in self.watchlist}
            territory += tuple(
                name
                for name, subject in self.watchlist.items()
                if subject.listed and subject.acts_for in holders - {None}
            )
        return Party(
            country,
            mention.subjects + tuple(name for name in known if name not in mention.subjects),
            mention.start,
            self._how(mention),
            territory,
            () if mention.text.isupper() or mention.form not in {"contextual", "capital"} else mention.contextual,
            mention.form != "body" or bool(LEGISLATURE & {*mention.text.lower().split()}),
        )

    @staticmethod
    def _how(mention: Mention) -> How:
        if mention.form != "contextual":
            return "named"
        return "organisation" if mention.text.isupper() else "contextual"

    def _nearest(self, ids: tuple[str, ...], start: int) -> str:
        best = ids[0]
        for mention in self.mentions:
            if mention.start > start:
                break
            best = next((name for name in mention.subjects if name in ids), best)
        return best

    def actors(self, sentence: int, *, before: int | None = None) -> list[Party]:
        """The parties of one sentence, in order; ``before`` an offset, nearest last."""
        return [
            party
            for mention in self._by_sentence[sentence]
            if before is None or mention.end <= before
            if (party := self.party(mention)).country or party.subjects or party.loosely
        ]

    def back(self, sentence: int) -> Iterator[list[Party]]:
        """The parties of the sentences before, the nearest first, the headline last."""
        for index in range(sentence - 1, max(-1, sentence - 1 - BACK), -1):
            yield [*self.focus.get(index, ()), *self.actors(index)]
        if BACK < sentence <= _TITLE_REACH:
            yield self.actors(0)
