"""The API under requests that nobody thought of: made by schemathesis from the OpenAPI document that is checked in.

Left out is /v1/alerts/stream, because a stream has no end that a reply could be validated at; test_stream.py reads it.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from pipeline.settings import Settings
from pipeline.streams.admin import create_topics
from tests.integration.served import TOKEN, Served, put
from tests.unit.judging_claims import claim

EXAMPLES = 60
"""Random requests of each operation, after those for each bound and each example of its parameters."""

BEGINNING = "0.0.0.0"  # noqa: S104 - offsets, no address
AHEAD = "12.5.0.9"
"""The example of the document; serve waits five seconds for the alerts before it."""

CLAIMS = [
    claim("recognized", "2025-07-03", source="Harbour Post", dated="2025-07-04"),
    claim("recognized", "XXXX-07-03", source="Hill Echo", attribution="a spokesman"),
    claim("terrorist_designated", "2003", source="Hill Echo"),
    claim("terrorist_delisted", "2025-04", source="Hill Echo", url="https://echo.example/1"),
    claim("not_recognized", country="CN", source="River Post"),
    claim("recognized", "2008-02-18", subject="kosovo", country="DE", source="=1+1"),
]


@schemathesis.serializer("application/x-ndjson")
def _lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _config() -> schemathesis.Config:
    # Words that exist, so that most replies have something in them.
    words = {
        "query.subject": ["taliban", "kosovo", "palestine"],
        "query.country": ["RU", "CN", "DE", "FR"],
        "path.subject": ["taliban", "kosovo"],
        "path.country": ["RU", "DE", "CN"],
        "query.q": ["said", '"It said so"', "it AND", '"'],
        "query.source": ["Hill Echo", "=1+1"],
        "query.as_of": ["2025", "2024-12", "2025-07-03", "2025-02-30"],
        "query.known_at": ["2025-07-04", "2999-01-01", "2025-07-04T09:30:00+02:00"],
        "query.after": [BEGINNING],
        "query.value": ["recognized", "listed"],
        "query.recognition": ["recognized", "not_recognized"],
    }
    return schemathesis.Config.from_dict(
        {
            "dictionaries": {name.replace(".", "-"): {"values": values} for name, values in words.items()},
            "parameters": {name: {"dictionary": name.replace(".", "-"), "probability": 0.7} for name in words},
            "generation": {"mode": "all", "max-examples": EXAMPLES, "deterministic": True},
            "checks": {
                # A subject, a country, a day or a cursor can be of the form that is described and yet be none; a cursor
                # may also be ahead of all alerts (409).
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", "304", "404", "409", "422"],
                },
            },
            "phases": {"stateful": {"enabled": False}},
        }
    )


schema = schemathesis.openapi.from_path(
    Path(__file__).parents[2] / "schemas" / "openapi.json", config=_config()
).exclude(path="/v1/alerts/stream")


@pytest.fixture(scope="module")
async def url(broker_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("fuzz")
    made = Settings(bootstrap=broker_bootstrap, topic_prefix="fuzz-", data_dir=folder / "data")
    await create_topics(made)
    await put(made, CLAIMS)
    with Served(made, folder) as running:
        running.until_ready()
        running.until("/v1/claims", lambda reply: len(reply.json()["data"]) == len(CLAIMS))
        yield running.url
        log = running.log.read_text()
    assert "Traceback" not in log, log


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_reply_is_a_fault_or_against_the_document(case: schemathesis.Case[Any], url: str) -> None:
    if case.query and case.query.get("after") == AHEAD:
        case.query["after"] = BEGINNING
    headers = {"Authorization": f"Bearer {TOKEN}"} if case.path == "/v1/articles" else {}
    case.call_and_validate(base_url=url, headers=headers)


def test_most_of_what_is_asked_for_is_there(url: str) -> None:
    for path in ("/v1/status", "/v1/claims", "/v1/alerts", "/v1/subjects", "/v1/status/taliban/RU/history"):
        assert httpx.get(url + path).json()["data"], path
