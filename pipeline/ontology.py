"""What each predicate means: the dimension, the value, and how values of one dimension stand to each other.

The data is ``reading/data/ontology.yaml``; it belongs to no language, and both reading and judging go by it.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import RecognitionError
from pipeline.records import Aspect, Dimension, Predicate

_FILE = "reading/data/ontology.yaml"


class Meaning(BaseModel):
    """What a claim with this predicate says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: Dimension
    value: str
    aspect: Aspect = Field(description="state: never moves a status, whatever the sentence looks like")
    news: bool = Field(default=False, description="a state whose coming is itself news")
    rank: int | None = Field(default=None, description="level among values of the dimension that do not exclude it")
    opposes: frozenset[str] = Field(description="values of the dimension that cannot hold together with this one")
    undoes: frozenset[str] = Field(description="values that this one presupposes")
    cameo: str = Field(description="CAMEO 1.1b3 code")
    plover: str = Field(description="PLOVER event type")
    mode: str | None = Field(default=None, description="PLOVER mode")


class Ontology(BaseModel):
    """The meanings of all predicates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    predicates: dict[Predicate, Meaning]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = set(get_args(Predicate)) - set(self.predicates)
        if missing:
            raise ValueError(f"no meaning for {', '.join(sorted(missing))}")
        for predicate, meaning in self.predicates.items():
            unknown = (meaning.opposes | meaning.undoes) - set(self.values(meaning.dimension))
            if unknown:
                raise ValueError(f"{predicate}: {meaning.dimension} has no value {', '.join(sorted(unknown))}")
            for other in meaning.opposes:
                if meaning.value not in self.of(meaning.dimension, other).opposes:
                    raise ValueError(f"{predicate}: {other} does not oppose {meaning.value} in turn")
        return self

    def values(self, dimension: Dimension) -> tuple[str, ...]:
        """The values that the dimension can take."""
        return tuple(meaning.value for meaning in self.predicates.values() if meaning.dimension == dimension)

    def of(self, dimension: Dimension, value: str) -> Meaning:
        """The meaning of a value. Raises KeyError when the dimension has no such value."""
        for meaning in self.predicates.values():
            if (meaning.dimension, meaning.value) == (dimension, value):
                return meaning
        raise KeyError(f"{dimension} has no value {value!r}")


@lru_cache(maxsize=1)
def load() -> Ontology:
    """The ontology that is part of the package. Raises RecognitionError when its file is not what it should be."""
    raw: Any = yaml.safe_load(files("pipeline").joinpath(_FILE).read_text("utf-8"))
    try:
        return Ontology.model_validate(raw)
    except ValueError as error:
        raise RecognitionError(f"{_FILE}: {error}") from error
