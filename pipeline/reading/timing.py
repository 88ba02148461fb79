"""When it happened: the date in the sentence that belongs to the event, not to its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Token

from pipeline import edtf
from pipeline.reading.assessment import Assessment
from pipeline.reading.cues import load_cues
from pipeline.reading.dates import DateMention
from pipeline.reading.events import Event
from pipeline.reading.lexicon import lexicon
from pipeline.reading.parse import Parsed
from pipeline.reading.tree import is_verbal, lemma
from pipeline.records import DateBasis

_CLAUSES = frozenset({"relcl", "advcl", "acl", "ccomp", "parataxis", "csubj"})


@dataclass(frozen=True)
class Dated:
    """A date with its basis; ``spoken`` when the text gives the event a day of its own, known or not."""

    date: str | None
    basis: DateBasis
    spoken: bool


UNDATED = Dated(None, "none", False)


def date_of(
    event: Event, parsed: Parsed, dates: Sequence[DateMention], assessment: Assessment, anchor: str | None
) -> Dated:
    """The date that the sentence gives the event. A plan is dated by when it was stated, never by what it aims at."""
    ranked: list[tuple[int, int, DateMention]] = []
    for mention in dates:
        token = _token(parsed, mention)
        if token is None:
            continue
        rank = _rank(token, event, planned=assessment.modality == "planned")
        if rank is None and _leads(token, event):
            rank = 1
        if (
            rank == 0
            and (mention.cue or "").lower() == "until"
            and assessment.polarity == "affirmed"
            and assessment.tense == "past"
        ):
            assessment.weaken("possible", "until")  # it was so then, and is not now
        if rank is None or _excluded(mention, token, assessment, anchor):
            continue
        ranked.append((rank, abs(token.i - event.head.i), mention))
    if not ranked:
        return UNDATED
    best = min(ranked, key=lambda one: (one[0], one[2].edtf is None, one[1]))[2]
    return Dated(best.edtf, best.basis if best.edtf else "none", True)


def _excluded(mention: DateMention, token: Token, assessment: Assessment, anchor: str | None) -> bool:
    cue = (mention.cue or "").lower()
    if cue in lexicon().not_its_date and not (
        cue == "from" and token.i > 1 and token.doc[token.i - 2].lower_ == "effect"
    ):
        return True
    if cue == "since" and assessment.tense not in {"perfect", "present", "pluperfect"}:
        return True
    if cue == "since" and any(
        word.lower_ in {"first", "time", "highest", "worst"} for word in token.doc[max(0, token.i - 4) : token.i]
    ):
        return True
    if mention.edtf is None or anchor is None:
        return False
    return edtf.has_year(mention.edtf) and edtf.has_year(anchor) and _later(mention.edtf, anchor)


def _later(one: str, other: str) -> bool:
    return edtf.span(one)[0] > edtf.span(other)[1]


def _token(parsed: Parsed, mention: DateMention) -> Token | None:
    """The token that heads a date mention."""
    offset = parsed.sentence.start
    inside = [
        token
        for token, (start, end) in zip(parsed.doc, parsed.spans, strict=True)
        if start < offset + mention.end and offset + mention.start < end and not token.is_punct
    ]
    if not inside:  # left out between a subject and its verb: it is the verb's
        return next(
            (
                token
                for token, (start, _) in zip(parsed.doc, parsed.spans, strict=True)
                if start >= offset + mention.end
            ),
            None,
        )
    places = {token.i for token in inside}
    return next((token for token in inside if token.head.i not in places or token.head == token), inside[0])


def _rank(token: Token, event: Event, *, planned: bool) -> int | None:
    """How closely a date belongs to an event: 0 its own clause, 1 the clause that reports it; None not at all."""
    head, thing = event.head, event.thing
    if head.dep_ == "relcl" and head.head == token and any(kid.lower_ in {"when", "which"} for kid in head.subtree):
        return 0  # "since November 1983, when Turkey recognised it"
    outer = _chain(head)
    crossed: list[Token] = []
    step = token
    for _ in range(20):
        if step == head:
            return None if planned else _inside(crossed)
        if lemma(step) in lexicon().of_their_own_time:
            return None  # "within the borders of 1967"
        if thing is not None and step == thing:
            if token.dep_ in {"compound", "nummod", "amod", "poss"} and token.head == thing and not event.nominal:
                return None  # "its 2003 designation was lifted"
            return None if planned else _inside(crossed)
        if step in outer:
            if _inside(crossed) is None:
                return None
            return 1 + outer.index(step)
        crossed.append(step)
        if step.head == step:
            return None
        step = step.head
    return None


def _leads(token: Token, event: Event) -> bool:
    """ "On 3 July, Kenya ...": a date right before who acts, whatever the parser hung it on."""
    if event.actor is None:
        return False
    first = min(other.i for other in event.actor.subtree)
    between = event.head.doc[max(other.i for other in token.subtree) + 1 : first]
    return token.i < first and all(other.is_punct for other in between) and len(between) <= 1


def _inside(crossed: list[Token]) -> int | None:
    """0 in the event's own clause, 1 in a clause told of the same moment; None in any other clause."""
    rank = 0
    for step in crossed:
        if step.dep_ == "acl" and (
            step.lower_ in {"dated", "signed", "issued"} or lemma(step) in load_cues().verbs["said"]
        ):
            continue
        if (
            step.dep_ in {"ccomp", "parataxis", "advcl"}
            and not any(kid.dep_ == "mark" for kid in step.children)
            and lemma(step) in load_cues().verbs["said"]
        ):
            rank = 1  # the parser hung "the ministry announced on Monday" below what was announced
            continue
        if step.dep_ == "advcl" and any(kid.lower_ in {"when", "as"} for kid in step.children):
            rank = 1
        elif (
            step.dep_ in _CLAUSES
            or (step.dep_ == "conj" and is_verbal(step))
            or (step.dep_ == "prep" and step.tag_ == "VBN")
        ):
            return None
    return rank


def _chain(head: Token) -> list[Token]:
    """The governors of an event that are told of the same day: reporting verbs, deciding nouns, coordinated verbs."""
    chain: list[Token] = []
    token = head
    for _ in range(10):
        governor = token.head
        if governor == token:
            break
        at_once = any(kid.lower_ in {"where", "when", "during"} for kid in token.children)
        at_once = at_once or lemma(governor) in {
            "day",
            "month",
            "year",
            "week",
            "moment",
            "date",
        }  # "the year in which"
        if (
            token.dep_ in {"relcl"}
            and not at_once
            and governor.pos_ in {"NOUN", "PROPN"}
            and any(kid.dep_ == "nsubj" for kid in token.children)
            and not any(kid.lower_ == "to" and kid.dep_ == "aux" for kid in token.children)
        ):
            break
        if (
            token.dep_ == "advcl"
            and any(kid.dep_ in {"nsubj", "nsubjpass"} for kid in token.children)
            and any(
                kid.dep_ in {"mark", "advmod"}
                and kid.lower_ in {"after", "since", "because", "although", "while", "before"}
                for kid in token.children
            )
        ):
            break
        if token.dep_ == "conj" and any(kid.dep_ in {"nsubj", "nsubjpass"} for kid in token.children):
            break
        chain.append(governor)
        token = governor
    return chain
