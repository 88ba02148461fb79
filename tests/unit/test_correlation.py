"""Which article a message comes of: kept from stage to stage, whatever else its headers say."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.streams.correlation import (
    CORRELATION,
    RECEIVED,
    Place,
    correlated,
    correlation,
    headers_for,
    log_fields,
    received_ms,
)
from pipeline.streams.dead_letters import Origin
from pipeline.streams.logs import configure
from pipeline.streams.outputs import Output
from pipeline.topology import Topology

DAY = 24 * 60 * 60 * 1000
HUGE = b"9" * 6_000
HEADERS = st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=20)), max_size=4)
FOREIGN = st.lists(
    st.tuples(
        st.sampled_from([CORRELATION, RECEIVED, "other"]),
        st.none()
        | st.binary(max_size=30)
        | st.sampled_from([HUGE, b"articles/0/" + HUGE, b"a" * 9_000 + b"/0/1", b"9" * 18, "٣".encode()])
        | st.integers(0, 10**15).map(lambda number: str(number).encode()),
    ),
    max_size=6,
)
TOPOLOGY = Topology()


@given(HEADERS, st.integers(0, 1023), st.integers(0, 2**40), st.integers(0, 2**42))
def test_an_articles_place_and_time_go_with_all_that_follows(
    other: list[tuple[str, bytes]], partition: int, offset: int, time: int
) -> None:
    other = [(name, value) for name, value in other if name not in (CORRELATION, RECEIVED)]
    article = Origin("articles", partition, offset, time, other)
    (document,) = correlated([Output(TOPOLOGY.documents, b"k", b"v")], article)
    (claim,) = correlated(
        [Output(TOPOLOGY.claims, b"k", b"v", headers=other)], Origin("documents", 9, 9, time + 5, document.headers)
    )
    assert correlation(claim.headers) == f"articles/{partition}/{offset}"
    assert received_ms(claim.headers, time + 9) == time
    assert [one for one in claim.headers if one[0] not in (CORRELATION, RECEIVED)] == other


@given(FOREIGN, st.integers(0, 2**42))
def test_only_what_can_be_is_passed_on(headers: list[tuple[str, bytes | None]], time: int) -> None:
    article = Origin("articles", 1, 7, time, headers)
    passed = dict(headers_for(article))
    assert Place.parse(passed[CORRELATION].decode())
    assert len(passed[CORRELATION]) < 300
    assert abs(int(passed[RECEIVED]) - time) <= 30 * DAY
    assert (correlation(list(passed.items())), received_ms(list(passed.items()), time)) == (
        passed[CORRELATION].decode(),
        int(passed[RECEIVED]),
    )
    assert log_fields(article)["correlation"] == passed[CORRELATION].decode()


@pytest.mark.parametrize(
    "said", [HUGE, b"", b"x", b"-5", None, b"0", b"9400000000000000", str(1_750_000_000_000 + 31 * DAY).encode()]
)
def test_an_article_whose_headers_say_an_impossible_time_came_when_kafka_got_it(said: bytes | None) -> None:
    time = 1_750_000_000_000
    assert received_ms([(RECEIVED, said)], time) is None
    assert dict(headers_for(Origin("articles", 1, 7, time, [(RECEIVED, said)])))[RECEIVED] == str(time).encode()


@pytest.mark.parametrize("text", ["articles/0/" + "9" * 6_000, "a\n/0/1", "articles/٣/1", "/0/1", "a/0", "a b/0/1", ""])
def test_what_is_no_place(text: str) -> None:
    assert Place.parse(text) is None
    assert Place.parse("t-1.articles/3/17") == Place("t-1.articles", 3, 17)


def test_a_message_without_a_time_has_a_place() -> None:
    assert headers_for(Origin("articles", 0, 7, None)) == [(CORRELATION, b"articles/0/7")]
    assert received_ms(None, 0) is None
    assert correlation(()) is None


def test_a_json_log_line_says_which_article_it_is_about(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure(roles=True, form="json")
        logging.getLogger("recognition.gate").warning(
            "dead %s", "letter", extra=log_fields(Origin("articles", 1, 2, 3))
        )
        line = json.loads(capfd.readouterr().err)
    finally:
        configure()
        root.handlers[:], level = before
        root.setLevel(level)
    assert line["message"] == "dead letter"
    assert line["level"] == "WARNING"
    assert line["logger"] == "recognition.gate"
    assert (line["correlation"], line["topic"], line["partition"], line["offset"]) == ("articles/1/2", "articles", 1, 2)
    assert line["time"].endswith("+00:00")
