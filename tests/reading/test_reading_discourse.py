"""What a text says by taking up what it said before: repeats, lists, pronouns, and the dates that go with them."""

import pytest

from pipeline.reading.reader import Reader, english
from pipeline.records import Claim, Document
from pipeline.settings import Settings

_OPENING = (
    "A report from the archive of a small magazine.\n"
    "The text below was written for readers of another time. It brings no news. Nothing else happened on the day.\n"
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return english(Settings())


def read(reader: Reader, text: str) -> tuple[Claim, ...]:
    """The claims of a text that stands deep in an article, so that nothing in it is today's news."""
    document = Document(
        digest="d" * 32,
        signature="",
        article_id="a",
        source="magazine",
        text=_OPENING + text,
        dated="2025-09-23",
        dated_basis="published",
    )
    return reader(document).claims


def claims(reader: Reader, text: str) -> set[str]:
    return {f"{c.subject} {c.country} {c.predicate} {c.date}" for c in read(reader, text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Malaysia recognised Kosovo in October 2008. Thailand followed in 2013, Singapore in 2016.",
            {"kosovo MY recognized 2008-10", "kosovo TH recognized 2013", "kosovo SG recognized 2016"},
        ),
        (
            "Sweden recognised Palestine in October 2014. Spain, Ireland and Norway had acted on 28 May 2024.",
            {
                "palestine SE recognized 2014-10",
                "palestine ES recognized 2024-05-28",
                "palestine IE recognized 2024-05-28",
                "palestine NO recognized 2024-05-28",
            },
        ),
        (
            "Poland recognised Palestine in 1988. In 2011 it was Iceland's turn.",
            {"palestine PL recognized 1988", "palestine IS recognized 2011"},
        ),
        (
            "Kenya recognised Kosovo on 26 March. Uganda, its neighbour, has not followed. Nor has Chad.",
            {"kosovo KE recognized 2025-03-26", "kosovo UG not_recognized None", "kosovo TD not_recognized None"},
        ),
        (
            "Sri Lanka recognised Kosovo in 2012 but changed its mind in 2014.",
            {"kosovo LK recognized 2012", "kosovo LK withdrew_recognition 2014"},
        ),
        (
            "Honduras switched sides from Taiwan to China in March 2023. Nauru took the same step in May 2024.",
            {
                "taiwan HN withdrew_recognition 2023-03",
                "china HN recognized 2023-03",
                "taiwan NR withdrew_recognition 2024-05",
                "china NR recognized 2024-05",
            },
        ),
        (
            "Sweden, Norway and Spain closed their embassies in Damascus in 2012. Denmark did so a year later.",
            {
                "syria SE embassy_closed 2012",
                "syria NO embassy_closed 2012",
                "syria ES embassy_closed 2012",
                "syria DK embassy_closed 2013",
            },
        ),
        (
            "Chad recognised Somaliland in 2019. Mali said nothing. Was Niger next?",
            {"somaliland TD recognized 2019"},
        ),
    ],
    ids=["followed", "acted", "turn", "denied", "undone", "change of sides", "presence", "question"],
)
def test_others_repeat_an_act(reader: Reader, text: str, expected: set[str]) -> None:
    assert claims(reader, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Chad recognised Somaliland in 2019. Niger followed the debate with interest.",
        "Chad recognised Somaliland in 2019. Niger acted on the advice of its lawyers.",
        "Chad recognised Somaliland in 2019. If Niger followed, the bloc would split.",
        "Chad recognised Somaliland in 2019. Each visit to Niger was followed by another.",
    ],
)
def test_what_only_looks_like_a_repeat_is_none(reader: Reader, text: str) -> None:
    assert claims(reader, text) == {"somaliland TD recognized 2019"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "Twenty-two members of the European Union recognise Kosovo. Five members still refuse: Spain, Greece, "
                "Cyprus, Romania and Slovakia."
            ),
            {f"kosovo {code} not_recognized None" for code in ("ES", "GR", "CY", "RO", "SK")},
        ),
        (
            (
                "Nicaragua recognised Abkhazia in September 2008. Three islands did so later: Nauru (December 2009), "
                "Vanuatu (May 2011) and Tuvalu (September 2011)."
            ),
            {
                "abkhazia NI recognized 2008-09",
                "abkhazia NR recognized 2009-12",
                "abkhazia VU recognized 2011-05",
                "abkhazia TV recognized 2011-09",
            },
        ),
        (
            "Kosovo has been recognised by Fiji (2012), Thailand (2013) and Singapore (2016).",
            {"kosovo FJ recognized 2012", "kosovo TH recognized 2013", "kosovo SG recognized 2016"},
        ),
        (
            "Argentina and Paraguay, which recognised Palestine in 2010 and 2011, abstained.",
            {"palestine AR recognized 2010", "palestine PY recognized 2011"},
        ),
        (
            (
                "Bolivia, Belize and Colombia broke off relations with Israel over the war: Bolivia in October 2023, "
                "Belize in November, Colombia in May 2024."
            ),
            {
                "israel BO severed_relations 2023-10",
                "israel BZ severed_relations 2023-11",
                "israel CO severed_relations 2024-05",
            },
        ),
    ],
    ids=["colon", "colon with dates", "brackets", "in turn", "colon after the act"],
)
def test_members_of_a_list_have_their_own_dates(reader: Reader, text: str, expected: set[str]) -> None:
    assert expected <= claims(reader, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ghana withdrew its recognition of Kosovo in November 2019. The same month Burundi withdrew its own.",
            {"kosovo GH withdrew_recognition 2019-11", "kosovo BI withdrew_recognition 2019-11"},
        ),
        (
            "Russia recognised Abkhazia and South Ossetia in August 2008. Chile does not recognise either.",
            {
                "abkhazia RU recognized 2008-08",
                "south-ossetia RU recognized 2008-08",
                "abkhazia CL not_recognized None",
                "south-ossetia CL not_recognized None",
            },
        ),
        (
            "Norway and Chile were asked about Somaliland. The latter recognised it in 2020.",
            {"somaliland CL recognized 2020"},
        ),
        (
            "Chad, Mali, Niger and Togo met in May. The four had severed ties with Iran in June 2016.",
            {f"iran {code} severed_relations 2016-06" for code in ("TD", "ML", "NE", "TG")},
        ),
        ("Fiji is not among the countries that recognise Kosovo.", {"kosovo FJ not_recognized None"}),
        (
            "Kenya has never recognised Somaliland, nor does it have an embassy in Hargeisa.",
            {"somaliland KE not_recognized None"},
        ),
        ("Denmark keeps a liaison office in Hargeisa.", {"somaliland DK mission_maintained None"}),
        ("Ghana has no embassy in Damascus or Tehran.", set()),
    ],
    ids=["its own", "either", "the latter", "the four", "not among", "nor does it", "keeps", "has no"],
)
def test_reference_reaches_the_sentences_before(reader: Reader, text: str, expected: set[str]) -> None:
    assert expected <= claims(reader, text)
    if not expected:
        assert claims(reader, text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Lithuania recognised Kosovo on 6 May 2008. Latvia had done so on 20 February.",
            {"kosovo LT recognized 2008-05-06", "kosovo LV recognized 2008-02-20"},
        ),
        (
            "Panama recognised Juan Guaido on 23 January 2019. Within hours Canada, Brazil and Peru had followed.",
            {
                "guaido PA recognized 2019-01-23",
                "guaido CA recognized 2019-01-23",
                "guaido BR recognized 2019-01-23",
                "guaido PE recognized 2019-01-23",
            },
        ),
        (
            "The treaty was signed on 12 March 2014. With that, Tuvalu withdrew its recognition of Abkhazia.",
            {"abkhazia TV withdrew_recognition 2014-03-12"},
        ),
        (
            "Saudi Arabia cut ties with Iran on 3 January 2016.\nTwo days later, Sudan followed.",
            {"iran SA severed_relations 2016-01-03", "iran SD severed_relations 2016-01-05"},
        ),
    ],
    ids=["the story's year", "within hours", "with that", "a paragraph later"],
)
def test_dates_follow_the_story(reader: Reader, text: str, expected: set[str]) -> None:
    assert expected <= claims(reader, text)


