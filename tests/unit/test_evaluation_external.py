"""The public sets: what fires on PLOVER sentences, and dates in sentences."""

from pipeline.evaluation.dates import DatedSentence, DateLabel, score_dates
from pipeline.evaluation.plover import PloverSentence, score_plover
from pipeline.evaluation.scoring import Emission
from pipeline.reading.dates import DateMention


def sentences(*numbers: str) -> list[PloverSentence]:
    return [PloverSentence(id=f"PLOVER-GSR01-{number}", text="...", event="AGREE") for number in numbers]


def fired(number: str, subject: str, country: str, predicate: str) -> Emission:
    return Emission(number, subject, country, predicate, None, 0.9, "a sentence")


def test_what_fires_is_found_allowed_or_wrong() -> None:
    score = score_plover(
        sentences("SUPPORT-0008", "SANCTION-0009", "SANCTION-0003", "THREATEN-0005", "AID-0001"),
        [
            fired("SUPPORT-0008", "iran", "LK", "established_relations"),
            fired("SUPPORT-0008", "iran", "LK", "established_relations"),
            fired("SANCTION-0003", "russia", "CH", "relations_downgraded"),
            fired("THREATEN-0005", "russia", "AZ", "severed_relations"),
            fired("AID-0001", "russia", "AZ", "recognized"),
        ],
    )
    assert [emission.doc for emission in score.found] == ["SUPPORT-0008"]
    assert [emission.doc for emission in score.allowed] == ["SANCTION-0003"]
    assert [emission.doc for emission in score.wrong] == ["AID-0001", "THREATEN-0005"]
    assert [emission.doc for emission in score.silence_broken] == ["THREATEN-0005"]
    assert score.missed == (
        ("SANCTION-0009", ("taliban", "US", "sanctions_imposed")),
        ("SUPPORT-0008", ("iran", "LK", "embassy_opened")),
    )


def test_only_sentences_that_are_there_can_be_missed() -> None:
    assert score_plover(sentences("AID-0001"), []).missed == ()


def said(text: str, words: str, *values: str) -> DatedSentence:
    label = DateLabel(text=words, values=values)
    return DatedSentence(text=text, reference="2018-03-14T00:00:00", dates=(label,))


def mention(text: str, words: str, date: str | None) -> DateMention:
    start = text.index(words)
    return DateMention(start, start + len(words), words, date, "stated")


def test_dates_are_exact_agree_or_miss() -> None:
    exact, coarser, other = "It opened on March 2.", "It opens in May.", "It closed on 9 June 2017."
    score = score_dates(
        [
            (said(exact, "march 2", "2018-03-02", "2019-03-02"), [mention(exact, "March 2", "2018-03-02")]),
            (said(coarser, "may", "2018-05-01"), [mention(coarser, "May", "XXXX-05")]),
            (said(other, "9 june 2017", "2017-06-09"), [mention(other, "9 June 2017", "2017-06-08")]),
            (said("Nothing is found on 1 May.", "1 may", "2018-05-01"), []),
        ]
    )
    assert (score.labels, score.exact, score.agreeing, score.unlabelled) == (4, 1, 2, 0)
    assert [miss.got for miss in score.misses] == ["XXXX-05", "2017-06-08", None]


def test_a_date_that_does_not_exist_is_right_when_it_is_not_resolved() -> None:
    text = "See you on Feb 30."
    label = said(text, "feb 30", "not resolved")
    assert score_dates([(label, [])]).exact == 1
    assert score_dates([(label, [mention(text, "Feb 30", None)])]).exact == 1
    assert score_dates([(label, [mention(text, "Feb", "XXXX-02")])]).exact == 0


def test_dates_without_a_label_are_counted_apart() -> None:
    text = "On 1 May 2017 and on 2 May 2017."
    found = [mention(text, "1 May 2017", "2017-05-01"), mention(text, "2 May 2017", "2017-05-02")]
    score = score_dates([(said(text, "2 may 2017", "2017-05-02"), found)])
    assert (score.exact, score.unlabelled) == (1, 1)
