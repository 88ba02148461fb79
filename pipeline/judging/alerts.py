"""A Change as subscribers see it: a CloudEvents 1.0 envelope."""

from datetime import UTC, datetime

from pipeline.records import Alert, AlertData, AlertEvidence, Change


def alert_of(change: Change) -> Alert:
    """Wrap a Change. The same Change always gives the same Alert, with the Change's id.

    ``time`` is when the article that caused it was published, never when the machine read it; None when
    the article does not say. A publication date without a time of day becomes its midnight UTC, since CloudEvents wants
    RFC 3339; ``data.evidence`` carries it as published.
    """
    fact = change.fact
    return Alert(
        id=change.id,
        type=f"recognition.status.{change.kind}",
        subject=f"{change.subject}/{change.country}",
        time=None if change.time is None else _rfc3339(change.time),
        data=AlertData(
            kind=change.kind,
            subject=change.subject,
            country=change.country,
            dimension=change.dimension,
            value=change.value,
            previous=change.previous,
            since=fact.since,
            precision=fact.precision,
            revision=change.revision,
            confidence=fact.confidence,
            sources=fact.sources,
            independent=fact.independent,
            first_ever=fact.first_ever,
            evidence=tuple(
                AlertEvidence(
                    article_id=support.article_id,
                    source=support.source,
                    url=support.url,
                    title=support.title,
                    published=support.published,
                    sentence=support.evidence.sentence,
                    start=support.evidence.start,
                    end=support.evidence.end,
                    trigger=support.evidence.trigger,
                )
                for support in fact.support
            ),
        ),
    )


def _rfc3339(published: str) -> str:
    moment = datetime.fromisoformat(published)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.isoformat().replace("+00:00", "Z")
