"""What counts as an event or a stance: the acts, things and frames of ``data/en/ontology.yaml``, checked."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import RecognitionError
from pipeline.records import Aspect, Predicate


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Act(_Part):
    """A family of verbs that mean one act, and the nouns made of them."""

    verbs: tuple[str, ...] = Field(description='lemmas; a particle after a blank: "break off"')
    nouns: tuple[str, ...] = ()


class Thing(_Part):
    """A key noun that is acted upon ("embassy", "sanctions"), and who stands where about it."""

    nouns: tuple[str, ...]
    phrases: dict[str, str] = Field(default={}, description="a noun that means the thing only beside this one word")
    weak: tuple[str, ...] = Field(default=(), description="nouns that mean the thing only beside a strong word")
    strong: tuple[str, ...] = ()
    placed: tuple[str, ...] = Field(default=(), description="weak nouns that mean the thing before a place, too")
    barred: tuple[str, ...] = Field(default=(), description="words beside the noun that make it another thing")
    through: tuple[str, ...] = Field(default=(), description="nouns through which a verb acts on the thing")
    beyond: tuple[str, ...] = Field(default=(), description="nouns of a country that are not the country")
    slots: dict[str, str] = Field(description='role by slot: a preposition, "poss" or "mod"')


class Frame(_Part):
    """An act upon a thing, or upon the subject itself, and the predicate that it makes."""

    act: str
    thing: str | None = None
    object: str | None = None
    via: tuple[str, ...] = Field(
        default=(), description="prepositions: the thing follows one, the object is the subject"
    )
    predicate: Predicate
    negated: Predicate | None = None
    actor: str = "actor"
    target: str = "target"
    converse: Predicate | None = Field(default=None, description="what the envoy's country does by the same event")
    subject: str | None = Field(default=None, description="the role of the verb's subject, where it is not the actor")
    slots: dict[str, str] = Field(default={}, description="slots that this act reads otherwise")
    marked: str | None = Field(default=None, alias="as", description="the mark that must be near")
    mutual: bool = False
    planned: bool = Field(default=True, description="whether a plan of it is a stance")
    plan_only: bool = Field(default=False, description="only a plan of it says something")
    aspect: Aspect = "event"
    examples: tuple[tuple[str, ...], ...] = Field(description="a sentence, then each claim that it makes")


class Ontology(_Part):
    """All of it. ``scan_terms`` are the beginnings of words without one of which an article is not read."""

    scan: tuple[str, ...]
    also: tuple[str, ...] = Field(description="what makes a sentence of a relevant article worth parsing, beside those")
    acts: dict[str, Act]
    things: dict[str, Thing]
    plain: dict[str, str] = Field(description="verb forms that a parser mistakes, and common ones of the same act")
    past: dict[str, str] = Field(description="plural presents that a parser mistakes after a name, and their pasts")
    marks: dict[str, tuple[str, ...]]
    standing: dict[Predicate, tuple[str, ...]] = Field(
        description="what a government is called by who does, or does not, recognise it"
    )
    frames: tuple[Frame, ...]

    @property
    def scan_terms(self) -> tuple[str, ...]:
        """Beginnings of words, lower case, for the scan of every article."""
        return self.scan


@lru_cache(maxsize=1)
def load_ontology() -> Ontology:
    """The English ontology. Raises RecognitionError when the file is not what it should be."""
    text = files("pipeline.reading").joinpath("data/en/ontology.yaml").read_text("utf-8")
    raw: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  only strings: "on" and "no" are words
    try:
        return Ontology.model_validate(raw)
    except ValueError as error:
        raise RecognitionError(f"data/en/ontology.yaml: {error}") from error
