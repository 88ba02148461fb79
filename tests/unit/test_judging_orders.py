"""What must hold for all sets of claims, in whatever order and however often they arrive."""

from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.judging.alerts import alert_of
from pipeline.judging.fold import fold
from pipeline.judging.view import dimensions, rows
from pipeline.records import Change, Claim, Status
from tests.unit.judging_claims import PREDICATES, claim, signature

DATES = (
    None,
    "2025-07-03",
    "2025-07-01",
    "2025-07",
    "2025",
    "2003",
    "XXXX-07-03",
    "XXXX-07",
    "2024-12-30",
    "XXXX-01-02",
)
ARTICLES = ((None, "none"), ("2025-07-04", "published"), ("2025-07-10", "published"), ("2024-03", "published"),
            ("XXXX-07-04", "published"), ("2025-04", "text"), ("XXXX-07-03", "text"))  # fmt: skip
WIRE = signature("wire")


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    predicate = draw(st.sampled_from(PREDICATES))
    dated, dated_basis = draw(st.sampled_from(ARTICLES))
    date = draw(st.sampled_from(DATES))
    basis = "stated" if date else "none"
    if dated and draw(st.booleans()):
        date, basis = (dated, dated_basis) if draw(st.booleans()) else (dated[:7], dated_basis)
    text = draw(st.sampled_from("abcdef"))
    more = {"signature": signature(text, like="wire", share=0.8)} if text in "abc" else {}
    return claim(
        predicate,
        date,
        source=draw(st.sampled_from(("Daily", "Herald", "Wire", "Gazette", "wire"))),
        text=text,
        dated=dated,
        dated_basis=dated_basis,
        date_basis=basis,
        aspect=draw(st.sampled_from(("event", "state"))),
        first_ever=draw(st.booleans()),
        confidence=draw(st.sampled_from((0.5, 0.9))),
        sentence=draw(st.sampled_from(("One.", "Two."))),
        **more,
    )


def fold_all(arriving: list[Claim]) -> tuple[Status, list[Change]]:
    status: Status | None = None
    told: list[Change] = []
    for one in arriving:
        status, changes = fold(status, one)
        told += changes
    assert status is not None
    return status, told


def timeless(status: Status) -> dict[str, object]:
    """The part that the docstring of Status promises to be free of order."""
    return status.model_dump(include={"subject", "country", "facts", "ledgers", "witnesses"})


@settings(max_examples=60, deadline=None)
@st.composite
def claims_of_any_time(draw: st.DrawFn) -> Claim:
    """Claims whose dates lie anywhere in the calendar, at its two ends above all."""
    day = st.one_of(
        st.dates(max_value=date(1, 3, 1)),
        st.dates(min_value=date(9999, 11, 1)),
        st.dates(),
    ).map(date.isoformat)
    form = st.sampled_from(("{}", "{}T23:59:59-12:00", "{}T00:00:00+14:00"))
    when = draw(st.one_of(st.none(), day, day.map(lambda told: told[:7]), day.map(lambda told: told[:4])))
    printed = draw(st.one_of(st.none(), day))
    return claim(
        draw(st.sampled_from(PREDICATES)),
        when,
        source=draw(st.sampled_from(("Daily", "Herald", "Wire"))),
        dated=printed,
        published=draw(form).format(printed) if printed else None,
        dated_basis=draw(st.sampled_from(("published", "text"))) if printed else "none",
        aspect=draw(st.sampled_from(("event", "state"))),
    )


@given(st.lists(claims_of_any_time(), min_size=1, max_size=8))
def test_no_date_is_beyond_the_calendar(folded: list[Claim]) -> None:
    status: Status | None = None
    for one in folded:
        status, changes = fold(status, one)
        for change in changes:
            assert alert_of(change).data.revision == change.revision
    assert status is not None
    for told in dimensions(status):
        assert told.row() is not None
        assert all(period.until is None or period.first < period.until for period in told.periods())


@given(st.lists(claims(), min_size=1, max_size=14, unique_by=lambda one: one.id), st.data())
def test_end_state_is_free_of_order_and_repetition(folded: list[Claim], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(folded))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(folded), max_size=8))
    data.draw(st.randoms(use_true_random=False)).shuffle(repeated)
    one, _ = fold_all(folded)
    other, _ = fold_all(repeated)
    assert timeless(one) == timeless(other)
    assert [row.model_copy(update={"revision": 0}) for row in rows(one)] == [
        row.model_copy(update={"revision": 0}) for row in rows(other)
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=10, unique_by=lambda one: one.id), st.data())
def test_redelivery_gives_the_same_changes_and_the_same_status(folded: list[Claim], data: st.DataObject) -> None:
    status, told = fold_all(folded)
    for one in data.draw(st.permutations(folded)):
        again, changes = fold(status, one)
        assert again == status
        assert list(changes) == [change for change in told if change.claim_id == one.id]


@settings(max_examples=50, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=14, unique_by=lambda one: one.id))
def test_alerts_lead_to_the_table(folded: list[Claim]) -> None:
    status, told = fold_all(folded)
    values: dict[str, str] = {}
    new: set[tuple[str, str]] = set()  # values told as new since another value was told
    for number, change in enumerate(told, start=1):
        assert change.revision == number
        before = values.get(change.dimension)
        if change.kind == "confirmed":
            assert before == change.previous == change.value
            assert change.fact.confidence == "corroborated"
        elif before != change.value:
            assert change.previous == before
        else:  # background news that has become fresh news
            assert change.kind == "new"
            assert change.previous != change.value
            assert (change.dimension, change.value) not in new
        if before != change.value:
            new.discard((change.dimension, before or ""))
        if change.kind == "new":
            new.add((change.dimension, change.value))
        values[change.dimension] = change.value
    assert values == {row.dimension: row.value for row in rows(status)}
    assert len({change.id for change in told}) == len(told)


@settings(max_examples=50, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=14, unique_by=lambda one: one.id))
@example([claim("recognized", "2025-07-03")])
def test_every_claim_counts_in_one_fact(folded: list[Claim]) -> None:
    status, _ = fold_all(folded)
    for dimension, ledger in status.ledgers.items():
        facts = [fact for fact in status.facts if fact.dimension == dimension]
        assert sum(fact.role == "current" for fact in facts) == 1
        assert all(1 <= fact.independent <= fact.sources for fact in facts)
        spoken = {key for strand in ledger.strands for key in strand.witnesses}
        assert max(fact.sources for fact in facts) <= len({key[:8] for key in spoken})


@settings(max_examples=50, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=10, unique_by=lambda one: one.id))
def test_a_status_survives_its_wire_form(folded: list[Claim]) -> None:
    status, _ = fold_all(folded)
    assert Status.from_json(status.to_json()) == status


@given(st.lists(claims(), min_size=1, max_size=14, unique_by=lambda one: one.id))
def test_the_periods_tell_of_every_day_what_as_of_tells(folded: list[Claim]) -> None:
    status, _ = fold_all(folded)
    found = [period for one in dimensions(status) for period in one.periods()]
    turns = {day for one in found for day in (one.first, one.until) if day}
    days = {day + timedelta(days=by) for day in turns for by in (-1, 0, 1)}
    for day in days | {date(1990, 1, 1), date(2024, 3, 31), date(2025, 7, 3), date(2025, 7, 31), date(2040, 1, 1)}:
        held = [one.row for one in found if one.first <= day and (one.until is None or day < one.until)]
        assert held == rows(status, as_of=day.isoformat())
