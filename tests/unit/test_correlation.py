"""Which article a message comes of: kept from stage to stage, whatever else its headers say."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.streams.correlation import (
    CORRELATION,
    RECEIVED,
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

HEADERS = st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=20)), max_size=4)
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
    assert received_ms(claim.headers) == time
    assert [one for one in claim.headers if one[0] not in (CORRELATION, RECEIVED)] == other


@given(HEADERS)
def test_any_headers_can_be_asked(headers: list[tuple[str, bytes]]) -> None:
    correlation(headers)
    received_ms(headers)


def test_a_message_without_a_time_has_a_place() -> None:
    assert headers_for(Origin("articles", 0, 7, None)) == [(CORRELATION, b"articles/0/7")]
    assert received_ms(None) is None
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
