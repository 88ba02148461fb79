"""How an event is put: the result of weighing it, and the tense that it is told in."""

from dataclasses import dataclass

from spacy.tokens import Token

from pipeline.reading.tree import is_verbal, lemma
from pipeline.records import Modality, Polarity

_STRENGTH = {"asserted": 0, "planned": 1}
EFFECTS: dict[str, Modality] = {
    "planned": "planned",
    "called": "called_for",
    "hoped": "hoped",
    "threatened": "conditional",
    "supposed": "possible",
    "possible": "possible",
    "conditional": "conditional",
    "rumoured": "rumoured",
    "nearly": "possible",
}
"""What a cue makes of what it governs."""


@dataclass
class Assessment:
    """How an event is put. ``reasons`` are the words that made it other than asserted, innermost first."""

    polarity: Polarity = "affirmed"
    modality: Modality = "asserted"
    reasons: tuple[str, ...] = ()
    decided: bool = False
    agreed: bool = False
    stopped: bool = False
    refused: bool = False
    no_longer: bool = False
    speaker: Token | None = None
    said: Token | None = None
    tense: str = "none"
    few: bool = False
    long_after: bool = False
    open: bool = False

    def negate(self, reason: str) -> None:
        """Turn affirmed into negated, and back."""
        self.polarity = "negated" if self.polarity == "affirmed" else "affirmed"
        self.reasons += (reason,)

    def leave_open(self, reason: str) -> None:
        """A question that someone discusses is their plan; one that nobody does is nothing."""
        if self.modality == "asserted":
            self.modality = "possible"
            self.open = True
            self.reasons += (reason,)

    def weaken(self, modality: Modality, reason: str) -> None:
        """Make it less than asserted; what was already less than a plan stays what it is."""
        if _STRENGTH.get(self.modality, 2) < 2 or (self.open and modality == "planned"):
            self.open = False
            self.modality = modality
            self.reasons += (reason,)


def phrase(verb: Token) -> str:
    """The lemma with its particle: "rule out"."""
    particle = next((child.lower_ for child in verb.children if child.dep_ == "prt"), "")
    return f"{lemma(verb)} {particle}".strip()


def tense(head: Token) -> str:
    """present, past, perfect, pluperfect, progressive, future or none (a noun, an infinitive, a bare participle)."""
    if not is_verbal(head):
        return "none"
    helpers = {child.lower_ for child in head.children if child.dep_ in {"aux", "auxpass"}}
    if helpers & {"had", "'d"}:
        return "pluperfect"
    if helpers & {"has", "have", "'ve", "’ve"}:
        return "perfect"
    if head.tag_ == "VBG":
        return "progressive" if helpers & {"is", "are", "was", "were"} else "none"
    if helpers & {"was", "were", "did"}:
        return "past"
    if helpers & {"is", "are", "does", "do"}:
        return "present"
    if helpers & {"will", "would", "may", "might", "could", "should", "can", "must"}:
        return "future"
    if head.tag_ == "VBD":
        return "past"
    if head.tag_ in {"VBZ", "VBP"}:
        return "present"
    return "none"


def clause_tense(head: Token) -> str:
    """The tense of an event; an infinitive has that of the verb it completes: "has become the first to recognise"."""
    own = tense(head)
    if own != "none" or not any(child.dep_ == "aux" and child.lower_ == "to" for child in head.children):
        return own
    return next((outer for verb in head.ancestors if (outer := tense(verb)) != "none"), own)
