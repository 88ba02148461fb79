"""The scoring rules, each on a set so small that its answer is known."""

from pathlib import Path

import pytest

from pipeline.evaluation.gold import GoldLine, LabelledSet, TrapLine
from pipeline.evaluation.scoring import Emission, Score, Tally, score
from pipeline.records import Predicate

STATES = {"iran": "IR", "saudi-arabia": "SA", "kosovo": "XK", "israel": "IL"}


def gold(
    subject: str, country: str, predicate: Predicate, date: str | None = None, *, doc: str = "1", optional: bool = False
) -> GoldLine:
    return GoldLine(doc=doc, subject=subject, country=country, predicate=predicate, date=date, optional=optional)


def emitted(
    subject: str, country: str, predicate: str, date: str | None = None, *, doc: str = "1", confidence: float = 0.9
) -> Emission:
    return Emission(doc, subject, country, predicate, date, confidence, "a sentence")


def judge(gold_lines: list[GoldLine], emissions: list[Emission], traps: tuple[TrapLine, ...] = ()) -> Score:
    return score(LabelledSet(Path(), (), tuple(gold_lines), traps), emissions, STATES)


def test_right_wrong_and_missed_make_precision_recall_and_f1() -> None:
    result = judge(
        [
            gold("taliban", "RU", "recognized"),
            gold("taliban", "CN", "not_recognized"),
            gold("kosovo", "PE", "recognized"),
        ],
        [emitted("taliban", "RU", "recognized"), emitted("taliban", "IN", "recognized")],
    )
    assert result.overall == Tally(right=1, wrong=1, missed=2)
    assert (result.overall.precision, result.overall.recall, result.overall.f1) == (1 / 2, 1 / 3, 2 / 5)
    assert result.by_predicate == {"recognized": Tally(1, 1, 1), "not_recognized": Tally(0, 0, 1)}
    assert result.by_subject == {"taliban": Tally(1, 1, 1), "kosovo": Tally(0, 0, 1)}
    assert {line.country for line in result.missed} == {"CN", "PE"}


def test_nothing_emitted_has_no_precision() -> None:
    result = judge([gold("taliban", "RU", "recognized")], [])
    assert result.overall.precision is None
    assert result.overall.recall == 0
    assert result.date_accuracy is None
    assert result.traps_sprung is None


def test_a_claim_counts_once_however_many_sentences_say_it() -> None:
    result = judge([gold("taliban", "RU", "recognized")], [emitted("taliban", "RU", "recognized")] * 3)
    assert result.overall == Tally(right=1)


def test_the_document_counts_but_not_at_country_level() -> None:
    result = judge(
        [gold("taliban", "RU", "recognized", doc="1"), gold("taliban", "RU", "recognized", doc="2")],
        [emitted("taliban", "RU", "recognized", doc="2"), emitted("taliban", "RU", "recognized", doc="3")],
    )
    assert result.overall == Tally(right=1, wrong=1, missed=1)
    assert result.country_level == Tally(right=1)


def test_country_level_counts_each_subject_country_and_value_once() -> None:
    result = judge(
        [gold("taliban", "RU", "recognized", doc=doc) for doc in "123"] + [gold("kosovo", "PE", "recognized")],
        [emitted("taliban", "RU", "recognized", doc=doc) for doc in "12"]
        + [emitted("kosovo", "IN", "recognized", doc=doc) for doc in "123"],
    )
    assert result.country_level == Tally(right=1, wrong=1, missed=1)


def test_optional_lines_are_neither_right_nor_wrong_nor_missed() -> None:
    lines = [gold("iran", "AZ", "embassy_closed", optional=True)]
    for emissions in ([], [emitted("iran", "AZ", "embassy_closed")]):
        result = judge(lines, emissions)
        assert result.overall == Tally()
        assert result.country_level == Tally()
        assert result.date_accuracy is None


@pytest.mark.parametrize("subject", ["taiwan", "china"])
@pytest.mark.parametrize(
    ("one", "other"),
    [("severed_relations", "withdrew_recognition"), ("established_relations", "recognized")],
)
def test_ties_and_recognition_are_equal_between_beijing_and_taipei(
    subject: str, one: Predicate, other: Predicate
) -> None:
    assert judge([gold(subject, "NR", one)], [emitted(subject, "NR", other)]).overall == Tally(right=1)
    assert judge([gold(subject, "NR", other)], [emitted(subject, "NR", one)]).overall == Tally(right=1)
    both = [emitted(subject, "NR", one), emitted(subject, "NR", other)]
    assert judge([gold(subject, "NR", one)], both).overall == Tally(right=1)
    trap = TrapLine(doc="1", subject=subject, country="NR", wrong_predicate=one)
    assert len(judge([], [emitted(subject, "NR", other)], (trap,)).sprung) == 1


