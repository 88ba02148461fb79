"""The folding rules, each by example."""

from itertools import permutations

import pytest

from pipeline.judging.announcing import CHANGES
from pipeline.judging.fold import fold
from pipeline.judging.view import history, rows
from pipeline.records import Change, Claim, Dimension, Fact, Status, StatusRow
from tests.unit.judging_claims import claim


def told(*claims: Claim, freshness_days: int = 30) -> tuple[Status, list[Change]]:
    status: Status | None = None
    changes: list[Change] = []
    for one in claims:
        status, caused = fold(status, one, freshness_days=freshness_days)
        changes += caused
    assert status is not None
    return status, changes


def row(status: Status, dimension: Dimension = "recognition", as_of: str | None = None) -> StatusRow:
    (found,) = [one for one in rows(status, as_of=as_of) if one.dimension == dimension]
    return found


def in_any_order(*claims: Claim) -> list[StatusRow]:
    """The one row that every order ends in."""
    ends = [rows(told(*order)[0]) for order in permutations(claims)]
    bare = [[one.model_copy(update={"revision": 0}) for one in end] for end in ends]
    assert all(end == bare[0] for end in bare)
    return bare[0]


def facts(*claims: Claim) -> list[Fact]:
    return history(told(*claims)[0])


# --- what leads ---


def test_events_order_by_their_date_not_by_arrival() -> None:
    recognised = claim("recognized", "2012-05-10", source="A", dated="2012-05-11")
    withdrew = claim("withdrew_recognition", "2019-11-02", source="B", dated="2019-11-03")
    (end,) = in_any_order(recognised, withdrew)
    assert (end.value, end.since) == ("withdrawn", "2019-11-02")


def test_a_late_article_on_an_old_event_adds_history_and_tells_nobody() -> None:
    delisted = claim("terrorist_delisted", "2025-04-17", source="A", dated="2025-04-18")
    listed = claim("terrorist_designated", "2003", source="B", dated="2025-07-04")
    status, changes = told(delisted, listed)
    assert row(status, "terrorism_listing").value == "delisted"
    assert [(fact.value, fact.since, fact.role) for fact in history(status)] == [
        ("listed", "2003", "history"),
        ("delisted", "2025-04-17", "current"),
    ]
    assert [change.value for change in changes] == ["delisted"]


def test_a_state_fills_a_gap() -> None:
    status, (change,) = told(claim("not_recognized", source="A", dated="2025-07-04"))
    assert row(status).value == "not_recognized"
    assert (change.kind, change.previous) == ("background", None)


@pytest.mark.parametrize("dated", ["2024-05-01", "2025-09-01", None])
@pytest.mark.parametrize("predicate", ["not_recognized", "considering"])
def test_no_stance_undoes_a_recognition(predicate: str, dated: str | None) -> None:
    recognised = claim("recognized", "2025-07-03", source="A", dated="2025-07-04")
    stance = claim(predicate, source="B", dated=dated)
    (end,) = in_any_order(recognised, stance)
    assert (end.value, end.since) == ("recognized", "2025-07-03")


@pytest.mark.parametrize("aspect", ["event", "state"])
def test_a_stance_is_never_an_event(aspect: str) -> None:
    recognised = claim("recognized", "2025-07-03", source="A", dated="2025-07-04")
    stance = claim("considering", "2025-09-01", source="B", dated="2025-09-02", aspect=aspect)
    assert in_any_order(recognised, stance)[0].value == "recognized"


def test_a_stance_does_not_outdo_a_recognition_that_is_known_as_a_state_only() -> None:
    recognises = claim("recognized", source="A", dated="2024-05-01", aspect="state")
    for predicate in ("not_recognized", "considering"):
        (end,) = in_any_order(recognises, claim(predicate, source="B", dated="2025-05-01"))
        assert end.value == "recognized"


def test_a_state_that_contradicts_an_event_known_later_is_kept_as_dissent() -> None:
    denial = claim("not_recognized", source="A", dated="2025-08-01")
    event = claim("recognized", "2025-07-03", source="B", dated="2025-07-04")
    found = facts(denial, event)
    assert [(fact.value, fact.role) for fact in found] == [("recognized", "current"), ("not_recognized", "dissent")]


