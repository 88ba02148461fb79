"""What a text has told so far, as its later clauses take it up: the act last spoken of, the matter of the whole."""

from collections import Counter
from dataclasses import dataclass

from pipeline.edtf import Edtf
from pipeline.reading.assessment import Assessment
from pipeline.reading.events import Event
from pipeline.reading.scene import Party
from pipeline.reading.sentences import Sentence
from pipeline.reading.timing import Dated

_NEXT = 1  # how many sentences back an act reaches that is not what the text is about
_PARAGRAPH = 4  # the same for the matter of the text, within a paragraph
_GAP = 3  # how many lines may lie between a paragraph and the one that it goes on from: a heading is one
_ENOUGH = 2
_DOMINANT = 0.6

_ENDS = frozenset({"severed_relations", "withdrew_recognition"})

_Matter = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Told:
    """An event of the text, with how it was put and when it was."""

    event: Event
    assessment: Assessment
    dated: Dated

    @property
    def matter(self) -> _Matter:
        """What was done to whom, whoever did it."""
        return self.event.frame.predicate, tuple(
            sorted({name for party in self.event.targets for name in party.watched})
        )


class Discourse:
    """The events of one text in the order in which it tells them."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def note(self, event: Event, assessment: Assessment, dated: Dated) -> None:
        """Remember an event, if it has someone to whom it was done, or who did it with another."""
        if event.targets or (event.frame.mutual and len(event.actors) > 1):
            self.told.append(Told(event, assessment, dated))

    @property
    def date(self) -> Edtf | None:
        """When the last event was that has a date and is not told as a background."""
        main = (told.dated.date for told in reversed(self.told) if told.assessment.tense != "pluperfect")
        return next((date for date in main if date is not None), None)

    def taken_up(self, sentence: Sentence, before: int, actors: list[Party]) -> list[Told]:
        """The event that a clause at an offset of the text repeats, or both of a change of sides; none where in doubt.

        In the same or the last sentence it is the nearest; further back it must be what the paragraph before, or the
        text as a whole, is about.
        """
        told = self._nearest(sentence, before, actors)
        if told is None:
            return []
        return [
            other
            for other in self.told
            if other.event.parsed is told.event.parsed and other.event.head == told.event.head
        ] or [told]

    def ended(self) -> list[Told]:
        """The ending that the text tells of, if there is one kind of it: of ties with one, or of its recognition."""
        ends = [told for told in self.told if told.event.frame.predicate in _ENDS and told.event.targets]
        return ends[-1:] if len({told.matter[1] for told in ends}) == 1 else []

    def _nearest(self, sentence: Sentence, before: int, actors: list[Party]) -> Told | None:
        own = self._matter()
        for told in reversed(self.told):
            event = told.event
            other = event.parsed.sentence
            if other.index == sentence.index and event.parsed.spans[event.head.i][0] >= before:
                continue
            if any(party.same(target) for party in actors for target in event.targets):
                continue
            back = sentence.index - other.index
            if other.paragraph != sentence.paragraph:
                break
            if back > 0 and self._answers(told):
                continue
            if back == 0 or (back <= _NEXT and not self._competes(told)):
                return told
            alone = all(
                one.matter == told.matter for one in self.told if one.event.parsed.sentence.paragraph == other.paragraph
            )
            return told if back <= _PARAGRAPH and (alone or told.matter == own) else None
        return self._from_before(sentence, actors, own)

    def _answers(self, told: Told) -> bool:
        """ "Syria did so, and Kyiv cut ties with Damascus. Iran did so ...": an act against one who just did so."""
        place = self.told.index(told)
        before = [other.event for other in self.told[max(0, place - 3) : place] if other.event.aside]
        return any(party.same(target) for event in before for party in event.actors for target in told.event.targets)

    def _competes(self, told: Told) -> bool:
        """Whether others had just before repeated something else."""
        paragraph = told.event.parsed.sentence.paragraph
        repeated = next(
            (
                other
                for other in reversed(self.told)
                if other.event.aside and other.event.parsed.sentence.paragraph == paragraph
            ),
            None,
        )
        return repeated is not None and repeated.matter != told.matter

    def _from_before(self, sentence: Sentence, actors: list[Party], own: _Matter | None) -> Told | None:
        """The event that a paragraph goes on from."""
        earlier = [told for told in self.told if told.event.parsed.sentence.paragraph < sentence.paragraph]
        if not earlier:
            return None
        last = earlier[-1].event.parsed.sentence.paragraph
        matters = {told.matter for told in earlier if told.event.parsed.sentence.paragraph == last}
        near = sentence.paragraph - last <= _GAP
        wanted = next(iter(matters)) if near and len(matters) == 1 else own
        found = next((told for told in reversed(earlier) if told.matter == wanted), None)
        if found is None or any(party.same(target) for party in actors for target in found.event.targets):
            return None
        return found

    def _matter(self) -> _Matter | None:
        """What most of the events told so far are about."""
        counted = Counter(told.matter for told in self.told)
        if not counted:
            return None
        matter, count = counted.most_common(1)[0]
        return matter if count >= _ENOUGH and count >= _DOMINANT * len(self.told) else None
