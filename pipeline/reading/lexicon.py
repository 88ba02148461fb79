"""The plain words of ``data/en/lexicon.yaml``, by what the reading uses them for."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from pipeline.errors import RecognitionError


class Lexicon(BaseModel):
    """Each list of the file, under its name there, where what it is for is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    abbreviations: frozenset[str]
    small: frozenset[str]
    led: frozenset[str]
    about: frozenset[str]
    not_of: frozenset[str]
    predicative: frozenset[str]
    back_where: frozenset[str]
    function_words: frozenset[str]
    irregular: frozenset[str]
    partners: frozenset[str]
    object_control: frozenset[str]
    oblique_control: frozenset[str]
    instruments: frozenset[str]
    countries: frozenset[str]
    bodies: frozenset[str]
    groups: frozenset[str]
    pair: frozenset[str]
    pronouns: frozenset[str]
    joining: frozenset[str]
    quantifiers: frozenset[str]
    regions: frozenset[str]
    total: frozenset[str]
    excepting: frozenset[str]
    self: frozenset[str]
    indefinite: frozenset[str]
    listed: frozenset[str]
    statehood: frozenset[str]
    more: frozenset[str]
    including: frozenset[str]
    saying: frozenset[str]
    determiners: frozenset[str]
    thing_pronouns: frozenset[str]
    places: frozenset[str]
    light: frozenset[str]
    ruled_out: frozenset[str]
    long_times: frozenset[str]
    clause_words: frozenset[str]
    time_prepositions: frozenset[str]
    so: frozenset[str]
    sides: frozenset[str]
    companions: frozenset[str]
    holding: frozenset[str]
    not_its_date: frozenset[str]
    of_their_own_time: frozenset[str]
    standing: frozenset[str]
    mandate: frozenset[str]
    standing_as: frozenset[str]
    talked: frozenset[str]
    announcing: frozenset[str]
    claiming: frozenset[str]
    personal: frozenset[str]
    owned: frozenset[str]
    states: frozenset[str]
    unlimited: frozenset[str]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The English words. Raises RecognitionError when the file is not what it should be."""
    text = files("pipeline.reading").joinpath("data/en/lexicon.yaml").read_text("utf-8")
    raw: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  only strings: "on" and "no" are words
    try:
        return Lexicon.model_validate(raw)
    except ValueError as error:
        raise RecognitionError(f"data/en/lexicon.yaml: {error}") from error
