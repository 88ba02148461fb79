"""The bounds of a Status: its bytes, the time of a fold, and what goes on beyond the bounds."""

from collections.abc import Iterable

import pytest

from pipeline.judging.announcing import CHANGES
from pipeline.judging.fold import RECENT, fold
from pipeline.judging.ledger import DAY_OUTLETS, DAYS, EVENT_STRANDS, OUTLETS, STATE_STRANDS, SUPPORT, TEXTS, instant
from pipeline.judging.view import history, rows
from pipeline.records import Claim, Status
from pipeline.topology import Topology
from tests.unit.judging_claims import claim, flood


def fold_all(claims: Iterable[Claim]) -> Status:
    status: Status | None = None
    for one in claims:
        status, _ = fold(status, one)
    assert status is not None
    return status


@pytest.fixture(scope="module")
def crowded() -> Status:
    """The row of one event of which 10,000 outlets tell."""
    return fold_all(flood(800, predicates=("recognized",), days=20, dates=1))


def test_a_crowd_of_claims_keeps_a_row_small_and_its_counts_going(crowded: Status) -> None:
    (row,) = rows(crowded)
    assert len(crowded.to_json()) < 150_000
    assert row.activity["30d"].claims == 800
    assert row.sources == pytest.approx(800, rel=0.45)
    assert OUTLETS <= row.independent <= row.sources
    assert [change.kind for change in crowded.log.changes] == ["background", "confirmed", "new"]
    assert len(crowded.log.recent) == RECENT


def test_claims_of_all_kinds_and_dates_stay_within_the_bounds() -> None:
    status = fold_all(flood(500, days=600, dates=40))
    for ledger in status.ledgers.values():
        for aspect, limit in (("event", EVENT_STRANDS), ("state", STATE_STRANDS)):
            dated = [one for one in ledger.strands if one.aspect == aspect and (one.date or one.first)]
            assert len(dated) <= limit
        assert all(len(strand.support) <= SUPPORT for strand in ledger.strands)
        assert all(len(strand.witnesses) <= OUTLETS * TEXTS for strand in ledger.strands)
        assert len(ledger.days) <= DAYS
        assert all(len(day.witnesses) <= DAY_OUTLETS * TEXTS for day in ledger.days)
    assert len(status.log.changes) == CHANGES
    assert len(status.to_json()) < Topology().status.max_message_bytes / 2


def test_a_well_supported_date_outlives_many_odd_ones() -> None:
    def told(date: str, source: str) -> Claim:
        return claim("recognized", date, source=source, dated="2025-12-01")

    odd = [told(f"20{year:02d}-01-01", f"odd {year}") for year in range(2, 2 + EVENT_STRANDS + 4)]
    good = [told("2025-07-03", f"good {number}") for number in range(3)]
    for claims in ([*good, *odd], [*odd, *good]):
        status = fold_all(claims)
        (row,) = rows(status)
        assert (row.since, row.independent) >= ("2025-07-03", 3)
        spoken = {key for strand in status.ledgers["recognition"].strands for key in strand.witnesses}
        assert len(spoken) == len(claims)  # what lost its date still counts


def test_the_most_certain_sentence_of_each_outlet_is_kept_as_evidence() -> None:
    def told(source: str, number: int) -> Claim:
        return claim("recognized", "2025-07-03", source=source, sentence=f"S{number}.", confidence=number / 100)

    claims = [told(f"outlet {number % 10}", number) for number in range(50)]
    (fact,) = history(fold_all(claims))
    assert [support.evidence.sentence for support in fact.support] == ["S49.", "S48.", "S47.", "S46."]
    assert fact.support == history(fold_all(claims[::-1]))[0].support


def test_long_texts_are_cut_and_a_long_address_is_left_out() -> None:
    long = claim("recognized", "2025-07-03", sentence="é" * 2_000, url="https://example.org/" + "a" * 600)
    (fact,) = history(fold_all([long]))
    (support,) = fact.support
    assert (len(support.evidence.sentence), support.evidence.sentence[-1]) == (500, "…")
    assert (support.evidence.start, support.evidence.end, support.url) == (0, 2_000, None)


def test_instants_compare_across_zones() -> None:
    moments = [None, "2025-07-04", "2025-07-04T02:00:00+03:00", "2025-07-04T00:00:00.5", "2025-07-04T01:00:00Z"]
    assert sorted(moments, key=instant) == [moments[0], moments[2], moments[1], moments[3], moments[4]]
