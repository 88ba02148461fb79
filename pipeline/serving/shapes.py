"""The shapes of replies that are no records: what the OpenAPI document is made from. Replies are built as bytes."""

from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from pipeline.records import (
    Aspect,
    Claim,
    Country,
    Dimension,
    Fact,
    Predicate,
    StatusRow,
    SubjectId,
    Support,
    Timestamp,
)
from pipeline.serving.freshness import FreshnessBody

T = TypeVar("T")

Learned = Annotated[
    str,
    Field(
        description="RFC 3339: when Kafka got the claim, so from when on it was known here",
        examples=["2025-07-04T09:30:00.250Z"],
    ),
]


class _Named(BaseModel, Generic[T]):
    """Named after what is in it: StatusRowPage."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}{cls.__name__}"


class One(_Named[T], Generic[T]):
    """One thing."""

    data: T
    freshness: FreshnessBody


class Listed(_Named[T], Generic[T]):
    """A list that is not parted."""

    data: list[T]
    freshness: FreshnessBody


class Page(_Named[T], Generic[T]):
    """Part of a list."""

    data: list[T]
    next: Annotated[str | None, Field(description="the cursor that goes on from here; null at the end")]
    freshness: FreshnessBody


class SubjectItem(BaseModel):
    """A government, a state or a territorial claim, and how much is known of its standing."""

    id: SubjectId
    name: str
    kind: Literal["government", "state", "claim"]
    aliases: list[str]
    countries: Annotated[int, Field(ge=0, description="how many countries' stance is known")]
    rows: Annotated[int, Field(ge=0, description="rows of the status")]
    updated: Annotated[Timestamp | None, Field(description="latest publication date among their articles")]
    earliest: Annotated[
        date | None, Field(description="the first day on which something is known to have held: where as_of begins")
    ]


class CountryItem(BaseModel):
    """Who can take a stance."""

    code: Country
    name: str


class ValueItem(BaseModel):
    """A value that a dimension can take, and the predicate of the claims that give it."""

    value: str
    label: str
    predicate: Predicate
    aspect: Aspect
    cameo: Annotated[str, Field(description="CAMEO 1.1b3 code")]
    plover: Annotated[str, Field(description="PLOVER event type")]
    mode: Annotated[str | None, Field(description="PLOVER mode")]


class DimensionItem(BaseModel):
    """One respect in which a country stands to a subject."""

    dimension: Dimension
    label: str
    about: str
    values: list[ValueItem]


class StatusOfPair(BaseModel):
    """The stance of one country towards one subject."""

    subject: SubjectId
    country: Country
    revision: Annotated[int, Field(ge=0, description="counts the Changes so far")]
    rows: list[StatusRow]


class ChangeDay(BaseModel):
    """A day on which rows of the live table begin, change or end."""

    dimension: Dimension
    date: date
    rows: Annotated[int, Field(ge=1, description="how many: one for each country whose row is another than before")]


class TracedSupport(Support):
    """One article behind a Fact, what it copies, and when it came in."""

    origin: Annotated[
        str, Field(description="claim_id of the first of the similar texts; its own where it copies nobody")
    ]
    learned: Learned | None


class TracedFact(Fact):
    """A Fact whose support tells who copied whom."""

    support: tuple[TracedSupport, ...] = ()


class LearnedClaim(Claim):
    """A Claim without the MinHash signature of its text, and when it came in."""

    signature: Annotated[str, Field(exclude=True)]
    learned: Learned


class Receipt(BaseModel):
    """An article that Kafka has acknowledged."""

    id: str
    correlation: Annotated[
        str,
        Field(
            description="TOPIC/PARTITION/OFFSET of the article: carried by all that comes of it",
            examples=["articles/2/17"],
        ),
    ]


class Accepted(BaseModel):
    """Articles that were taken in, in the order of the request."""

    accepted: Annotated[int, Field(ge=1)]
    articles: list[Receipt]


class Health(BaseModel):
    """That serve is there."""

    status: Literal["ok", "ready"]
