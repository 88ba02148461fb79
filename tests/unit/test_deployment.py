"""docker-compose.yml and Dockerfile, as far as they can be proved without a Docker engine."""

import importlib.metadata
import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import typer
import yaml

from pipeline import __version__
from pipeline.broker.jars import kafka_version, locked_jars
from pipeline.commands.app import app
from pipeline.settings import Settings
from pipeline.topology import Role

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
# A line that ends in a backslash goes on; comments are dropped.
DOCKERFILE = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]


def instructions(name: str) -> list[str]:
    return [arguments for instruction, arguments in DOCKERFILE if instruction == name]


def parse(arguments: list[str]) -> str:
    """The command that the console script would run; raises when it would refuse the arguments."""
    group = typer.main.get_command(app)
    with group.make_context("recognition", list(arguments)) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
        command.make_context(name, rest, parent=context).close()
        return str(name)


def test_the_compose_file_follows_the_specification() -> None:
    # Read without importing the package, whose command line wants a newer click than Faust allows.
    package = importlib.metadata.distribution("check-jsonschema")
    schema = Path(str(package.locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")))
    specification = json.loads(schema.read_text())
    jsonschema.validate(COMPOSE, specification)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(COMPOSE | {"services": {"gate": {"imagine": "x"}}}, specification)


def test_kafka_is_the_version_that_the_private_broker_runs() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version(locked_jars())}"


@pytest.mark.parametrize("name", OURS)
def test_every_service_runs_a_command_that_there_is(name: str) -> None:
    assert parse(OURS[name]["command"]) == name
    assert OURS[name]["image"] == f"recognition-watch:{__version__}"


def test_the_roles_are_all_there_and_each_is_asked_for_its_health() -> None:
    assert set(OURS) == {"topics", *get_args(Role), "serve"}
    for role in (*get_args(Role), "serve"):
        marker, script, *arguments = OURS[role]["healthcheck"]["test"]
        assert (marker, script) == ("CMD", "recognition")
        assert parse(arguments) == "healthcheck"
        assert arguments[1] == role
        assert OURS[role]["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
        assert OURS[role]["restart"] == "unless-stopped"
    assert OURS["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert "healthcheck" in SERVICES["kafka"]


def test_the_dashboard_is_reached_from_this_machine_alone() -> None:
    port = Settings().api_port
    assert OURS["serve"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert instructions("EXPOSE") == [str(port)]
    assert "RECOGNITION_API_HOST=0.0.0.0" in " ".join(instructions("ENV"))  # within the container


def test_the_roles_without_an_api_answer_prometheus_on_one_port() -> None:
    for role in get_args(Role):
        assert OURS[role]["command"][1:] == ["--metrics-port", "9464"]


def test_the_token_comes_from_outside_and_is_none_where_there_is_none() -> None:
    assert OURS["serve"]["environment"]["RECOGNITION_API_TOKEN"] is None


def test_notify_runs_only_where_it_is_asked_for_and_finds_its_endpoints() -> None:
    assert OURS["notify"]["profiles"] == ["notify"]
    (config,) = OURS["notify"]["configs"]
    assert config["source"] in COMPOSE["configs"]
    assert OURS["notify"]["environment"]["RECOGNITION_WEBHOOKS"] == config["target"]


def test_a_command_that_there_is_not_would_be_found() -> None:
    with pytest.raises(Exception, match="No such command"):
        parse(["gatekeeper"])
    with pytest.raises(Exception, match="No such option"):
        parse(["gate", "--colour"])


def test_every_volume_is_declared_and_used() -> None:
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    assert any(mount.startswith("worker-tables:/var/lib/recognition") for mount in OURS["worker"]["volumes"])


def test_every_variable_is_a_setting() -> None:
    known = {f"RECOGNITION_{name.upper()}" for name in Settings.model_fields}
    compose = {name for service in OURS.values() for name in service["environment"]}
    image = set(re.findall(r"RECOGNITION_\w+", " ".join(instructions("ENV"))))
    assert compose
    assert image
    assert compose | image <= known


def test_the_image_runs_the_console_script_as_a_user_without_rights() -> None:
    (entry,) = instructions("ENTRYPOINT")
    scripts = {script.name: script.value for script in importlib.metadata.entry_points(group="console_scripts")}
    assert json.loads(entry) == ["recognition"]
    assert scripts["recognition"] == "pipeline.cli:main"
    assert instructions("USER") == ["recognition"]


def test_the_image_is_built_of_locked_packages_and_of_files_that_are_there() -> None:
    first, second = (shlex.split(line) for line in instructions("RUN") if "pip install" in line)
    assert "--require-hashes" in first
    assert "--no-deps" in second
    ignore = (ROOT / ".dockerignore").read_text().split()
    for copy in instructions("COPY"):
        if not copy.startswith("--from"):
            for source in copy.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignore


def test_the_image_is_of_a_python_that_the_project_takes() -> None:
    (version,) = {re.fullmatch(r"python:(\d+\.\d+)-slim(?: AS \w+)?", line)[1] for line in instructions("FROM")}  # type: ignore[index]
    assert f"Programming Language :: Python :: {version}" in (ROOT / "pyproject.toml").read_text()
