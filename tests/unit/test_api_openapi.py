"""The OpenAPI document: valid, true of the application, its examples of their own schemas."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.routing import APIRoute

from pipeline.serving import problems
from pipeline.serving.app import document
from tests.unit.api_view import site

CHECKED_IN = json.loads((Path(__file__).parents[2] / "schemas" / "openapi.json").read_text())
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in CHECKED_IN["paths"].items()
    for method, operation in methods.items()
]


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what it refers to, so that it stands alone."""
    return {"components": CHECKED_IN["components"], **schema}


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)


def test_it_is_openapi_3_1() -> None:
    assert CHECKED_IN["openapi"].startswith("3.1.")
    for schema in CHECKED_IN["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    used = set()
    for reference in references(CHECKED_IN):
        target = CHECKED_IN
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        used.add(reference.rpartition("/")[2])
    assert used == set(CHECKED_IN["components"]["schemas"])


async def test_the_application_serves_it(tmp_path: Path) -> None:
    made = site(tmp_path)
    async with made.client() as client:
        assert (await client.get("/v1/openapi.json")).json() == CHECKED_IN == document()


def test_every_route_of_the_api_stands_in_it(tmp_path: Path) -> None:
    assert {(path, method.upper()) for path, methods in CHECKED_IN["paths"].items() for method in methods} == {
        ("/v1/subjects", "GET"),
        ("/v1/countries", "GET"),
        ("/v1/ontology", "GET"),
        ("/v1/status", "GET"),
        ("/v1/status/{subject}/{country}", "GET"),
        ("/v1/status/{subject}/{country}/history", "GET"),
        ("/v1/days", "GET"),
        ("/v1/claims", "GET"),
        ("/v1/alerts", "GET"),
        ("/v1/alerts/stream", "GET"),
        ("/v1/articles", "POST"),
        ("/healthz", "GET"),
        ("/readyz", "GET"),
        ("/metrics", "GET"),
    }


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_what_an_operation_tells(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"]
        assert {"type": "null"} not in parameter["schema"].get("anyOf", [])
    for status, reply in operation["responses"].items():
        assert set(reply["headers"]) >= {"Recognition-As-Of-Offset", "Recognition-Lag", "Recognition-Stale"}
        if int(status) >= 400:
            assert list(reply["content"]) == ["application/problem+json"]
    assert ("security" in operation) == (path == "/v1/articles")


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_examples_are_of_their_schemas(path: str, method: str, operation: dict[str, Any]) -> None:
    contents = [reply["content"] for reply in operation["responses"].values() if "content" in reply]
    contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
    checked = 0
    for content in contents:
        for media in content.values():
            if "example" in media:
                jsonschema.validate(media["example"], whole(media["schema"]), jsonschema.Draft202012Validator)
                checked += 1
    assert checked or path == "/metrics"
    for parameter in operation.get("parameters", ()):
        for example in parameter["schema"].get("examples", ()):
            jsonschema.validate(example, whole(parameter["schema"]), jsonschema.Draft202012Validator)


def test_the_problems_that_it_shows_are_those_there_are() -> None:
    shown = set(re.findall(r'"/problems/([a-z-]+)"', json.dumps(CHECKED_IN)))
    # What is not of one endpoint: there is no request, or its path or method is wrong. Two share 503, and an example.
    assert shown == set(problems.KINDS) - {
        "not-http",
        "head-too-large",
        "misdirected",
        "not-found",
        "method-not-allowed",
        "folding",
    }


def test_names_of_operations_are_used_once() -> None:
    names = [operation["operationId"] for methods in CHECKED_IN["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert APIRoute.__name__ not in names