def test_ties_and_recognition_are_not_equal_elsewhere() -> None:
    result = judge([gold("kosovo", "PE", "established_relations")], [emitted("kosovo", "PE", "recognized")])
    assert result.overall == Tally(wrong=1, missed=1)


def test_subjects_that_no_label_is_about_are_left_out() -> None:
    lines = [gold("taliban", "RU", "recognized")]
    trap = TrapLine(doc="1", subject="kosovo", country="PE", wrong_predicate="recognized")
    strangers = [emitted("somaliland", "IL", "recognized"), emitted("kosovo", "IN", "recognized")]
    assert judge(lines, strangers).overall == Tally(missed=1)
    assert judge(lines, strangers, (trap,)).overall == Tally(wrong=1, missed=1)


def test_the_reverse_of_a_bilateral_fact_is_neither_right_nor_wrong() -> None:
    lines = [gold("iran", "SA", "established_relations"), gold("saudi-arabia", "QA", "recognized")]
    reverse = emitted("saudi-arabia", "IR", "established_relations")
    result = judge(lines, [reverse])
    assert result.overall == Tally(missed=2)
    assert result.country_level == Tally(missed=2)
    assert [verdict.right for verdict in result.judged] == [None]


def test_the_reverse_of_one_sides_act_is_wrong() -> None:
    result = judge(
        [gold("kosovo", "IL", "recognized"), gold("israel", "PE", "considering")],
        [emitted("israel", "XK", "recognized")],
    )
    assert result.overall == Tally(wrong=1, missed=2)


def test_both_directions_count_where_both_are_labelled() -> None:
    lines = [gold("iran", "SA", "established_relations"), gold("saudi-arabia", "IR", "established_relations")]
    assert judge(lines, [emitted("iran", "SA", "established_relations")]).overall == Tally(right=1, missed=1)


@pytest.mark.parametrize(
    ("labelled", "claimed", "right"),
    [
        ("2025-07-03", "2025-07-03", True),
        ("2025-07-03", "2025-07", True),
        ("2025", "2025-07-03", True),
        ("2025-07-03", "XXXX-07-03", True),
        ("2025-07-03", "2025-07-01", False),
        ("2025-07", "2024-07", False),
        ("2025-07-03", None, False),
    ],
)
def test_dates_agree_to_the_coarser_of_the_two(labelled: str, claimed: str | None, right: bool) -> None:
    result = judge([gold("taliban", "RU", "recognized", labelled)], [emitted("taliban", "RU", "recognized", claimed)])
    assert result.date_accuracy == (1 if right else 0)


def test_only_dated_gold_facts_that_were_found_are_compared() -> None:
    result = judge(
        [gold("taliban", "RU", "recognized"), gold("kosovo", "PE", "recognized", "2008")],
        [emitted("taliban", "RU", "recognized", "2025-07-03")],
    )
    assert (result.dates_compared, result.date_accuracy) == (0, None)


def test_the_dated_and_surest_claim_of_a_key_is_the_one_whose_date_is_compared() -> None:
    lines = [gold("taliban", "RU", "recognized", "2025-07-03")]
    result = judge(
        lines,
        [
            emitted("taliban", "RU", "recognized", None, confidence=0.99),
            emitted("taliban", "RU", "recognized", "2025-07-03", confidence=0.9),
            emitted("taliban", "RU", "recognized", "2025-07-01", confidence=0.6),
        ],
    )
    assert result.date_accuracy == 1
    assert result.judged[0].confidence == 0.99
    assert result.judged[0].leading.date == "2025-07-03"


@pytest.mark.parametrize(
    ("wrong_date", "claimed", "sprung"),
    [(None, "2025", 1), (None, None, 1), ("2003", "2003", 1), ("2003", "2025", 0), ("2003", None, 0)],
)
def test_a_trap_with_a_date_is_sprung_only_with_that_date(wrong_date: str | None, claimed: str, sprung: int) -> None:
    trap = TrapLine(
        doc="1", subject="taliban", country="RU", wrong_predicate="terrorist_designated", wrong_date=wrong_date
    )
    result = judge([], [emitted("taliban", "RU", "terrorist_designated", claimed)], (trap,))
    assert len(result.sprung) == sprung
    assert result.traps_sprung == sprung


def test_a_trap_is_sprung_once_and_only_in_its_document() -> None:
    trap = TrapLine(doc="1", subject="taliban", country="CN", wrong_predicate="recognized")
    claims = [emitted("taliban", "CN", "recognized", doc=doc) for doc in "112"]
    result = judge([], claims, (trap,))
    assert len(result.sprung) == 1
    assert result.overall == Tally(wrong=2)
