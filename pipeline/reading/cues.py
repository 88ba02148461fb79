"""The words of ``data/en/cues.yaml`` that weigh an assertion, by what they do."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from pipeline.errors import RecognitionError


class Cues(BaseModel):
    """Each table: an effect ("planned", "negated", ...) and the words that have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verbs: dict[str, frozenset[str]]
    nouns: dict[str, frozenset[str]]
    adjectives: dict[str, frozenset[str]]
    auxiliaries: dict[str, frozenset[str]]
    marks: dict[str, frozenset[str]]
    prepositions: dict[str, frozenset[str]]
    adverbs: dict[str, frozenset[str]]
    subjects: dict[str, frozenset[str]]
    speakers: dict[str, frozenset[str]]

    @staticmethod
    def effect(table: dict[str, frozenset[str]], word: str) -> str | None:
        """The first effect in the table that a word has."""
        return next((effect for effect, words in table.items() if word in words), None)


@lru_cache(maxsize=1)
def load_cues() -> Cues:
    """The English cues. Raises RecognitionError when the file is not what it should be."""
    text = files("pipeline.reading").joinpath("data/en/cues.yaml").read_text("utf-8")
    raw: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  only strings: "on" and "no" are words
    try:
        return Cues.model_validate(raw)
    except ValueError as error:
        raise RecognitionError(f"data/en/cues.yaml: {error}") from error