def test_a_state_from_before_the_event_is_history() -> None:
    before = claim("not_recognized", source="A", dated="2025-06-01")
    event = claim("recognized", "2025-07-03", source="B", dated="2025-07-04")
    found = facts(before, event)
    assert [(fact.value, fact.role) for fact in found] == [("not_recognized", "history"), ("recognized", "current")]


def test_withdrawal_stays_whoever_does_not_recognise_later() -> None:
    withdrew = claim("withdrew_recognition", "2019-11-02", source="A", dated="2019-11-03")
    later = claim("not_recognized", source="B", dated="2020-01-01")
    (end,) = in_any_order(withdrew, later)
    assert (end.value, end.confidence) == ("withdrawn", "reported")


@pytest.mark.parametrize(
    ("first", "second", "leads"),
    [
        (("considering", "2025-02-01"), ("not_recognized", "2025-05-01"), "not_recognized"),
        (("not_recognized", "2025-02-01"), ("considering", "2025-05-01"), "considering"),
        (("not_recognized", "2025-02-01"), ("considering", "2025-02-01"), "considering"),
    ],
)
def test_of_two_stances_the_later_leads(first: tuple[str, str], second: tuple[str, str], leads: str) -> None:
    claims = [claim(predicate, source=predicate, dated=dated) for predicate, dated in (first, second)]
    assert in_any_order(*claims)[0].value == leads


def test_a_plan_holds_from_when_it_is_told() -> None:
    plan = claim("considering", "2025-09", source="A", dated="2025-07-24")
    denial = claim("not_recognized", source="B", dated="2025-08-01")
    assert in_any_order(plan, denial)[0].value == "not_recognized"
    assert row(told(plan)[0]).since == "2025-07-24"


def test_the_highest_level_of_presence_leads_whatever_came_last() -> None:
    claims = [
        claim("ambassador_sent", "2023-09-13", source="A", dated="2023-09-14"),
        claim("embassy_opened", "2024-01-10", source="B", dated="2024-01-11"),
        claim("mission_maintained", source="C", dated="2025-01-01"),
    ]
    (end,) = in_any_order(*claims)
    assert (end.value, end.since) == ("ambassador", "2023-09-13")


def test_a_closure_ends_all_levels_and_presence_begins_anew() -> None:
    claims = [
        claim("ambassador_sent", "2018-01-01", source="A", dated="2018-01-02"),
        claim("embassy_closed", "2021-08-15", source="B", dated="2021-08-16"),
        claim("mission_maintained", source="C", dated="2020-01-01"),
    ]
    assert in_any_order(*claims)[0].value == "closed"
    reopened = claim("embassy_opened", "2024-03-01", source="D", dated="2024-03-01")
    assert in_any_order(*claims, reopened)[0].value == "embassy"


def test_a_mission_after_a_closure_is_dissent() -> None:
    closed = claim("embassy_closed", "2021-08-15", source="B", dated="2021-08-16")
    mission = claim("mission_maintained", source="C", dated="2023-01-01")
    assert in_any_order(closed, mission)[0].value == "closed"
    assert [fact.role for fact in facts(closed, mission)] == ["current", "dissent"]


def test_what_presupposes_the_other_comes_later_on_one_day() -> None:
    claims = [
        claim("established_relations", "2024-01-15", source="A", dated="2024-01-16"),
        claim("severed_relations", "2024-01-15", source="B", dated="2024-01-16"),
    ]
    assert in_any_order(*claims)[0].value == "severed"


def test_severing_mentioned_in_passing_does_not_sever_restored_relations() -> None:
    restored = claim("established_relations", "2023-03-10", source="A", dated="2023-03-11")
    severed = claim("severed_relations", source="A", dated="2023-03-11")
    (end,) = in_any_order(restored, severed)
    assert (end.value, end.confidence) == ("established", "reported")


