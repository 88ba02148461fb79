"""What README.md promises is there: its commands, its settings, its files."""

import re
from pathlib import Path

import pytest
import typer

from pipeline.commands.app import app
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MANUALS = [f"docs/{manual.name}" for manual in (ROOT / "docs").glob("*.md")]


def commands() -> set[str]:
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", {})
        names |= {f"{name} {part}" for part in below if not below[part].hidden} or {name}
    return names


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose head starts with this."""
    lines = README.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_command_table_has_every_command_and_no_other() -> None:
    listed = {found.strip() for first, _ in table("command") for found in re.findall(r"`recognition ([a-z ]+)", first)}
    assert listed == commands()


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    listed = {name.strip("`"): default.strip("`") for name, default, _ in table("variable")}
    fields = {f"RECOGNITION_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert list(listed) == list(fields)
    for name, field in fields.items():
        if field.default_factory is None:  # the others depend on the user's home
            assert listed[name] == ("" if field.default in (None, "") else str(field.default)), name


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "benchmarks/README.md", *MANUALS])
def test_links_to_files_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("script", ["demo", "test", "setup", "lock", "replay", "map", "chromium"])
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
