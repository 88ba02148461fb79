"""From rows of the file back to records."""

from collections.abc import Sequence
from typing import Any

from pipeline.judging.view import WINDOWS
from pipeline.records import SCHEMA_VERSION

_EVIDENCE = ("sentence", "sentence_start", "sentence_end", "trigger_start", "trigger_end")
_PLAIN = (
    "position, id, subject, country, predicate, aspect, date, date_basis, polarity, modality, attribution, first_ever, "
    "confidence, digest, article_id, source, url, title, published, dated, dated_basis, reader"
).split(", ")

CLAIM = ", ".join(f"claims.{name}" for name in (*_PLAIN, *_EVIDENCE))
"""The columns that ``claim_fields`` takes: all but the signature."""

WHAT = (
    "subject, country, dimension, value, since, precision, confidence, sources, independent, first_ever, revision, "
    "updated"
)
"""The columns of a row of the table without its activity."""

SPOKEN = ", ".join(f"{what}_{window}" for window in WINDOWS for what in ("claims", "sources", "independent"))
"""The columns of its activity."""

_WHAT = WHAT.split(", ")


def claim_fields(row: Sequence[Any]) -> dict[str, Any]:
    """A Claim without its signature, as in JSON; and its position."""
    fields: dict[str, Any] = dict(zip(_PLAIN, row[: len(_PLAIN)], strict=True))
    fields["first_ever"] = bool(fields["first_ever"])
    fields["schema_version"] = SCHEMA_VERSION
    sentence, start, end, first, last = row[len(_PLAIN) :]
    fields["evidence"] = {
        "sentence": sentence,
        "start": start,
        "end": end,
        "trigger": None if first is None else [first, last],
    }
    return fields


def status_fields(row: Sequence[Any]) -> dict[str, Any]:
    """A StatusRow as in JSON, from the columns ``WHAT`` and ``SPOKEN``."""
    fields: dict[str, Any] = dict(zip(_WHAT, row[: len(_WHAT)], strict=True))
    fields["first_ever"] = bool(fields["first_ever"])
    spoken = row[len(_WHAT) :]
    fields["activity"] = {
        window: {"claims": claims, "sources": sources, "independent": independent}
        for window, claims, sources, independent in zip(WINDOWS, spoken[::3], spoken[1::3], spoken[2::3], strict=True)
    }
    return fields
