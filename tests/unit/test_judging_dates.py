"""When it happened: which claims are one Fact, and which of their dates leads."""

from itertools import islice, permutations

import pytest

from pipeline.judging.fold import fold
from pipeline.judging.view import history
from pipeline.records import Claim, Fact, Status
from tests.unit.judging_claims import claim

Seen = list[tuple[str, str | None, int]]


def fold_all(claims: tuple[Claim, ...]) -> Status:
    status: Status | None = None
    for one in claims:
        status, _ = fold(status, one)
    assert status is not None
    return status


def facts(*claims: Claim) -> list[Fact]:
    """The Facts in order of time, which must be the same in every order of arrival (in some, of five claims)."""
    every = 5 if len(claims) > 4 else 1
    ends = [history(fold_all(order)) for order in islice(permutations(claims), None, None, every)]
    assert all(end == ends[0] for end in ends)
    return ends[0]


def seen(*claims: Claim) -> Seen:
    return [(fact.value, fact.since, fact.sources) for fact in facts(*claims)]


def recognised(date: str | None = None, dated: str | None = None, source: str | None = None, **more: str) -> Claim:
    return claim("recognized", date, dated=dated, source=source or f"{date} {dated} {more}", **more)


def withdrew(date: str | None = None, dated: str | None = None, **more: str) -> Claim:
    return claim("withdrew_recognition", date, dated=dated, source=f"{date} {dated}", **more)


@pytest.mark.parametrize("vague", ["2025-07", "2025", "XXXX-07-03", "XXXX-07", "2025-07-03"])
def test_dates_that_agree_are_one_fact_and_the_finest_leads(vague: str) -> None:
    assert seen(recognised("2025-07-03", source="A"), recognised(vague, source="B")) == [
        ("recognized", "2025-07-03", 2)
    ]


def test_a_fine_date_leads_over_a_vague_one_that_more_give() -> None:
    (fact,) = facts(recognised("2025-07-03"), *(recognised("2025", source=name) for name in "AB"))
    assert fact.since == "2025-07-03"
    assert [(given.date, given.independent) for given in fact.dates] == [("2025-07-03", 1), ("2025", 2)]


def test_a_vague_date_leads_over_a_fine_one_that_contradicts_it_where_more_give_it() -> None:
    (fact,) = facts(recognised("2025-05-02"), *(recognised("2025-04", source=name) for name in "AB"))
    assert [given.date for given in fact.dates] == ["2025-04", "2025-05-02"]


def test_days_apart_are_one_fact_and_the_better_supported_leads() -> None:
    (fact,) = facts(recognised("2025-07-01"), *(recognised("2025-07-03", source=name) for name in "AB"))
    assert fact.since == "2025-07-03"
    assert [(given.date, given.independent) for given in fact.dates] == [("2025-07-03", 2), ("2025-07-01", 1)]


def test_copies_do_not_make_a_date_lead() -> None:
    copies = [claim("recognized", "2025-07-01", source=name, text="wire") for name in "ABC"]
    own = [claim("recognized", "2025-07-03", source=name) for name in "DE"]
    (fact,) = facts(*copies, *own)
    assert fact.since == "2025-07-03"


@pytest.mark.parametrize(("days", "expected"), [("10", 1), ("11", 2)])
def test_a_week_apart_is_the_limit(days: str, expected: int) -> None:
    assert len(facts(recognised("2025-07-03"), recognised(f"2025-07-{days}"))) == expected


def test_nearness_is_to_the_date_that_leads_not_a_chain() -> None:
    dates = ["2025-07-01", "2025-07-07", "2025-07-13"]
    assert [since for _, since, _ in seen(*(recognised(date) for date in dates))] == ["2025-07-01", "2025-07-13"]


def test_of_like_facts_the_best_supported_gives_the_status_its_date() -> None:
    found = facts(recognised("2025-09-20"), *(recognised("2025-07-03", source=name) for name in "AB"))
    assert [(fact.since, fact.role) for fact in found] == [("2025-07-03", "current"), ("2025-09-20", "history")]


def test_a_contrary_event_separates_like_events() -> None:
    assert seen(recognised("2025-07-01"), recognised("2025-07-05"), withdrew("2025-07-03")) == [
        ("recognized", "2025-07-01", 1),
        ("withdrawn", "2025-07-03", 1),
        ("recognized", "2025-07-05", 1),
    ]