def test_an_article_on_a_withdrawal_does_not_recognise_again() -> None:
    withdrew = claim("withdrew_recognition", "2019-11-02", source="A", dated="2019-11-04")
    has_recognised = claim("recognized", "2019-11", source="A", dated="2019-11-04", date_basis="published")
    assert in_any_order(withdrew, has_recognised)[0].value == "withdrawn"
    first = claim("recognized", "2008-02-18", source="B", dated="2008-02-19")
    assert in_any_order(withdrew, has_recognised, first)[0].value == "withdrawn"


@pytest.mark.parametrize("date", ["2025-07", None])
def test_an_article_that_dates_the_delisting_does_not_list_again(date: str | None) -> None:
    delisted = claim("terrorist_delisted", "2025-04", source="A", dated="2025-07-07")
    basis = "published" if date else "none"
    listed = claim("terrorist_designated", date, source="A", dated="2025-07-07", date_basis=basis)
    assert in_any_order(delisted, listed)[0].value == "delisted"
    other = claim("terrorist_designated", date, source="B", dated="2025-07-07", date_basis=basis)
    assert in_any_order(delisted, other)[0].value == "listed"


def test_an_undated_withdrawal_told_long_after_undoes_a_recognition() -> None:
    recognised = claim("recognized", "2025-07-03", source="A", dated="2025-07-04")
    withdrew = claim("withdrew_recognition", "2026-01-10", source="B", dated="2026-01-10", date_basis="published")
    (end,) = in_any_order(recognised, withdrew)
    assert (end.value, end.since) == ("withdrawn", "2026-01-10")


def test_claims_that_assert_nothing_change_nothing() -> None:
    known, _ = told(claim("recognized", "2025-07-03", source="A", dated="2025-07-04"))
    for more in ({"polarity": "negated"}, {"modality": "hoped"}, {"modality": "planned"}, {"modality": "rumoured"}):
        assert fold(known, claim("withdrew_recognition", "2025-08-01", source="B", **more)) == (known, ())
    denial = claim("not_recognized", source="C", dated="2025-01-01", polarity="negated")
    assert len(fold(known, denial)[0].facts) == 2
    plan = claim("considering", source="C", dated="2025-01-01", modality="planned")
    assert len(fold(known, plan)[0].facts) == 2


def test_an_event_that_lies_ahead_of_its_article_has_not_happened() -> None:
    known, _ = told(claim("not_recognized", source="A", dated="2025-07-01"))
    assert fold(known, claim("recognized", "2025-09-21", source="B", dated="2025-07-30")) == (known, ())
    assert fold(known, claim("recognized", "2026", source="B", dated="2025-07-30")) == (known, ())
    for date, dated, basis in [
        ("2025-07-31", "2025-07-30", "published"),  # across time zones
        ("2025", "2025-07-30", "published"),
        ("2025-09-21", "2025-07", "text"),  # the article is that old or younger
        ("XXXX-09-21", "2025-07-30", "published"),
    ]:
        event = claim("recognized", date, source="B", dated=dated, dated_basis=basis)
        assert fold(known, event)[0].facts != known.facts


def test_a_claim_of_another_key_is_refused() -> None:
    known, _ = told(claim("recognized"))
    with pytest.raises(ValueError, match=r"taliban\|CN cannot be folded into the status of taliban\|RU"):
        fold(known, claim("recognized", country="CN"))


# --- confidence ---


def test_two_independent_sources_corroborate_and_that_is_told_once() -> None:
    claims = [claim("recognized", "2025-07-03", source=name, dated="2025-07-04") for name in "ABCD"]
    status, changes = told(*claims)
    assert [change.kind for change in changes] == ["new", "confirmed"]
    assert (changes[1].previous, changes[1].value) == ("recognized", "recognized")
    assert (row(status).confidence, row(status).sources, row(status).independent) == ("corroborated", 4, 4)


def test_copies_of_one_text_are_sources_but_not_independent() -> None:
    claims = [claim("recognized", "2025-07-03", source=name, text="wire", dated="2025-07-04") for name in "ABCDE"]
    status, changes = told(*claims)
    assert [change.kind for change in changes] == ["new"]
    assert (row(status).confidence, row(status).sources, row(status).independent) == ("reported", 5, 1)


