"""From findings to claims: what counts as said, for whom, since when; and what one text says twice, once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from spacy.tokens import Token

from pipeline import edtf
from pipeline.reading.assertion import Assessment
from pipeline.reading.frames import Event
from pipeline.reading.parse import Parsed
from pipeline.reading.parties import Party, Resolver, Scene
from pipeline.reading.reader import Reading, Weighed
from pipeline.reading.timing import Dated
from pipeline.reading.tree import kids, lemma, prepositions
from pipeline.reading.watchlist import Subject
from pipeline.records import Aspect, Claim, DateBasis, Document, Evidence, Predicate

# what can be recognised as such: the subject, or a noun that stands for its standing
_STANDING = frozenset(
    """government regime state statehood independence sovereignty existence authority legitimacy rule administration
    republic leadership leader president emirate entity nation country statehood territory control claim""".split()
)
_AS_STANDING = frozenset(
    """state nation country president government leader authority republic independent sovereign legitimate independence
    ruler representative entity member administration governor statehood chief""".split()
)
# acts that a decision completes: what the government decided is done
_BY_DECISION = frozenset(
    {"recognized", "withdrew_recognition", "established_relations", "severed_relations", "relations_downgraded",
     "terrorist_designated", "terrorist_delisted", "sanctions_imposed", "sanctions_lifted"}
)  # fmt: skip
_FAMILY: dict[str, str] = {
    "recognized": "recognition", "not_recognized": "recognition", "withdrew_recognition": "recognition",
    "established_relations": "relations", "severed_relations": "relations", "relations_downgraded": "relations",
    "terrorist_designated": "terror", "terrorist_delisted": "terror",
    "sanctions_imposed": "sanctions", "sanctions_lifted": "sanctions",
}  # fmt: skip
_STATES = frozenset("country nation state government power".split())
_UNLIMITED = frozenset("first very foreign sovereign".split())
_FRESH_SENTENCES = 3


@dataclass(frozen=True)
class Finding:
    """An event with all that was read about it."""

    event: Event
    parsed: Parsed
    resolver: Resolver
    assessment: Assessment
    dated: Dated


class Ledger:
    """Collects the findings of one Document, completes them from one another, and gives the Reading."""

    def __init__(self, document: Document, scene: Scene, watchlist: Mapping[str, Subject], reader: str) -> None:
        self._document = document
        self._scene = scene
        self._watchlist = watchlist
        self._reader = reader
        self._findings: list[Finding] = []
        self._claims: list[Claim] = []
        self._weighed: list[Weighed] = []

    def add(self, finding: Finding) -> None:
        """Note a finding; its claims follow at once."""
        self._complete(finding)
        self._findings.append(finding)
        self._decide(finding)

    def reading(self) -> Reading:
        """The claims, each once, with one date for what one text says several times."""
        return Reading(tuple(_consolidated(self._claims)), tuple(self._weighed))

    # --- missing parties -----------------------------------------------------------------------------------------

    def _complete(self, finding: Finding) -> None:
        event = finding.event
        family = _FAMILY.get(event.frame.predicate)
        if family is None:
            return
        if not event.targets and event.actors and not (event.frame.mutual and len(event.actors) > 1):
            event.targets = self._borrowed(finding, family, "targets")
        if not event.actors and event.targets and (event.nominal or event.frame.act in {"lift", "delist", "designate"}):
            event.actors = self._borrowed(finding, family, "actors")

    def _borrowed(self, finding: Finding, family: str, role: str) -> list[Party]:
        here = finding.parsed.sentence.index
        thing = finding.event.thing
        definite = thing is not None and any(child.lower_ in {"the", "this", "that", "its"} for child in thing.children)
        mine = finding.event.actors if role == "targets" else finding.event.targets
        for other in reversed(self._findings):
            same = _FAMILY.get(other.event.frame.predicate) == family
            if here - other.parsed.sentence.index > 2 and not (definite and same):
                continue
            parties = other.event.targets if role == "targets" else other.event.actors
            usable = [party for party in parties if not any(party.same(one) for one in mine)]
            if usable and (same or other.parsed.sentence.index == here):
                return [replace(party, how="inferred") for party in usable]
        return []

    # --- what counts ---------------------------------------------------------------------------------------------

    def _decide(self, finding: Finding) -> None:
        event = finding.event
        if "other owner" in event.notes:
            return
        if event.frame.act == "recognise" and event.thing is not None and not event.nominal and not self._recognisable(finding):
            return
        if event.frame.marked and not self._marked(finding):
            return
        actors = [party for party in event.actors if party.country]
        predicate, reason = self._predicate(finding)
        pairs: list[tuple[str, Party]] = []
        for actor in actors:
            others = event.targets or ([party for party in actors if party is not actor] if event.frame.mutual and len(actors) == 2 else [])
            for other in others:
                for name in self._names(finding, other):
                    pairs.append((name, actor))
        for name, actor in pairs:
            self._emit(finding, name, actor, predicate, reason)

    def _names(self, finding: Finding, target: Party) -> tuple[str, ...]:
        if _FAMILY.get(finding.event.frame.predicate) == "recognition":
            named = target.subjects
            if not named and self._governmental(finding):
                named = target.territory
            return named
        return tuple(name for name in target.watched if self._watchlist[name].kind != "claim")

    def _governmental(self, finding: Finding) -> bool:
        thing = finding.event.thing
        return thing is not None and lemma(thing) in _STANDING

    def _recognisable(self, finding: Finding) -> bool:
        thing = finding.event.thing
        if thing is None:
            return False
        if finding.parsed.mention(thing) is None and lemma(thing) not in _STANDING and thing.pos_ not in {"PRON", "PROPN"}:
            return False
        for word, other in prepositions(finding.event.head):
            if word == "as" and not ({lemma(token) for token in other.subtree} & _AS_STANDING):
                return False
            if word == "as" and any(token.lower_.startswith("terror") for token in other.subtree):
                return False
        return True

    def _marked(self, finding: Finding) -> bool:
        words = [token.lower_ for token in finding.parsed.doc]
        return any(word.startswith(finding.event.frame.marked or "") for word in words)

    def _predicate(self, finding: Finding) -> tuple[Predicate | None, str]:
        """The predicate that the finding asserts; None with the reason when it asserts none."""
        frame, weight = finding.event.frame, finding.assessment
        why = ", ".join(dict.fromkeys(weight.reasons))
        if weight.few:
            return None, "says nothing of a named country"
        if weight.modality == "asserted":
            if weight.decided and frame.predicate not in _BY_DECISION:
                return ("considering", "") if weight.polarity == "affirmed" else (None, f"negated ({why})")
            if weight.agreed and not (frame.mutual and frame.predicate == "established_relations"):
                return ("considering", "") if weight.polarity == "affirmed" else (None, f"negated ({why})")
            if weight.polarity == "affirmed":
                return frame.predicate, ""
            if (weight.stopped or weight.no_longer) and frame.predicate == "recognized":
                return "withdrew_recognition", ""
            if frame.negated:
                return frame.negated, ""
            return None, f"negated ({why})"
        if weight.modality == "planned":
            if weight.polarity == "affirmed":
                return "considering", ""
            return (frame.negated, "") if frame.negated else (None, f"no such plan ({why})")
        return None, f"{weight.modality} ({why})"

    # --- the claim -----------------------------------------------------------------------------------------------

    def _emit(self, finding: Finding, name: str, actor: Party, predicate: Predicate | None, reason: str) -> None:
        if actor.country is None or self._watchlist[name].territory == actor.country and self._watchlist[name].kind != "claim":
            return
        document, sentence = self._document, finding.parsed.sentence
        chosen = predicate or finding.event.frame.predicate
        date, basis = self._dated(finding, chosen)
        claim = Claim(
            id=_digest(document.digest, document.source, sentence.text, name, actor.country, chosen),
            subject=name,
            country=actor.country,
            predicate=chosen,
            aspect=self._aspect(finding, chosen),
            date=date,
            date_basis=basis,
            polarity=finding.assessment.polarity,
            modality=finding.assessment.modality,
            attribution=self._attribution(finding),
            first_ever=chosen == "recognized" and _first_ever(finding.event.head),
            evidence=Evidence(sentence=sentence.text, start=sentence.start, end=sentence.end),
            confidence=0.9 if actor.how == "named" else 0.7,
            digest=document.digest,
            signature=document.signature,
            article_id=document.article_id,
            source=document.source,
            url=document.url,
            published=document.published,
            dated=document.dated,
            dated_basis=document.dated_basis,
            reader=self._reader,
        )
        if predicate is None:
            self._weighed.append(Weighed(claim, reason))
        else:
            self._claims.append(claim)

    def _dated(self, finding: Finding, predicate: Predicate) -> tuple[str | None, DateBasis]:
        if finding.dated.spoken:
            return finding.dated.date, finding.dated.basis
        document, sentence = self._document, finding.parsed.sentence
        if document.dated is None or document.dated_basis != "published":
            return None, "none"
        tense = finding.assessment.tense
        if predicate == "considering":
            return document.dated, "published"
        if predicate == "not_recognized":
            return (document.dated, "published") if sentence.headline or finding.assessment.said else (None, "none")
        if tense == "pluperfect" or self._aspect(finding, predicate) == "state":
            return None, "none"
        if tense == "perfect":
            return document.dated[:7], "published"
        if sentence.headline or sentence.index < _FRESH_SENTENCES:
            return document.dated, "published"
        return None, "none"

    def _aspect(self, finding: Finding, predicate: Predicate) -> Aspect:
        if predicate == "not_recognized" or finding.event.frame.aspect == "state":
            return "state"
        if predicate == "recognized" and finding.assessment.tense == "present" and not finding.parsed.sentence.headline:
            return "state"
        return "event"

    def _attribution(self, finding: Finding) -> str | None:
        speaker = finding.assessment.speaker
        if speaker is None:
            return None
        low = min(token.i for token in speaker.subtree)
        high = max(token.i for token in speaker.subtree)
        spans = finding.parsed.spans
        return self._scene.text[spans[low][0] : spans[high][1]][:200] or None


def _first_ever(head: Token) -> bool:
    """Whether the text calls it the first of all countries, not of a region's or a group's."""
    near = [head.head, *kids(head.head, "attr", "appos"), *(attr for verb in kids(head, "advcl") for attr in kids(verb, "attr"))]
    for noun in near:
        words = {child.lower_ for child in kids(noun, "amod", "compound", "nummod", "nmod")}
        places = {other.lower_ for word, other in prepositions(noun) if word in {"in", "of", "among", "outside"}}
        if lemma(noun) in _STATES and "first" in words and words <= _UNLIMITED and places <= {"world", "earth", "kind"}:
            return True
    return False


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _consolidated(claims: list[Claim]) -> list[Claim]:
    """Each claim once; what has a date of its own lends it to what the same text says without one."""
    kept: dict[str, Claim] = {}
    for claim in claims:
        old = kept.get(claim.id)
        if old is None or (old.date is None and claim.date is not None):
            kept[claim.id] = claim
    result = []
    for claim in kept.values():
        if claim.date_basis in {"published", "none"}:
            better = [
                other
                for other in kept.values()
                if (other.subject, other.country, other.predicate) == (claim.subject, claim.country, claim.predicate)
                and other.date is not None
                and other.date_basis in {"stated", "relative"}
                and (claim.date is None or _close(other.date, claim.date))
            ]
            if better:
                best = max(better, key=lambda other: len(other.date or ""))
                claim = claim.model_copy(update={"date": best.date, "date_basis": best.date_basis})
        result.append(claim)
    return result


def _close(one: str, other: str) -> bool:
    if not edtf.has_year(one) or not edtf.has_year(other):
        return False
    gap = edtf.days_between(one, other)
    return gap is not None and abs(gap) <= 31