def test_news_without_a_year_is_this_years(reader: Reader) -> None:
    found = claims(reader, "Nauru, which recognised China in July 2002, cut ties with Taiwan on 15 September.")
    assert "taiwan NR severed_relations 2025-09-15" in found


def test_what_is_carried_over_is_held_less_firmly(reader: Reader) -> None:
    found = read(reader, "Peru recognised Kosovo in May 2008. Chile followed in June 2008.")
    confidence = {claim.country: claim.confidence for claim in found}
    assert confidence["CL"] < confidence["PE"]


def test_a_reaction_is_not_what_the_next_one_repeats(reader: Reader) -> None:
    found = claims(
        reader,
        "Russia recognised the independence of Abkhazia and South Ossetia in August 2008. Nauru did so in 2009, "
        "and Chad cut ties with Nauru. Tuvalu did so in September 2011.",
    )
    assert {"abkhazia TV recognized 2011-09", "south-ossetia TV recognized 2011-09"} <= found
    assert "nauru TV severed_relations 2011-09" not in found


def test_a_long_text_tells_whom_a_post_is_with(reader: Reader) -> None:
    story = (
        "Damascus waits. The Syrian capital is quiet, Syria says. In Damascus hotels fill. Syria mends Syrian roads. "
    )
    assert "syria DE embassy_opened 2025-03-20" in claims(reader, story + "Germany reopened its embassy on 20 March.")
    assert not claims(reader, "Damascus waits. Germany reopened its embassy on 20 March.")


def test_a_pronoun_means_no_state_that_nobody_questions(reader: Reader) -> None:
    text = (
        "Panama recognised Juan Guaido on 23 January 2019, and Peru recognised Juan Guaido on 24 January 2019. "
        "Mexico offered to mediate. Italy never recognised him."
    )
    assert "guaido IT not_recognized None" in claims(reader, text)
