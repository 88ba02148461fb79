"""Hand-made claims for the tests of judging."""

import base64
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, get_args

from pipeline import edtf
from pipeline.judging.ledger import NAME, SENTENCE, TITLE, URL
from pipeline.records import Claim, DateBasis, Evidence, Predicate

PREDICATES: tuple[Predicate, ...] = get_args(Predicate)


def signature(text: str, *, like: str | None = None, share: float = 0.0) -> str:
    """A MinHash signature: random for every text, or equal to that of another in a share of its 64 values."""
    draw = random.Random(text)
    values = [draw.getrandbits(32) for _ in range(64)]
    if like is not None:
        other = random.Random(like)
        theirs = [other.getrandbits(32) for _ in range(64)]
        values = [theirs[at] if at < round(64 * share) else values[at] for at in range(64)]
    return base64.b64encode(b"".join(value.to_bytes(4, "little") for value in values)).decode()


def claim(
    predicate: str = "recognized",
    date: str | None = None,
    *,
    source: str = "Daily",
    text: str | None = None,
    dated: str | None = None,
    sentence: str = "It said so.",
    **more: Any,
) -> Claim:
    """One claim; ``text`` stands for the content of the article (the outlet's own by default)."""
    text = source if text is None else text
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    state = predicate in ("not_recognized", "considering", "mission_maintained")
    basis: DateBasis = "stated" if date else "none"
    fields: dict[str, Any] = {
        "subject": "taliban",
        "country": "RU",
        "aspect": "state" if state else "event",
        "date_basis": basis,
        "confidence": 0.9,
        "signature": signature(text),
        "article_id": f"{source}/{digest[:6]}",
        "published": dated if dated and edtf.has_year(dated) and edtf.precision(dated) == "day" else None,
        "dated_basis": "published" if dated else "none",
        "reader": "hand/1",
    } | more
    name = "\n".join(map(str, (digest, source, sentence, fields["subject"], fields["country"], predicate, date, dated)))
    return Claim(
        id=blake2b(name.encode(), digest_size=16).hexdigest(),
        predicate=predicate,
        date=date,
        digest=digest,
        source=source,
        dated=dated,
        evidence=Evidence(sentence=sentence, start=0, end=len(sentence)),
        **fields,
    )


def flood(
    number: int,
    *,
    predicates: Sequence[Predicate] = PREDICATES,
    days: int,
    dates: int,
    length: float = 2,
    copies: float = 0,
    seed: int = 7,
) -> Iterator[Claim]:
    """Made-up claims on one row, each from another outlet.

    Args:
        number: how many.
        predicates: drawn from these.
        days: of publication, from 1 January 2025 on.
        dates: so many different dates of events are stated, 20 days apart.
        length: of every text, as a multiple of what is kept of it.
        copies: the share of texts that are copies of one.
        seed: of the random draws.
    """
    draw = random.Random(seed)
    start = date(2025, 1, 1)

    def text(begin: str, limit: int) -> str:
        return begin.ljust(int(length * limit), "x")

    for at in range(number):
        published = (start + timedelta(days=draw.randrange(days))).isoformat()
        stated = (start + timedelta(days=20 * draw.randrange(dates))).isoformat()
        datings: tuple[tuple[DateBasis, str | None], ...] = (
            ("stated", stated),
            ("none", None),
            ("published", published),
        )
        basis, when = draw.choice(datings)
        copied = draw.random() < copies
        signature = base64.b64encode(random.Random(0).randbytes(256) if copied else draw.randbytes(256)).decode()
        name = blake2b(f"{seed} {at}".encode(), digest_size=16).hexdigest()
        yield Claim.model_construct(
            id=name,
            subject="taliban",
            country="RU",
            predicate=draw.choice(predicates),
            aspect=draw.choice(("event", "state")),
            date=when,
            date_basis=basis,
            polarity="affirmed",
            modality="asserted",
            attribution=text("", NAME),
            first_ever=False,
            evidence=Evidence(sentence=text(name, SENTENCE), start=0, end=SENTENCE),
            confidence=0.9,
            digest=name[::-1],
            signature=signature,
            article_id=text(name, NAME),
            source=text(name, NAME),
            url=text("https://example.org/", URL // 2),
            title=text("", TITLE),
            published=published,
            dated=published,
            dated_basis="published",
            reader="made up",
        )
