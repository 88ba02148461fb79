"""The vocabulary: every record that travels on a topic or leaves through an interface.

Article -> Document -> Claim -> (Fact, Status, Change) -> Alert; design words, nothing else.
Every record is immutable and carries ``schema_version``; its JSON form is its wire form.
"""

import re
from datetime import date, datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self, get_args

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.edtf import Edtf, Precision

SCHEMA_VERSION: Literal[1] = 1

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["RU", "XK"])]
"""Who takes a stance: ISO 3166-1 alpha-2, ``XK`` for Kosovo; ``EU`` for the European Union as one actor."""

SubjectId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["taliban", "palestine"])]
"""The watchlist's name for a government, a state or a territorial claim."""

Predicate = Literal[
    "recognized",
    "not_recognized",
    "considering",
    "withdrew_recognition",
    "established_relations",
    "severed_relations",
    "relations_downgraded",
    "credentials_accepted",
    "ambassador_sent",
    "embassy_opened",
    "mission_maintained",
    "embassy_closed",
    "terrorist_designated",
    "terrorist_delisted",
    "sanctions_imposed",
    "sanctions_lifted",
]
Dimension = Literal["recognition", "relations", "accreditation", "presence", "terrorism_listing", "sanctions"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
"""In the order in which every interface lists them."""

Polarity = Literal["affirmed", "negated"]
Modality = Literal[
    "asserted",  # happened, or is the present state
    "planned",  # the country's own stated intent
    "conditional",
    "hoped",
    "called_for",
    "rumoured",
    "possible",
    "asked",
]
Aspect = Literal["event", "state"]
"""An event moves a status and orders by its date; a state fills a gap and never undoes an event."""

DateBasis = Literal["stated", "relative", "published", "text", "none"]
"""How a date came to be: written out, resolved from words such as "on Thursday", taken from the
article's publication date, taken from the latest past day of an undated article's text, or not at all."""

Confidence = Literal["reported", "corroborated", "disputed"]
Kind = Literal["new", "background", "confirmed"]
Role = Literal["current", "history", "dissent"]
"""What a Fact is to its dimension: the value now, another time's, or a contradiction of the value now."""


_EXTENDED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def _iso(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is no ISO 8601 date; give 2025-07-04 or 2025-07-04T09:30:00Z, or leave it out"
        ) from None
    if _EXTENDED.fullmatch(text):
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return moment.isoformat()


Timestamp = Annotated[str, AfterValidator(_iso), Field(examples=["2025-07-04", "2025-07-04T09:30:00+00:00"])]
"""An ISO 8601 date, or date-time, as the publisher gave it, in the extended format: no time of day is made up."""


class Record(BaseModel):
    """What all records share: immutable, and JSON bytes there and back."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64")

    def to_json(self) -> bytes:
        """The wire form: compact UTF-8 JSON with sorted keys, so that equal records are equal bytes."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, raw: bytes | str) -> Self:
        """Read the wire form. Raises pydantic.ValidationError, which names every field that is wrong."""
        return cls.model_validate_json(raw)


class Versioned(Record):
    """A record that stands alone on a topic."""

    schema_version: Literal[1] = SCHEMA_VERSION


class Article(Versioned):
    """One report as published. At least one of ``text`` and ``html`` has content."""

    id: str = Field(min_length=1, max_length=512, description="the publisher's or the replayer's identifier")
    source: str = Field(min_length=1, max_length=256, description="who printed it: an outlet or a host name")
    url: str | None = Field(default=None, max_length=4096)
    title: str | None = Field(default=None, max_length=4096)
    text: str | None = Field(default=None, description="as scraped, cruft included")
    html: str | None = None
    language: str | None = Field(default=None, description="BCP 47 tag, where the publisher states it")
    published: Timestamp | None = None
    fetched: Timestamp | None = None

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not any(part and part.strip() for part in (self.text, self.html, self.title)):
            raise ValueError("an article needs a title, text or html with something in it")
        return self


class Document(Versioned):
    """A relevant Article, cleaned and dated: what is read. Keyed by its content digest."""

    digest: str = Field(
        pattern=r"^[0-9a-f]{32}$", description="content digest: 128 bits of BLAKE2b over the cleaned text"
    )
    signature: str = Field(description="MinHash of the word shingles: 64 values of 32 bits, little-endian, base64")
    article_id: str
    source: str
    url: str | None = None
    title: str | None = None
    text: str = Field(description="cleaned; offsets of evidence count code points in here")
    language: str | None = None
    published: Timestamp | None = Field(default=None, description="from the metadata or the printed dateline")
    dated: Edtf | None = Field(default=None, description="what its date is taken to be")
    dated_basis: DateBasis = Field(default="none", description="published, text (latest past day reported) or none")


Trigger = Annotated[
    tuple[int, int], Field(description="where in the sentence the words stand that say it: code points, end exclusive")
]


class Evidence(Record):
    """The sentence that says it, and where it stands in the Document's text (code points, end exclusive)."""

    sentence: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    trigger: Trigger | None = None


def claim_id(*, digest: str, source: str, sentence: str, subject: str, country: str, predicate: str) -> str:
    """The id of the claim that a text, as one source prints it, makes in one of its sentences."""
    said = "\x1f".join((digest, source, sentence, subject, country, predicate))
    return blake2b(said.encode(), digest_size=16).hexdigest()


class Claim(Versioned):
    """One assertion that one article makes. Keyed ``subject|country``; immutable.

    ``id`` digests (content digest, source, sentence, subject, country, predicate): the same text from
    another source makes another claim with the same ``digest``, which is a source more but no independent one.
    """

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    subject: SubjectId
    country: Country
    predicate: Predicate
    aspect: Aspect
    date: Edtf | None = None
    date_basis: DateBasis = "none"
    polarity: Polarity = "affirmed"
    modality: Modality = "asserted"
    attribution: str | None = Field(default=None, description="who is quoted or cited as saying it")
    first_ever: bool = Field(default=False, description="the text says that no country had done so before")
    evidence: Evidence
    confidence: float = Field(ge=0, le=1, description="calibrated probability that the reading is right")
    digest: str = Field(description="content digest of the Document")
    signature: str = Field(description="MinHash signature of the Document")
    article_id: str
    source: str
    url: str | None = None
    title: str | None = None
    published: Timestamp | None = None
    dated: Edtf | None = None
    dated_basis: DateBasis = "none"
    reader: str = Field(description="name and version of the reader")

    @property
    def key(self) -> str:
        """The key that claims, changes, alerts and the status share."""
        return f"{self.subject}|{self.country}"


class Support(Record):
    """One article behind a Fact, as an interface shows it."""

    claim_id: str
    article_id: str
    source: str
    url: str | None = None
    title: str | None = None
    published: Timestamp | None = None
    date: Edtf | None = None
    attribution: str | None = None
    confidence: float = Field(default=0, ge=0, le=1, description="of the reading")
    evidence: Evidence


class DatedSupport(Record):
    """One date that is given for a Fact, and how many independent sources give it."""

    date: Edtf
    independent: int = Field(ge=0)


class Fact(Record):
    """What the claims on one (subject, country, dimension) agree on."""

    subject: SubjectId
    country: Country
    dimension: Dimension
    value: str
    aspect: Aspect
    role: Role = "current"
    since: Edtf | None = Field(default=None, description="the best supported date, as precise as is known")
    dates: tuple[DatedSupport, ...] = Field(default=(), description="every date given, the leading one first")
    confidence: Confidence
    sources: int = Field(ge=0, description="how many outlets printed it; estimated where they are many")
    independent: int = Field(
        ge=0, description="how many of them did not copy one another; a lower bound where they are many"
    )
    first_ever: bool = False
    support: tuple[Support, ...] = Field(default=(), description="a bounded choice of the articles behind it")

    @property
    def precision(self) -> Precision:
        """How fine ``since`` is."""
        from pipeline.edtf import precision

        return precision(self.since)


class Change(Versioned):
    """One step of a Status. Keyed ``subject|country``; the same claim folded again gives the same Change."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    subject: SubjectId
    country: Country
    dimension: Dimension
    kind: Kind
    previous: str | None
    value: str
    revision: int = Field(ge=1, description="counts the Changes of this (subject, country)")
    fact: Fact
    claim_id: str = Field(description="the claim that caused it")
    time: Timestamp | None = Field(default=None, description="publication date of the article that caused it")

    @property
    def key(self) -> str:
        """The key that claims, changes, alerts and the status share."""
        return f"{self.subject}|{self.country}"


class StatusRow(Record):
    """The current value of one dimension of one (subject, country), flat: the row of every interface."""

    subject: SubjectId
    country: Country
    dimension: Dimension
    value: str
    since: Edtf | None = None
    precision: Precision = "none"
    confidence: Confidence
    sources: int
    independent: int
    first_ever: bool = False
    revision: int
    updated: Timestamp | None = Field(default=None, description="latest publication date among its articles")
    activity: dict[str, "Activity"] = Field(
        default_factory=dict, description='by window: "1d", "7d", "30d" of publication time'
    )


class Activity(Record):
    """How often a row was spoken of within one rolling window of publication time."""

    claims: int = 0
    sources: int = 0
    independent: int = 0


class AlertEvidence(Record):
    """Where a subscriber can read it."""

    article_id: str
    source: str
    url: str | None = None
    title: str | None = None
    published: Timestamp | None = None
    sentence: str
    start: int
    end: int
    trigger: Trigger | None = None


class AlertData(Versioned):
    """A Change as subscribers see it."""

    kind: Kind
    subject: SubjectId
    country: Country
    dimension: Dimension
    value: str
    previous: str | None = None
    since: Edtf | None = None
    precision: Precision = "none"
    revision: int
    confidence: Confidence
    sources: int
    independent: int
    first_ever: bool = False
    evidence: tuple[AlertEvidence, ...] = ()


class Alert(Record):
    """A CloudEvents 1.0 envelope around a Change, published once. ``id`` is the Change's.

    The version of our schema is in ``data``: names of CloudEvents attributes have no underscore. An attribute without
    a value is left out, as the CloudEvents JSON format wants it.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str = "/recognition-watch"
    type: str = Field(pattern=r"^recognition\.status\.(new|background|confirmed)$")
    subject: str = Field(description="subject/country", examples=["taliban/RU"])
    time: str | None = Field(default=None, description="RFC 3339", exclude_if=lambda time: time is None)
    datacontenttype: Literal["application/json"] = "application/json"
    data: AlertData

    @property
    def key(self) -> str:
        """The key that claims, changes, alerts and the status share."""
        return f"{self.data.subject}|{self.data.country}"


class DeadLetter(Record):
    """A rejected message as `recognition dlq` shows it; on its topic it is the untouched bytes plus headers."""

    stage: str
    topic: str
    partition: int
    offset: int
    timestamp: int | None = None
    error: str
    message: str
    version: str
    attempts: int = 1
    headers: dict[str, Any] = Field(default_factory=dict)
    key: bytes | None = None
    value: bytes | None = None


class Strand(Record):
    """What is kept of the claims that give one value of one dimension in one way of dating it.

    Claims that state a date share a Strand when they state the same one; others when their
    articles are of the same month. ``first`` and ``last`` are the dates of their articles.
    """

    value: str
    aspect: Aspect
    date: Edtf | None = Field(default=None, description="the date stated, or the earliest taken from an article")
    basis: DateBasis = Field(description="stated, published (the reader took the article's date) or none")
    anchored: DateBasis = Field(default="none", description="how first and last came to be: published, text or none")
    first: Edtf | None = None
    last: Edtf | None = None
    first_ever: bool = False
    updated: Timestamp | None = Field(default=None, description="latest publication date")
    witnesses: tuple[str, ...] = Field(description="keys of Status.witnesses: a sample of the outlets, or all")
    support: tuple[Support, ...] = Field(description="the most certain readings, one per outlet")


class DayCount(Record):
    """Who spoke of a dimension on one day of publication."""

    day: Edtf
    claims: int = Field(ge=1)
    witnesses: tuple[str, ...] = Field(description="keys of Status.witnesses: a sample of the outlets, or all")


class Ledger(Record):
    """What is kept of the claims on one dimension: enough to tell its Facts and its activity again."""

    strands: tuple[Strand, ...] = ()
    days: tuple[DayCount, ...] = ()


class Announcement(Record):
    """What subscribers were told of one value: the Change that told it, and its date as it is known by now."""

    value: str
    previous: str | None
    aspect: Aspect
    since: Edtf | None
    revision: int = Field(description="of the last Change that told of it")
    claim_id: str
    new: bool = Field(description="told as new")
    confirmed: bool = Field(description="told as corroborated")


class Log(Record):
    """What was told, in the order of arrival: the part of a Status that depends on it."""

    announced: dict[Dimension, tuple[Announcement, ...]] = Field(default_factory=dict)
    changes: tuple[Change, ...] = Field(default=(), description="recent ones, to be told again in the same words")
    recent: tuple[str, ...] = Field(default=(), description="ids of the claims folded last")


class Status(Versioned):
    """All facts of one (subject, country): one row of table ``status``, one message of the compacted topic.

    ``facts``, ``ledgers`` and ``witnesses`` depend on the set of claims that were folded and on nothing else: not
    on their order, not on repetition. (Beyond the bounds that pipeline.judging.ledger states, they do so nearly.)
    ``revision`` and ``log`` say what was known when, so they follow the order of arrival.
    """

    subject: SubjectId
    country: Country
    revision: int = Field(default=0, description="that of the latest Change")
    facts: tuple[Fact, ...] = Field(
        default=(), description="by dimension, in order of time; the current ones with their best evidence"
    )
    ledgers: dict[Dimension, Ledger] = Field(default_factory=dict)
    witnesses: dict[str, str] = Field(
        default_factory=dict,
        description="one text as one outlet printed it: digests of the outlet's name (8 hexadecimal digits) and of the "
        "text (12); with its sketch, the low 4 bits of each value of its MinHash signature as 64 hexadecimal digits",
    )
    log: Log = Field(default_factory=Log)

    @property
    def key(self) -> str:
        """The key that claims, changes, alerts and the status share."""
        return f"{self.subject}|{self.country}"
