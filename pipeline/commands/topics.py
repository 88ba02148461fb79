"""The command `topics`."""

from typing import TYPE_CHECKING

import typer

from pipeline.commands.options import BOOTSTRAP, JSON, load_settings

if TYPE_CHECKING:
    from pipeline.streams.admin import Finding

_STYLES = {"created": "green", "right": "green", "differs": "bold red", "missing": "red"}


def register(app: typer.Typer) -> None:
    """Add this family to the command line."""

    @app.command()
    def topics(
        bootstrap: str | None = BOOTSTRAP,
        check: bool = typer.Option(False, "--check", help="Only compare; make no topic."),
        as_json: bool = JSON,
    ) -> None:
        """Make the topics that are missing, and say which existing ones disagree.

        A topic that exists is never changed. Exits with 1 when one disagrees or, with --check, is missing.
        """
        import asyncio

        from pipeline.streams.admin import create_topics, examine_topics
        from pipeline.streams.logs import configure

        configure()
        settings = load_settings(bootstrap)
        findings = asyncio.run(examine_topics(settings) if check else create_topics(settings))
        if as_json:
            typer.echo(_as_json(findings))
        else:
            _print_table(findings)
        if any(finding.state in ("differs", "missing") for finding in findings):
            raise typer.Exit(1)


def _as_json(findings: "list[Finding]") -> str:
    import orjson

    rows = [
        {
            "topic": finding.topic.name,
            "state": finding.state,
            "key": finding.topic.key,
            "partitions": finding.topic.partitions,
            "config": finding.topic.config(),
            "differences": [
                {"setting": difference.setting, "has": difference.has, "should": difference.should}
                for difference in finding.differences
            ],
            "remedies": finding.remedies,
        }
        for finding in findings
    ]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def _print_table(findings: "list[Finding]") -> None:
    from rich import box
    from rich.table import Table

    from pipeline.commands.screen import Screen

    console = Screen()
    table = Table("topic", "partitions", "cleanup", "kept", "state", box=box.SIMPLE_HEAD)
    for finding in findings:
        topic = finding.topic
        state = f"[{_STYLES[finding.state]}]{finding.state}[/]"
        table.add_row(topic.name, str(topic.partitions), topic.cleanup, _kept(topic.retention_ms), state)
    console.print(table)
    differing = [finding for finding in findings if finding.differences]
    if not differing:
        return
    table = Table("topic", "setting", "has", "should have", box=box.SIMPLE_HEAD)
    for finding in differing:
        for difference in finding.differences:
            table.add_row(finding.topic.name, difference.setting, difference.has, difference.should)
    console.print(table)
    console.print("To mend it:")
    for remedy in dict.fromkeys(remedy for finding in differing for remedy in finding.remedies):
        console.print(f"  {remedy}", soft_wrap=True, markup=False)


def _kept(retention_ms: int) -> str:
    return "for ever" if retention_ms < 0 else f"{retention_ms // 86_400_000} days"
