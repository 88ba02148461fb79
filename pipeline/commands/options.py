"""Options that several commands share, and the settings that come of them."""

from typing import TYPE_CHECKING, Any, Literal

import typer

if TYPE_CHECKING:
    from pipeline.settings import Settings

BOOTSTRAP: Any = typer.Option(
    None,
    "--bootstrap",
    metavar="HOST:PORT",
    help="Kafka to connect to, comma-separated; else RECOGNITION_BOOTSTRAP, else 127.0.0.1:9092.",
)
JSON: Any = typer.Option(False, "--json", help="Print JSON, and nothing else, on standard output.")

METRICS_PORT: Any = typer.Option(
    None,
    "--metrics-port",
    metavar="PORT",
    min=0,
    max=65535,
    help="Answer Prometheus at /metrics on this port of RECOGNITION_API_HOST (127.0.0.1); else on none.",
    show_default=False,
)

LogFormat = Literal["text", "json"]
LOG_FORMAT: Any = typer.Option(
    None,
    "--log-format",
    help="How to log to standard error; else RECOGNITION_LOG_FORMAT, else text.",
    show_default=False,
)


def load_settings(bootstrap: str | None = None, **fields: Any) -> "Settings":
    """The settings of the environment; arguments that are not None take precedence.

    Raises RecognitionError that names the variable whose value is no good.
    """
    from pydantic import ValidationError

    from pipeline.errors import RecognitionError
    from pipeline.settings import Settings

    given = {name: value for name, value in {"bootstrap": bootstrap, **fields}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = [
            f"RECOGNITION_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']} (it is {problem['input']!r})"
            for problem in error.errors()
        ]
        raise RecognitionError("settings that cannot be used: " + "; ".join(problems)) from None
