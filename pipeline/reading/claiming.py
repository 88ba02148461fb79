"""From findings to claims: what counts as said, of whom, since when; and what one text says twice, once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pipeline.reading.assessment import Assessment
from pipeline.reading.confidence import Grade, grade_of
from pipeline.reading.consolidation import consolidated
from pipeline.reading.cues import load_cues
from pipeline.reading.events import Event
from pipeline.reading.lead import dated_by_lead
from pipeline.reading.lexicon import lexicon
from pipeline.reading.ontology import load_ontology
from pipeline.reading.parties import Resolver
from pipeline.reading.reader import Reading, Weighed
from pipeline.reading.scene import Party, Scene
from pipeline.reading.timing import Dated
from pipeline.reading.tree import is_conceded, is_passive, lemma, prepositions
from pipeline.reading.trigger import trigger
from pipeline.reading.wording import first_ever, is_open, is_placed, is_pronominal
from pipeline.records import Aspect, Claim, DateBasis, Document, Evidence, Predicate, claim_id

# what a government's decision completes: the decision is the act
_BY_DECISION = frozenset(
    {"recognized", "withdrew_recognition", "established_relations", "severed_relations", "relations_downgraded",
     "terrorist_designated", "terrorist_delisted", "sanctions_imposed", "sanctions_lifted"}
)  # fmt: skip
_FAMILY: dict[str, str] = {
    "recognized": "recognition", "not_recognized": "recognition", "withdrew_recognition": "recognition",
    "established_relations": "relations", "severed_relations": "relations", "relations_downgraded": "relations",
    "embassy_opened": "presence", "embassy_closed": "presence", "mission_maintained": "presence",
    "ambassador_sent": "presence",
    "credentials_accepted": "accreditation", "terrorist_designated": "terror", "terrorist_delisted": "terror",
    "sanctions_imposed": "sanctions", "sanctions_lifted": "sanctions",
}  # fmt: skip
_BILATERAL = {"relations", "presence", "accreditation"}
_MUTUAL = frozenset({"established_relations", "severed_relations"})  # what one does, both have
_FRESH_SENTENCES = 3
_TOPIC_TIMES, _TOPIC_SHARE = 2, 0.6
_REACH = 2  # how many sentences back a missing party is looked for
_NO_MEMBERS = frozenset({None, "EH", "PS", "TW", "XK"})  # territories whose statehood is not settled by UN membership


@dataclass(frozen=True)
class Finding:
    """An event with all that was read about it."""

    event: Event
    resolver: Resolver
    assessment: Assessment
    dated: Dated
    own: Mapping[int, Dated] = field(default_factory=dict)
    """Dates of single actors, by the offset at which each is named."""

    @property
    def sentence(self) -> int:
        """The number of its sentence."""
        return self.event.parsed.sentence.index

    @property
    def family(self) -> str:
        """The dimension, broadly, that it is about."""
        return _FAMILY.get(self.event.frame.predicate, "")


class Ledger:
    """Collects the findings of one Document, completes them from one another, and gives the Reading."""

    def __init__(self, document: Document, scene: Scene, reader: str, confidence: Mapping[Grade, float]) -> None:
        self._document = document
        self._scene = scene
        self._watchlist = scene.watchlist
        self._reader = reader
        self._confidence = confidence
        self._findings: list[Finding] = []
        self._claims: list[tuple[Claim, str]] = []
        self._weighed: list[Weighed] = []

    def add(self, finding: Finding) -> bool:
        """Note a finding; its claims follow at once. Whether it is one: about somebody watched, not in a near sense."""
        self._complete(finding)
        if finding.event.another_owner or not self._is_meant(finding):
            return False
        self._findings.append(finding)
        self._decide(finding)
        event = finding.event
        return any(self._names(event, target) for target in event.targets) or any(self._pairs(event))

    def reading(self) -> Reading:
        """The claims, each once, with one date for what one text says several times."""
        claims = dated_by_lead(consolidated(self._claims), self._scene.sentences)
        return Reading(tuple(claims), tuple(self._weighed))

    # --- missing parties -----------------------------------------------------------------------------------------

    def _complete(self, finding: Finding) -> None:
        event = finding.event
        if event.frame.object and finding.family == "recognition" and is_pronominal(event.thing):
            self._reconsider(event)
        if not event.targets and event.actors and not (event.frame.mutual and len(event.actors) > 1) and is_open(event):
            event.targets = self._borrowed(finding, event.actors, "targets")
        if (
            not event.actors
            and event.targets
            and event.actor is not None
            and finding.resolver.is_government(event.actor)
        ):
            event.actors = finding.resolver.nearest_before(event.head, event.targets)
        if not event.actors and event.targets and event.actor is None and self._announces_own(finding):
            event.actors = [replace(party, how="inferred") for party in self._speakers(finding) if party.country]
        if not event.actors and event.targets and (event.nominal or finding.family == "terror"):
            event.actors = self._borrowed(finding, event.targets, "actors")
        if not event.targets and event.actors and finding.family == "relations" and len(event.actors) == 1:
            event.targets = self._only_other(finding)

    def _announces_own(self, finding: Finding) -> bool:
        """ "Togo's ministry announced that the envoy's credentials had been accepted": by Togo."""
        said, event = finding.assessment.said, finding.event
        if said is None or lemma(said) not in lexicon().announcing or not is_passive(event.head):
            return False
        return not any(party.same(other) for party in self._speakers(finding) for other in event.targets)

    def _reconsider(self, event: Event) -> None:
        """ "Italy never recognised him": not a state whose standing nobody questions, but whom the text is about."""
        settled = [party.how == "referred" and party.country not in _NO_MEMBERS for party in event.targets]
        topic = self._topic("recognition") if settled and all(settled) else []
        if topic and not any(party.same(other) for party in topic for other in event.actors):
            event.targets = [replace(party, how="inferred") for party in topic]

    def _only_other(self, finding: Finding) -> list[Party]:
        """ "travels to China to open ties": the one other country of the sentence."""
        parties = self._scene.actors(finding.sentence)
        rivals = {self._watchlist[name].opposite for actor in finding.event.actors for name in actor.watched}
        others: list[Party] = []
        for party in parties:
            if not any(party.same(known) for known in (*finding.event.actors, *others)) and not rivals & {
                *party.watched
            }:
                others.append(party)
        return [replace(others[0], how="inferred")] if len(others) == 1 else []

    def _borrowed(self, finding: Finding, mine: list[Party], role: str) -> list[Party]:
        """The missing party, from what the same sentence or the ones before say of the same matter."""
        thing = finding.event.thing
        definite = thing is not None and any(
            child.dep_ == "poss" or child.lower_ in {"the", "this", "that"} for child in thing.children
        )
        topic = self._topic("recognition") if role == "targets" and finding.family == "recognition" else []
        for other in reversed(self._findings):
            if topic and other.sentence < finding.sentence:
                break
            if not other.family or not finding.family:
                continue
            same = other.family == finding.family or {other.family, finding.family} <= _BILATERAL
            back = finding.sentence - other.sentence
            if back > (10 if definite and same else _REACH) or ((back > 0 or role == "actors") and not same):
                continue
            parties = other.event.targets if role == "targets" else other.event.actors
            usable = [party for party in parties if not any(party.same(one) for one in mine)]
            if finding.family == "relations" and not usable:
                usable = [party for party in other.event.actors if not any(party.same(one) for one in mine)]
                if len(usable) > 1:
                    return []  # with one of the two, it is not said with which
            if usable:
                return [replace(party, how="inferred") for party in usable]
        if not topic and role == "targets" and finding.family in _BILATERAL and not is_placed(finding.event):
            topic = self._topic("recognition", *_BILATERAL) or self._scene.topic()
        return [replace(party, how="inferred") for party in topic if not any(party.same(one) for one in mine)]

    def _topic(self, *families: str) -> list[Party]:
        """Whose standing, of these dimensions, most of the text so far is about; nobody where two compete."""
        about = [
            other.event.targets
            for other in self._findings
            if other.family in families and other.event.targets and other.event.actors
        ]
        for targets in reversed(about):
            like = sum(all(any(party.same(one) for one in others) for party in targets) for others in about)
            if like >= _TOPIC_TIMES and like > _TOPIC_SHARE * len(about):
                return targets
        return []

    # --- what counts ---------------------------------------------------------------------------------------------

    def _decide(self, finding: Finding) -> None:
        event = finding.event
        predicate, reason = self._predicate(finding)
        for name, actor in self._pairs(event):
            self._emit(finding, name, actor, predicate, reason)
        if event.frame.predicate in _MUTUAL and predicate == event.frame.predicate:
            for name, actor in self._reversed(event):
                if predicate == "established_relations" or self._watchlist[name].territory in _NO_MEMBERS:
                    self._emit(finding, name, actor, predicate, reason)
        if event.frame.converse is not None and predicate in {None, event.frame.predicate}:
            for target in event.targets:
                for actor in event.actors:
                    for name in self._contested(actor.watched, event.targets):
                        self._emit(finding, name, target, predicate and event.frame.converse, reason)

    def _pairs(self, event: Event) -> Iterator[tuple[str, Party]]:
        """Each watched subject with the country that takes the stance."""
        actors = [party for party in event.actors if party.country and party.acts]
        for actor in actors:
            others = event.targets
            if not others and (event.frame.mutual or event.mutual) and len(event.actors) == 2:
                others = [party for party in event.actors if party != actor]
            for other in others:
                for name in self._names(event, other):
                    yield name, actor

    def _reversed(self, event: Event) -> Iterator[tuple[str, Party]]:
        """Ties established bind both, whoever is the grammatical subject."""
        for actor in event.actors:
            for target in event.targets:
                if target.country:
                    for name in self._names(event, actor):
                        yield name, target

    def _names(self, event: Event, target: Party) -> tuple[str, ...]:
        names = target.watched
        if _FAMILY.get(event.frame.predicate) == "recognition":
            governmental = event.thing is not None and lemma(event.thing) in lexicon().standing
            return (
                target.subjects
                or (target.territory if governmental or event.aside else ())
                or (target.loosely if event.frame.act == "recognise" and not event.nominal else ())
            )
        names = tuple(dict.fromkeys(holder for name in names for holder in self._states(name)))
        return self._contested(names, event.actors) if event.frame.converse else names

    def _states(self, name: str) -> tuple[str, ...]:
        """The subject, or for a claim the states that hold the place: an embassy in Jerusalem is with Israel."""
        subject = self._watchlist[name]
        if subject.kind != "claim":
            return (name,)
        return tuple(
            other.id for other in self._watchlist.values() if other.listed and other.acts_for == subject.holder
        )

    def _contested(self, names: tuple[str, ...], others: list[Party]) -> tuple[str, ...]:
        """Of an envoy's two sides, the one whose standing is in question; both where neither's or either's is."""

        theirs = any(self._is_open_question(name) for party in others for name in party.watched)
        return tuple(name for name in names if self._is_open_question(name) or not theirs)

    def _is_open_question(self, name: str) -> bool:
        subject = self._watchlist[name]
        return subject.kind == "government" or subject.territory in _NO_MEMBERS

    def _is_meant(self, finding: Finding) -> bool:
        """Whether it is the recognition, the label, the list that is meant, not a near sense."""
        event = finding.event
        if event.frame.marked is not None and not self._is_marked(event):
            return False
        if event.aside or event.thing is None or event.frame.act != "recognise" or event.nominal:
            return True
        if any(party.how == "organisation" for party in event.targets) or event.thing.lower_ in lexicon().owned:
            return False
        claim = any(self._watchlist[name].kind == "claim" for party in event.targets for name in party.subjects)
        if (
            event.parsed.mention(event.thing) is None
            and lemma(event.thing) not in lexicon().standing
            and event.thing.pos_ != "PRON"
        ):
            return event.thing.pos_ in {"NUM", "DET"} or event.thing.lower_ in {"both", "either", "neither"}
        if lemma(event.thing) in lexicon().mandate and not all(
            self._watchlist[name].kind == "government" for party in event.targets for name in party.subjects
        ):
            return False  # somebody's victory, no government's standing
        for word, other in prepositions(event.head):
            if word == "as" and not claim:
                words = {lemma(token) for token in other.subtree}
                for token in other.subtree:
                    if (mention := event.parsed.mention(token)) is not None:
                        words.update(mention.text.lower().split())
                if not words & lexicon().standing_as or any(word.startswith("terror") for word in words):
                    return False
        return True

    @staticmethod
    def _is_marked(event: Event) -> bool:
        marks = load_ontology().marks[event.frame.marked or ""]
        mention = event.parsed.mention(event.thing) if event.thing is not None else None
        if mention is not None and any(word.startswith(marks) for word in mention.text.lower().split()):
            return True
        return any(
            token.lower_.startswith(marks)
            and not (token.dep_ == "pobj" and token.head.lower_ in {"against", "on"})  # "ally in the fight against"
            for token in event.parsed.doc
        )

    def _predicate(self, finding: Finding) -> tuple[Predicate | None, str]:
        """The predicate that the finding asserts; None with the reason when it asserts none."""
        event, frame, weight = finding.event, finding.event.frame, finding.assessment
        why = ", ".join(dict.fromkeys(weight.reasons))
        affirmed = weight.polarity == "affirmed"
        if weight.few:
            return None, "says it of no country by name"
        if finding.resolver.is_legislature(event.actor):
            return self._resolved(finding, why)
        if weight.said is not None and lemma(weight.said) in lexicon().claiming and self._third_party(finding):
            return None, f"what another says of it ({weight.said.lower_})"
        if (
            (
                frame.negated
                and not affirmed
                and weight.modality in {"asserted", "planned"}
                and event.aside
                and not weight.no_longer
            )
            and event.thing is None
            and event.frame.act == "recognise"
            and weight.modality == "planned"
        ):
            return None, f"negated ({why})"
        if weight.modality == "asserted":
            done = not (weight.decided and frame.predicate not in _BY_DECISION) and not (
                weight.agreed and frame.predicate != "established_relations" and not _decides_by_agreeing(event)
            )
            if affirmed and frame.plan_only:
                return None, "support is no act"
            if affirmed:
                return (frame.predicate, "") if done else ("considering", "")
            if (weight.stopped or weight.no_longer) and frame.predicate == "recognized":
                return "withdrew_recognition", ""
            return (frame.negated, "") if frame.negated and done else (None, f"negated ({why})")
        if weight.no_longer and frame.predicate == "recognized" and weight.modality == "planned" and weight.said:
            return "withdrew_recognition", ""
        if weight.modality == "planned" or (weight.modality == "possible" and self._speaks_for_itself(finding)):
            if affirmed and finding.family in {"presence", "accreditation"} and lexicon().talked & {*weight.reasons}:
                return None, f"only talked about ({why})"
            if affirmed and not frame.planned:
                return None, "a plan of it is no stance"
            if affirmed:
                return "considering", ""
            if frame.negated and not self._third_party(finding):
                return frame.negated, ""
            return None, f"no such plan ({why})"
        return None, f"{weight.modality} ({why})"

    def _resolved(self, finding: Finding, why: str) -> tuple[Predicate | None, str]:
        """What a parliament says: it can recognise and approve; of the rest it can only ask."""
        frame, weight = finding.event.frame, finding.assessment
        if weight.polarity == "negated" or weight.modality not in {"asserted", "planned"}:
            return None, f"a parliament, {weight.modality} ({why})"
        if weight.modality == "planned" or weight.decided:
            return "considering", ""
        if frame.predicate in {"recognized", "established_relations"}:
            return frame.predicate, ""
        return None, "a parliament's resolution"

    def _speakers(self, finding: Finding) -> list[Party]:
        return finding.resolver.of(finding.assessment.speaker)

    def _speaks_for_itself(self, finding: Finding) -> bool:
        """Whether it is the country's own government that says what it may do."""
        speaker = finding.assessment.speaker
        if speaker is None:
            return False
        parties = self._speakers(finding)
        if parties:
            return any(party.same(actor) for party in parties for actor in finding.event.actors)
        if speaker.pos_ == "PROPN":
            return True  # a name that the text explains nowhere, in the story of one country
        own = load_cues().speakers["own"]
        return any(lemma(token) in own or token.lower_ in own for token in speaker.subtree)

    def _third_party(self, finding: Finding) -> bool:
        parties = self._speakers(finding)
        return bool(parties) and not any(party.same(actor) for party in parties for actor in finding.event.actors)

    # --- the claim -----------------------------------------------------------------------------------------------

    def _emit(self, finding: Finding, name: str, actor: Party, predicate: Predicate | None, reason: str) -> None:
        subject = self._watchlist[name]
        if actor.country is None or (subject.territory == actor.country and subject.kind != "claim"):
            return
        rival = self._watchlist.get(subject.opposite or "")
        if rival is not None and rival.kind != "claim" and rival.territory == actor.country:
            return  # of Beijing and Taipei neither takes a stance on the other
        document, sentence = self._document, finding.event.parsed.sentence
        chosen = predicate or finding.event.frame.predicate
        date, basis = self._dated(finding, finding.own.get(actor.start, finding.dated), chosen)
        claim = Claim(
            id=claim_id(
                digest=document.digest,
                source=document.source,
                sentence=sentence.text,
                subject=name,
                country=actor.country,
                predicate=chosen,
            ),
            subject=name,
            country=actor.country,
            predicate=chosen,
            aspect=self._aspect(finding, chosen),
            date=date,
            date_basis=basis,
            polarity=finding.assessment.polarity,
            modality=finding.assessment.modality,
            attribution=self._attribution(finding),
            first_ever=chosen == "recognized" and first_ever(finding.event.head),
            evidence=Evidence(
                sentence=sentence.text, start=sentence.start, end=sentence.end, trigger=trigger(finding.event)
            ),
            confidence=self._confidence[self._grade(finding, name, actor)],
            digest=document.digest,
            signature=document.signature,
            article_id=document.article_id,
            source=document.source,
            url=document.url,
            title=document.title,
            published=document.published,
            dated=document.dated,
            dated_basis=document.dated_basis,
            reader=self._reader,
        )
        if predicate is None:
            self._weighed.append(Weighed(claim, reason))
        else:
            self._claims.append((claim, finding.family))

    def _grade(self, finding: Finding, name: str, actor: Party) -> Grade:
        target = next((party for party in finding.event.targets if name in party.watched + party.loosely), None)
        return grade_of(actor, target, taken_up=finding.event.aside, by_another=self._third_party(finding))

    def _dated(self, finding: Finding, dated: Dated, predicate: Predicate) -> tuple[str | None, DateBasis]:
        if dated.spoken:
            return dated.date, dated.basis
        document, sentence = self._document, finding.event.parsed.sentence
        if document.dated is None or document.dated_basis != "published":
            return None, "none"
        tense = finding.assessment.tense
        if predicate == "considering":
            return document.dated, "published"
        if predicate == "not_recognized":
            return (document.dated, "published") if sentence.headline or finding.assessment.said else (None, "none")
        if tense == "pluperfect" or self._aspect(finding, predicate) == "state":
            return None, "none"
        if finding.assessment.long_after:
            return None, "none"
        if not sentence.headline and (sentence.index >= _FRESH_SENTENCES or is_conceded(finding.event.head)):
            return None, "none"
        return document.dated[:7] if tense == "perfect" else document.dated, "published"

    def _aspect(self, finding: Finding, predicate: Predicate) -> Aspect:
        if predicate == "not_recognized" or finding.event.frame.aspect == "state":
            return "state"
        headline = finding.event.parsed.sentence.headline
        if predicate == "recognized" and finding.assessment.tense == "present" and not headline:
            return "state"
        return "event"

    def _attribution(self, finding: Finding) -> str | None:
        speaker = finding.assessment.speaker
        if speaker is None:
            return None
        words = [token.i for token in speaker.subtree]
        spans = finding.event.parsed.spans
        return self._scene.text[spans[min(words)][0] : spans[max(words)][1]][:200] or None


def _decides_by_agreeing(event: Event) -> bool:
    """The European Union decides by agreeing."""
    return any(party.country == "EU" for party in event.actors) and event.frame.predicate in _BY_DECISION