def test_a_vague_contrary_event_separates_only_where_it_lies_between_for_certain() -> None:
    assert len(facts(recognised("2025-07-01"), recognised("2025-07-05"), withdrew("2025-07"))) == 2


# --- without a year ---


def test_a_day_without_a_year_stays_so_alone() -> None:
    (fact,) = facts(recognised("XXXX-07-03", source="A"), recognised("XXXX-07-03", source="B"))
    assert (fact.since, fact.precision, fact.sources) == ("XXXX-07-03", "day", 2)


def test_it_takes_the_year_of_the_fact_that_it_agrees_with() -> None:
    (fact,) = facts(
        recognised("XXXX-07-01"), recognised("2025-07-03", source="A"), recognised("2025-07-03", source="B")
    )
    assert [given.date for given in fact.dates] == ["2025-07-03", "2025-07-01"]


def test_it_takes_the_year_that_lies_across_new_year() -> None:
    (fact,) = facts(recognised("XXXX-12-30"), recognised("2025-01-02"))
    assert [given.date for given in fact.dates] == ["2024-12-30", "2025-01-02"]


def test_it_takes_the_year_of_a_fact_that_is_dated_to_the_year() -> None:
    assert seen(recognised("XXXX-07-03"), recognised("2025")) == [("recognized", "2025-07-03", 2)]


def test_it_prefers_the_fact_near_its_article() -> None:
    listing = [recognised("2012-07-03"), withdrew("2019-01-01"), recognised("2025-07-03")]
    found = seen(*listing, recognised("XXXX-07-03", "2025-07-09"))
    assert found[-1] == ("recognized", "2025-07-03", 2)


def test_it_does_not_take_a_year_long_before_its_article() -> None:
    found = seen(recognised("2003"), recognised("XXXX-07-03", "2025-07-09"))
    assert ("recognized", "2003", 1) in found


def test_an_article_of_that_week_gives_it_the_year() -> None:
    undated = recognised(dated="2025-07-04", source="A")
    assert seen(recognised("XXXX-07-03"), undated) == [("recognized", "2025-07-03", 2)]


def test_without_a_year_it_does_not_displace_what_has_one() -> None:
    found = facts(recognised("2025-07-03"), withdrew("XXXX-09-10"))
    assert [(fact.value, fact.role) for fact in found] == [("withdrawn", "dissent"), ("recognized", "current")]


def test_29_february_without_a_year() -> None:
    assert seen(recognised("XXXX-02-29"), recognised("2024-03-01")) == [("recognized", "2024-02-29", 2)]
    assert [since for _, since, _ in seen(recognised("XXXX-02-29"), recognised("2025-03-01"))] == [
        "XXXX-02-29",
        "2025-03-01",
    ]


# --- dated by the article ---


def test_an_undated_event_joins_the_nearest_fact_before_its_article() -> None:
    known = [recognised("2012-05-10"), withdrew("2019-11-02"), recognised("2025-07-03")]
    assert seen(*known, recognised(dated="2014-01-01"))[0] == ("recognized", "2012-05-10", 2)
    assert seen(*known, recognised(dated="2025-08-01"))[-1] == ("recognized", "2025-07-03", 2)
    assert seen(*known, recognised(dated="2025-07-01"))[-1] == ("recognized", "2025-07-03", 2)


def test_an_undated_event_in_an_undated_article_joins_the_latest() -> None:
    known = [recognised("2012-05-10"), withdrew("2019-11-02"), recognised("2025-07-03")]
    assert seen(*known, recognised())[-1] == ("recognized", "2025-07-03", 2)


def test_an_article_dated_by_its_text_may_be_later_than_that() -> None:
    text = recognised(dated="2025-04", dated_basis="text")
    assert seen(recognised("2025-07-03"), text) == [("recognized", "2025-07-03", 2)]


def test_alone_an_event_has_the_date_that_its_reader_took_from_the_article() -> None:
    assert seen(recognised("2025-07-04", "2025-07-04", date_basis="published")) == [("recognized", "2025-07-04", 1)]
    assert seen(recognised("2025-07", "2025-07-04", date_basis="published")) == [("recognized", "2025-07", 1)]
    assert seen(recognised("2025-04", "2025-04", date_basis="text", dated_basis="text")) == [("recognized", None, 1)]
    assert seen(recognised(dated="2025-07-04")) == [("recognized", None, 1)]


def test_the_first_of_several_articles_dates_it() -> None:
    days = ("2025-07-06", "2025-07-04", "2025-08-01")
    claims = [recognised(day, day, date_basis="published") for day in days]
    assert seen(*claims) == [("recognized", "2025-07-04", 3)]