def test_one_outlet_does_not_corroborate_itself() -> None:
    claims = [
        claim("recognized", "2025-07-03", source=name, text=f"text {number}", dated="2025-07-04")
        for number, name in enumerate(["Daily News", "daily  news", "Daily News"])
    ]
    status, _ = told(*claims)
    assert (row(status).sources, row(status).independent) == (1, 1)


def test_as_much_contradiction_as_support_disputes() -> None:
    event = claim("recognized", "2025-07-03", source="A", dated="2025-07-04")
    denials = [claim("not_recognized", source=name, dated="2025-07-20") for name in "BC"]
    (end,) = in_any_order(event, *denials)
    assert (end.value, end.confidence) == ("recognized", "disputed")
    more = [claim("recognized", "2025-07-03", source=name, dated="2025-07-04") for name in "DE"]
    status, changes = told(event, *denials, *more)
    assert row(status).confidence == "corroborated"
    assert [change.kind for change in changes] == ["new", "confirmed"]


def test_an_article_that_says_both_does_not_dispute_itself() -> None:
    event = claim("recognized", "2025-07-03", source="A", dated="2025-07-20")
    before = claim("not_recognized", source="A", dated="2025-07-20", sentence="Until then it had not.")
    assert in_any_order(event, before)[0].confidence == "reported"


def test_a_first_ever_act_stays_one() -> None:
    plain = claim("recognized", "2025-07-03", source="A", dated="2025-07-04")
    first = claim("recognized", "2025-07-03", source="B", dated="2025-07-04", first_ever=True)
    assert in_any_order(plain, first)[0].first_ever


# --- what is told ---


@pytest.mark.parametrize(
    ("date", "dated", "kind"),
    [
        ("2025-07-03", "2025-07-04", "new"),
        ("2025-07-03", "2025-08-02", "new"),
        ("2025-07-03", "2025-08-03", "background"),
        ("2025-07-05", "2025-07-04", "new"),
        ("2025-07", "2025-07-20", "new"),
        ("2025-06", "2025-07-04", "background"),
        ("2025", "2025-07-04", "background"),
        ("2003", "2025-07-04", "background"),
        ("2025-07-03", "2025-07", "new"),
        ("2025-07-03", "2025", "background"),
        ("XXXX-07-03", "2025-07-04", "new"),
        ("XXXX-04-17", "2025-07-04", "background"),
        ("XXXX-12-20", "2025-01-05", "new"),
        ("2024-12-20", "XXXX-01-05", "new"),
        ("XXXX-07-03", "XXXX-07-04", "new"),
        ("XXXX-12-30", "XXXX-01-02", "new"),
        ("XXXX-02-29", "XXXX-03-02", "new"),
        ("XXXX-04-17", "XXXX-07-04", "background"),
    ],
)
def test_freshness_against_the_date_of_publication(date: str, dated: str, kind: str) -> None:
    _, (change,) = told(claim("recognized", date, dated=dated))
    assert change.kind == kind


@pytest.mark.parametrize(
    ("date", "dated", "kind"),
    [
        (None, None, "new"),
        ("XXXX-07-03", None, "new"),
        ("XXXX-07", None, "background"),
        ("2025-07-03", None, "background"),
        (None, "2025-04", "new"),
        ("2025-04", "2025-04", "background"),
        ("2025-04-17", "2025-04", "new"),
        ("2025-07-03", "2025-04", "new"),
        ("2003-02-14", "2025-04", "background"),
        ("XXXX-07-03", "2025-04", "new"),
        ("XXXX-07-03", "XXXX-07-03", "new"),
        ("XXXX-04-17", "XXXX-07-03", "background"),
    ],
)
def test_freshness_in_an_article_without_a_date_of_publication(date: str | None, dated: str | None, kind: str) -> None:
    _, (change,) = told(claim("recognized", date, dated=dated, dated_basis="text" if dated else "none"))
    assert change.kind == kind


