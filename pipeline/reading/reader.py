"""The English reader: a function from Document to Reading, made once with its model and its gazetteer.

This is what the entry point ``english`` of group ``recognition.readers`` names.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.records import Claim, Document
from pipeline.settings import Settings


@dataclass(frozen=True)
class Weighed:
    """What was found and not taken as said: a claim as it would have been, and why it is none."""

    claim: Claim
    reason: str


@dataclass(frozen=True)
class Reading:
    """What one Document says: the claims that it asserts, and those that were weighed and found wanting."""

    claims: tuple[Claim, ...] = ()
    weighed: tuple[Weighed, ...] = ()


Reader = Callable[[Document], Reading]


def english(settings: Settings) -> Reader:
    """The default reader. Raises RecognitionError when its language model is not installed or a data file is bad."""
    from pipeline.reading.english import EnglishReader

    return EnglishReader(settings)
