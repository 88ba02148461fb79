"""How feed entries tell of others, of returns and of days: by distance, by rank, in a headline without a verb."""

import json
from functools import cache

import pytest

from pipeline.intake.prepare import Intake
from pipeline.reading.reader import Reader, english
from pipeline.settings import Settings

PUBLISHED = "2023-03-15"  # a Wednesday


@cache
def reader() -> Reader:
    return english(Settings())


def claims(text: str, title: str = "") -> set[str]:
    """What is asserted, as "subject country predicate date"."""
    article = {"id": "a", "source": "s", "title": title or None, "text": text, "published": PUBLISHED, "language": "en"}
    intake = Intake(Settings())
    document = intake.document(intake.parse(json.dumps(article).encode()))
    found = reader()(document).claims
    return {" ".join((claim.subject, claim.country, claim.predicate, claim.date or "-")) for claim in found}


def of(text: str, *, title: str = "", subject: str) -> set[str]:
    return {claim.removeprefix(f"{subject} ") for claim in claims(text, title) if claim.startswith(f"{subject} ")}


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        (
            "Palau has become the third state to recognise Somaliland, after Togo and Benin.",
            "somaliland",
            {"PW recognized 2023-03", "TG recognized -", "BJ recognized -"},
        ),
        (
            "Oman reopened its embassy in Syria on Monday, three days after Jordan.",
            "syria",
            {"OM embassy_opened 2023-03-13", "JO embassy_opened 2023-03-10"},
        ),
        (
            "China opened an embassy in Managua in 2011, a year after Peru had cut its ties with Taiwan.",
            "taiwan",
            {"PE severed_relations 2010"},
        ),
        (
            "Malta reopened its embassy in Pyongyang on Tuesday, becoming the second state after Latvia to do so.",
            "north-korea",
            {"MT embassy_opened 2023-03-14", "LV embassy_opened -"},
        ),
        (
            "Iceland recognised Palestine on Sunday together with Finland and Austria.",
            "palestine",
            {"IS recognized 2023-03-12", "FI recognized 2023-03-12", "AT recognized 2023-03-12"},
        ),
    ],
)
def test_those_who_did_it_before_or_with_others(text: str, subject: str, expected: set[str]) -> None:
    assert of(text, subject=subject) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Chad recognised Kosovo after Serbia.",
        "Chad recognised Kosovo after Serbia closed the border.",
        "Chad recognised Kosovo three days after a visit to Serbia.",
        "Chad plans to become the second state to recognise Kosovo, after Mali and Togo.",
    ],
)
def test_what_only_came_before_is_no_precedent(text: str) -> None:
    assert {claim.split()[0] for claim in of(text, subject="kosovo")} <= {"TD"}


def test_a_headline_of_several_in_the_plural_present() -> None:
    assert of("The papers were signed in Muscat.", title="Peru, Israel renew ties", subject="israel") == {
        "PE established_relations 2023-03-15"
    }


def test_an_envoy_who_is_back() -> None:
    assert "KE ambassador_sent 2023-03-15" in of(
        "He had been gone for years.", title="Kenyan ambassador back in Iran", subject="iran"
    )


def test_which_is_of_the_noun_before_it() -> None:
    assert of(
        "Togo suspended its recognition of the Sahrawi republic, which it had recognised in May 1979.",
        subject="western-sahara",
    ) == {"TG withdrew_recognition 2023-03-15", "TG recognized 1979-05"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Taliban remain a banned terrorist group in Tajikistan.", {"TJ terrorist_designated"}),
        ("The Taliban are on Kazakhstan's register of terrorist groups.", {"KZ terrorist_designated"}),
        ("The Taliban are no longer a banned terrorist group in Russia.", set()),
        ("The Taliban are a group with many former terrorists in Tajikistan, said an envoy.", set()),
    ],
)
def test_a_label_told_as_a_state(text: str, expected: set[str]) -> None:
    assert {" ".join(claim.split()[:2]) for claim in of(text, subject="taliban")} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("India upgraded its technical mission in Kabul to an embassy.", {"taliban IN embassy_opened"}),
        ("Peru moved its embassy in Tripoli to a larger house.", set()),
        ("Greece upgraded the Palestinian mission in Athens to an embassy.", set()),
        ("Swedish diplomats returned to Pyongyang.", set()),
        ("Chile will bring its ambassador home from Israel.", set()),
    ],
)
def test_posts_that_are_raised_moved_or_left(text: str, expected: set[str]) -> None:
    assert {" ".join(claim.split()[:3]) for claim in claims(text)} == expected


def test_the_four_of_a_headline() -> None:
    found = of(
        "Four small states recognised a Palestinian state on Monday.",
        title="Samoa, Tonga, Palau and Kiribati add to the wave for Palestine",
        subject="palestine",
    )
    assert found == {f"{code} recognized 2023-03-13" for code in ("WS", "TO", "PW", "KI")}


def test_a_headline_has_the_day_of_its_lead() -> None:
    assert of("The flag went up in Damascus on Monday.", title="Oman reopens embassy in Syria", subject="syria") == {
        "OM embassy_opened 2023-03-13"
    }


def test_a_year_of_borders_is_not_that_of_recognition() -> None:
    assert of("Peru recognises a Palestinian state with the borders of 1967.", subject="palestine") != {
        "PE recognized 1967"
    }


def test_beijing_and_taipei_take_no_stance_on_each_other() -> None:
    found = claims("Taipei broke off relations with Peru on Monday when it learned that Lima had recognised Beijing.")
    assert "taiwan PE severed_relations 2023-03-13" in found
    assert not {claim for claim in found if claim.startswith(("taiwan CN", "china TW"))}
