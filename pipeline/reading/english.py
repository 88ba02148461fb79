"""The line that a Document takes: sentences, mentions, trees, frames, weighing, dates, claims."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline import __version__
from pipeline.reading.assertion import Assessor
from pipeline.reading.chronicle import Chronicle, own_dates
from pipeline.reading.claiming import Finding, Ledger
from pipeline.reading.confidence import Grade, calibrated
from pipeline.reading.discourse import Discourse
from pipeline.reading.ellipsis import companions, gapped, held, taken_up, turned
from pipeline.reading.events import Event
from pipeline.reading.frames import FrameFinder
from pipeline.reading.gazetteer import Gazetteer
from pipeline.reading.labels import labelled
from pipeline.reading.lags import lagging, preceded
from pipeline.reading.leaders import with_leaders
from pipeline.reading.ontology import load_ontology
from pipeline.reading.parse import Parsed, Parser
from pipeline.reading.parties import Resolver
from pipeline.reading.reader import Reading
from pipeline.reading.repeats import repeats
from pipeline.reading.scene import Scene
from pipeline.reading.sentences import Sentence, split
from pipeline.reading.timing import date_of
from pipeline.records import Document
from pipeline.settings import Settings

NAME = f"english/{__version__}"


class EnglishReader:
    """Reads English Documents. Holds the model and the gazetteer, nothing of what it has read."""

    def __init__(self, settings: Settings, confidence: Mapping[Grade, float] | None = None) -> None:
        self._gazetteer = Gazetteer.load(settings.watchlist)
        self._confidence = confidence or calibrated()
        self._parser = Parser(settings.language_model)
        ontology = load_ontology()
        terms = "|".join(re.escape(term) for term in ontology.scan_terms + ontology.also)
        self._trigger = re.compile(rf"\b(?:{terms})", re.IGNORECASE)

    def __call__(self, document: Document) -> Reading:
        """All claims of one Document, and what was weighed and not asserted."""
        sentences = split(document.text)
        mentions = with_leaders(document.text, self._gazetteer.mentions(document.text))
        scene = Scene(sentences, mentions, document.text, self._gazetteer.watchlist)
        chosen = [sentence for sentence in sentences if self._worth_parsing(sentence, scene)]
        ledger = Ledger(document, scene, NAME, self._confidence)
        events: list[Event] = []
        discourse, chronicle = Discourse(), Chronicle(sentences, document.dated)
        trees = self._parser.parse((sentence, scene.of_sentence(sentence.index)) for sentence in chosen)
        parsed_of = {parsed.sentence.index: parsed for parsed in trees}
        for sentence in sentences:
            parsed = parsed_of.get(sentence.index)
            repeating = bool(discourse.told or parsed) and bool(scene.of_sentence(sentence.index))
            dates = chronicle.dates(sentence, discourse.date)
            if parsed is None and not repeating:
                continue
            if parsed is not None:
                resolver = Resolver(parsed, scene)
                scene.focus[sentence.index] = resolver.about()
                assessor = Assessor(parsed, resolver)
                for event in self._events(parsed, resolver, events, discourse):
                    assessment = assessor.assess(event)
                    dated = lagging(event, dates, document.dated) or date_of(
                        event, parsed, dates, assessment, document.dated
                    )
                    if ledger.add(Finding(event, resolver, assessment, dated, own_dates(event, scene, dates))):
                        events.append(event)
                        discourse.note(event, assessment, dated)
                        for other, when in preceded(event, assessment, dated, resolver):
                            ledger.add(Finding(other, resolver, replace(assessment, tense="pluperfect"), when))
            if repeating:
                bare = parsed or self._parser.bare(sentence)
                for event, assessment, dated in repeats(bare, scene, discourse, dates):
                    ledger.add(Finding(event, Resolver(bare, scene), assessment, dated, own_dates(event, scene, dates)))
                    events.append(event)
                    discourse.note(event, assessment, dated)
        return ledger.reading()

    def _events(self, parsed: Parsed, resolver: Resolver, before: list[Event], discourse: Discourse) -> Iterator[Event]:
        for event in FrameFinder(parsed, resolver, before).find():
            event.actors += (
                [party for party in companions(event, resolver) if not party.same(event.actors[0])]
                if event.actors
                else []
            )
            yield event
        yield from turned(parsed, resolver, self._gazetteer.watchlist, before)
        yield from gapped(parsed, resolver, before)
        yield from held(parsed, resolver)
        yield from labelled(parsed, resolver)
        yield from taken_up(parsed, resolver, discourse)

    def _worth_parsing(self, sentence: Sentence, scene: Scene) -> bool:
        return bool(self._trigger.search(sentence.text)) or self._names_rivals(sentence, scene)

    def _names_rivals(self, sentence: Sentence, scene: Scene) -> bool:
        """Whether two of whom every state recognises one are named: who leaves one goes over to the other."""
        watchlist = self._gazetteer.watchlist
        named = {
            name for mention in scene.of_sentence(sentence.index) for name in (*mention.subjects, *mention.contextual)
        }
        return any(watchlist[name].opposite in named and watchlist[name].kind == "state" for name in named)
