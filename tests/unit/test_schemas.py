"""The generated contract: current, valid, and true of the records and the topology."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from pipeline import records, schemas
from pipeline.commands.app import app
from pipeline.streams.dead_letters import ENDPOINT, HTTP_STATUS, TRIES, Origin, headers_of
from pipeline.topology import Topology

CHECKED_IN = Path(__file__).parents[2] / "schemas"

ARTICLE = records.Article(id="a-1", source="An Outlet", title="A title", text="A text.", published="2025-07-04")
DOCUMENT = records.Document(
    digest="0" * 32, signature="AA==", article_id="a-1", source="An Outlet", text="A text.", dated="2025-07-04"
)
EVIDENCE = records.Evidence(sentence="Ruritania recognised it.", start=0, end=24)
CLAIM = records.Claim(
    id="1" * 32,
    subject="taliban",
    country="RU",
    predicate="recognized",
    aspect="event",
    date="XXXX-07-03",
    date_basis="stated",
    evidence=EVIDENCE,
    confidence=0.9,
    digest=DOCUMENT.digest,
    signature=DOCUMENT.signature,
    article_id="a-1",
    source="An Outlet",
    reader="english 1",
)
FACT = records.Fact(
    subject="taliban",
    country="RU",
    dimension="recognition",
    value="recognized",
    aspect="event",
    since="2025-07-03",
    dates=(records.DatedSupport(date="2025-07-03", independent=1),),
    confidence="reported",
    sources=1,
    independent=1,
    support=(records.Support(claim_id=CLAIM.id, article_id="a-1", source="An Outlet", evidence=EVIDENCE),),
)
CHANGE = records.Change(
    id="2" * 32,
    subject="taliban",
    country="RU",
    dimension="recognition",
    kind="new",
    previous=None,
    value="recognized",
    revision=1,
    fact=FACT,
    claim_id=CLAIM.id,
    time="2025-07-04",
)
ROW = records.StatusRow(
    subject="taliban",
    country="RU",
    dimension="recognition",
    value="recognized",
    since="2025-07-03",
    precision="day",
    confidence="reported",
    sources=1,
    independent=1,
    revision=1,
    updated="2025-07-04",
    activity={"1d": records.Activity(claims=1, sources=1, independent=1)},
)
STATUS = records.Status(subject="taliban", country="RU", revision=1)
ALERT = records.Alert(
    id=CHANGE.id,
    type="recognition.status.new",
    subject="taliban/RU",
    data=records.AlertData(
        kind="new",
        subject="taliban",
        country="RU",
        dimension="recognition",
        value="recognized",
        revision=1,
        confidence="reported",
        sources=1,
        independent=1,
        evidence=(
            records.AlertEvidence(article_id="a-1", source="An Outlet", sentence=EVIDENCE.sentence, start=0, end=24),
        ),
    ),
)
DEAD_LETTER = records.DeadLetter(
    stage="gate", topic="articles", partition=0, offset=7, error="E", message="m", version="0", value=b"\xff"
)
EXAMPLES: tuple[records.Record, ...] = (ARTICLE, DOCUMENT, CLAIM, FACT, CHANGE, ROW, STATUS, ALERT, DEAD_LETTER)


def checked_in(record: type[records.Record]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((CHECKED_IN / schemas.schema_name(record)).read_text())
    return schema


@pytest.fixture
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((CHECKED_IN / "asyncapi.yaml").read_text())
    return document


def test_the_files_are_current_and_there_are_no_others() -> None:
    assert {path.name: path.read_text() for path in CHECKED_IN.iterdir()} == schemas.files()


@pytest.mark.parametrize("record", schemas.RECORDS)
def test_each_schema_is_one_of_its_dialect(record: type[records.Record]) -> None:
    schema = checked_in(record)
    assert schema["$schema"] == schemas.DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_the_wire_form_of_a_record_is_valid(example: records.Record) -> None:
    jsonschema.validate(json.loads(example.to_json()), checked_in(type(example)), jsonschema.Draft202012Validator)


def test_every_record_has_its_example() -> None:
    assert {type(example) for example in EXAMPLES} == set(schemas.RECORDS)


@pytest.mark.parametrize("field", ["id", "subject", "country", "predicate", "evidence", "confidence"])
def test_a_record_without_a_field_is_not_valid(field: str) -> None:
    wire = json.loads(CLAIM.to_json())
    del wire[field]
    with pytest.raises(jsonschema.ValidationError, match=f"'{field}' is a required property"):
        jsonschema.validate(wire, checked_in(records.Claim), jsonschema.Draft202012Validator)


def test_a_publisher_needs_to_give_no_more_than_what_has_no_default() -> None:
    assert checked_in(records.Article)["required"] == ["id", "source"]


def test_every_topic_is_a_channel_as_the_topology_has_it(asyncapi: dict[str, Any]) -> None:
    found = {
        (
            channel["address"],
            channel["bindings"]["kafka"]["partitions"],
            ",".join(channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]),
            channel["bindings"]["kafka"]["topicConfiguration"]["retention.ms"],
        )
        for channel in asyncapi["channels"].values()
    }
    assert found == {(topic.name, topic.partitions, topic.cleanup, topic.retention_ms) for topic in Topology().all()}


def test_every_reference_leads_somewhere(asyncapi: dict[str, Any]) -> None:
    references = list(find_references(asyncapi))
    assert len(references) > 50
    for reference in references:
        file, _, pointer = reference.partition("#")
        target = json.loads((CHECKED_IN / file).read_text()) if file else asyncapi
        for part in pointer.split("/")[1:]:
            target = target[part]


def find_references(node: object) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [ref for part in node.values() for ref in find_references(part)]
    return [ref for part in node for ref in find_references(part)] if isinstance(node, list) else []


def test_the_form_is_that_of_asyncapi_3(asyncapi: dict[str, Any]) -> None:
    assert asyncapi["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(asyncapi["info"])
    assert all({"host", "protocol"} <= set(server) for server in asyncapi["servers"].values())
    names = [*asyncapi["channels"], *asyncapi["operations"], *asyncapi["components"]["messages"]]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)
    for operation in asyncapi["operations"].values():
        assert operation["action"] in {"send", "receive"}
        # an operation may name no message that its channel does not have
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
    for message in asyncapi["components"]["messages"].values():
        assert {"name", "payload", "contentType"} <= set(message)


def test_every_topic_with_a_record_is_written_by_one_role_and_what_is_read_is_written(asyncapi: dict[str, Any]) -> None:
    users: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in asyncapi["operations"].values():
        users[operation["action"]].add(operation["channel"]["$ref"].removeprefix("#/channels/"))
    public = {name for name, channel in asyncapi["channels"].items() if "messages" in channel}
    assert users["send"] == public
    assert users["receive"] <= public


def test_the_headers_of_dead_letters_are_those_that_are_sent(asyncapi: dict[str, Any]) -> None:
    sent = {name for name, _ in headers_of("gate", Origin("articles", 0, 1, None), ValueError("no"))}
    described = asyncapi["components"]["messages"]["DeadLetter"]["headers"]
    assert set(described["required"]) == sent
    assert set(described["properties"]) == sent | {ENDPOINT, HTTP_STATUS, TRIES}


def test_the_command_writes_them_and_tells_what_is_stale(tmp_path: Path) -> None:
    run = CliRunner().invoke
    out = tmp_path / "contract"
    assert run(app, ["schemas", "--out", str(out), "--check"]).exit_code == 1
    assert not out.exists()
    assert run(app, ["schemas", "--out", str(out)]).exit_code == 0
    assert {path.name: path.read_text() for path in out.iterdir()} == schemas.files()
    assert run(app, ["schemas", "--out", str(out), "--check"]).exit_code == 0
    (out / "alert.schema.json").write_text("{}")
    assert run(app, ["schemas", "--out", str(out), "--check"]).exit_code == 1