def test_told_as_happening_just_then_after_a_contrary_event_it_is_another_one() -> None:
    known = [recognised("2012-05-10"), withdrew("2019-11-02")]
    again = recognised("2025-07-04", "2025-07-04", date_basis="published")
    assert seen(*known, again)[-1] == ("recognized", "2025-07-04", 1)
    looking_back = recognised(dated="2025-07-04")
    assert seen(*known, looking_back)[0] == ("recognized", "2012-05-10", 2)


def test_a_vague_telling_makes_another_one_only_long_after_the_contrary_event() -> None:
    known = [recognised("2012-05-10"), withdrew("2019-11-02")]
    soon = recognised("2019-11", "2019-11-20", date_basis="published")
    assert seen(*known, soon)[0] == ("recognized", "2012-05-10", 2)
    later = recognised("2021-02", "2021-02-20", date_basis="published")
    assert seen(*known, later)[-1] == ("recognized", "2021-02", 1)


def test_a_vague_event_had_happened_when_it_was_told() -> None:
    told_in_february = recognised("2025", "2025-02-10")
    found = facts(told_in_february, withdrew("2025-03-01"))
    assert [fact.value for fact in found if fact.role == "current"] == ["withdrawn"]
    told_in_june = recognised("2025", "2025-06-10")
    found = facts(told_in_june, withdrew("2025-03-01"))
    assert [fact.value for fact in found if fact.role == "current"] == ["recognized"]


# --- states ---


def test_a_state_supports_the_event_before_it() -> None:
    state = claim("recognized", source="S", dated="2025-09-01", aspect="state")
    assert seen(recognised("2025-07-03"), state) == [("recognized", "2025-07-03", 2)]


def test_a_state_does_not_support_an_event_that_was_undone_in_between() -> None:
    state = claim("recognized", source="S", dated="2020-09-01", aspect="state")
    found = facts(recognised("2012-05-10"), withdrew("2019-11-02"), state)
    assert [(fact.value, fact.aspect, fact.role) for fact in found] == [
        ("recognized", "event", "history"),
        ("withdrawn", "event", "current"),
        ("recognized", "state", "dissent"),
    ]


def test_a_state_from_before_the_event_does_not_support_it() -> None:
    state = claim("recognized", source="S", dated="2024-09-01", aspect="state")
    assert [fact.sources for fact in facts(recognised("2025-07-03"), state)] == [1, 1]


def test_states_of_one_value_are_one_fact_between_contrary_events() -> None:
    states = [claim("not_recognized", source=day, dated=day) for day in ("2011-01-01", "2012-01-01", "2020-01-01")]
    found = seen(*states, recognised("2012-05-10"), withdrew("2019-11-02"))
    assert [(value, count) for value, _, count in found] == [
        ("not_recognized", 2),
        ("recognized", 1),
        ("withdrawn", 1),
        ("not_recognized", 1),
    ]


def test_stale_words_in_the_month_of_an_event_are_no_dissent_where_they_began_before_it() -> None:
    before = claim("not_recognized", source="A", dated="2025-07-01")
    stale = claim("not_recognized", source="B", dated="2025-07-20")
    assert [fact.role for fact in facts(recognised("2025-07-03"), before, stale)] == ["history", "current"]
    assert [fact.role for fact in facts(recognised("2025-07-03"), stale)] == ["current", "dissent"]


def test_an_undated_state_joins_the_last_of_its_value() -> None:
    dated = claim("not_recognized", source="A", dated="2020-01-01")
    assert seen(dated, claim("not_recognized", source="B")) == [("not_recognized", None, 2)]


def test_a_state_with_a_stated_date_begins_there() -> None:
    mission = claim("mission_maintained", "2021", source="A", dated="2025-07-04")
    later = claim("mission_maintained", "2023-05", source="B", dated="2025-07-04")
    assert seen(mission, later) == [("mission", "2021", 2)]


def test_a_contrary_event_that_has_no_year_outdoes_nothing_told_in_passing() -> None:
    imposed = claim("sanctions_imposed", "XXXX-07-03", text="one")
    lifted = claim("sanctions_lifted", None, text="one", dated="2025-07-04", dated_basis="published")
    forth, back = (fold_all(order) for order in ((imposed, lifted), (lifted, imposed)))
    assert forth.facts == back.facts
    assert {fact.value for fact in forth.facts} == {"imposed", "lifted"}