def test_the_days_of_freshness_can_be_set() -> None:
    fresh = claim("recognized", "2025-07-03", dated="2025-07-10")
    assert told(fresh, freshness_days=3)[1][0].kind == "background"
    assert told(fresh, freshness_days=7)[1][0].kind == "new"


def test_an_event_that_its_dated_article_does_not_date_is_background() -> None:
    _, (change,) = told(claim("terrorist_designated", dated="2025-07-04"))
    assert (change.kind, change.fact.since) == ("background", None)


def test_an_intent_is_news_and_a_mere_state_is_not() -> None:
    _, (plan,) = told(claim("considering", "2025-07-24", dated="2025-07-24", date_basis="published"))
    _, (denial,) = told(claim("not_recognized", "2025-07-24", dated="2025-07-24", date_basis="published"))
    assert (plan.kind, denial.kind) == ("new", "background")


def test_background_that_turns_out_fresh_is_told_as_new_once() -> None:
    state = claim("recognized", source="A", dated="2025-07-05", aspect="state")
    fresh = [claim("recognized", "2025-07-03", source=name, dated="2025-07-04") for name in "BC"]
    _, changes = told(state, *fresh)
    assert [(change.kind, change.previous, change.value) for change in changes] == [
        ("background", None, "recognized"),
        ("new", None, "recognized"),
    ]
    assert changes[1].fact.support[0].source == "B"


def test_no_alert_for_a_better_date_or_another_outlet() -> None:
    _, changes = told(
        claim("recognized", "2025-07", source="A", text="wire", dated="2025-07-04"),
        claim("recognized", "2025-07-03", source="B", text="wire", dated="2025-07-04"),
    )
    assert [change.kind for change in changes] == ["new"]


def test_a_change_names_what_was_before() -> None:
    _, changes = told(
        claim("considering", "2025-06-10", source="A", dated="2025-06-10", date_basis="published"),
        claim("recognized", "2025-07-03", source="B", dated="2025-07-04"),
        claim("withdrew_recognition", "2025-12-01", source="C", dated="2025-12-02"),
    )
    assert [(change.previous, change.value, change.revision) for change in changes] == [
        (None, "considering", 1),
        ("considering", "recognized", 2),
        ("recognized", "withdrawn", 3),
    ]


def test_a_stance_that_comes_back_is_not_new_again() -> None:
    def plan(day: str) -> Claim:
        return claim("considering", day, source="A", text=day, dated=day, date_basis="published")

    denial = claim("not_recognized", source="B", dated="2025-06-20")
    _, changes = told(plan("2025-06-10"), denial, plan("2025-06-25"))
    assert [(change.kind, change.value) for change in changes] == [
        ("new", "considering"),
        ("background", "not_recognized"),
        ("background", "considering"),
    ]


def test_recognition_after_a_withdrawal_is_new_again() -> None:
    _, changes = told(
        claim("recognized", "2025-07-03", source="A", dated="2025-07-04"),
        claim("withdrew_recognition", "2025-12-01", source="B", dated="2025-12-02"),
        claim("recognized", "2026-03-08", source="C", dated="2026-03-08", date_basis="published"),
    )
    assert [change.kind for change in changes] == ["new", "new", "new"]


def test_a_claim_folded_again_gives_its_change_again() -> None:
    claims = [claim("recognized", "2025-07-03", source=name, dated="2025-07-04") for name in "AB"]
    status, changes = told(*claims)
    for one, change in zip(claims, changes, strict=True):
        assert fold(status, one) == (status, (change,))


def test_a_crash_between_two_writes_leads_to_the_same_change() -> None:
    before, _ = told(claim("not_recognized", source="A", dated="2025-01-01"))
    event = claim("recognized", "2025-07-03", source="B", dated="2025-07-04")
    assert fold(before, event) == fold(Status.from_json(before.to_json()), event)


def test_kept_changes_are_the_latest() -> None:
    claims = [
        claim(("recognized", "withdrew_recognition")[year % 2], f"{year}", source=f"S{year}", dated=f"{year}-12-31")
        for year in range(1990, 2005)
    ]
    status, changes = told(*claims)
    assert status.log.changes == tuple(changes[-CHANGES:])
