"""Hand-made claims for the tests of judging."""

import base64
import random
from hashlib import blake2b
from typing import Any, get_args

from pipeline import edtf
from pipeline.records import Claim, DateBasis, Evidence, Predicate

PREDICATES = get_args(Predicate)


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
