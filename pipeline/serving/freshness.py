"""How fresh a reply is: in its headers always, in the body of every JSON reply, the same in both."""

from typing import Annotated, Any, Protocol

from fastapi import Request
from pydantic import BaseModel, Field

from pipeline.serving import problems
from pipeline.serving.follower import Freshness
from pipeline.serving.view import Offsets

OFFSETS_HEADER = "Recognition-As-Of-Offset"
LAG_HEADER = "Recognition-Lag"
STALE_HEADER = "Recognition-Stale"
RETRY_SECONDS = 1
_MOST_PARTITIONS = 64  # with more, the header grows beyond what proxies take


class Follows(Protocol):
    """What the API asks of the follower."""

    @property
    def freshness(self) -> Freshness:
        """How far the view has come."""
        ...


class FreshnessBody(BaseModel):
    """How fresh the reply is. What it tells holds at least this much: it was looked at before the rows were read."""

    as_of_offset: Annotated[
        dict[str, list[int]],
        Field(
            description="by topic (status, claims, alerts): the next offset of each partition; what is before is in",
            examples=[{"status": [2, 0, 1, 0], "claims": [9, 0, 4, 0], "alerts": [3, 0, 1, 0]}],
        ),
    ]
    lag: Annotated[int, Field(ge=0, description="records of the three topics that are not in yet")]
    stale: Annotated[bool, Field(description="behind, or without an answer of the broker, for more than 10 seconds")]


def of(request: Request) -> Freshness:
    """The freshness that this reply tells: as it was when the request came in."""
    freshness: Freshness = request.state.freshness
    return freshness


def body(freshness: Freshness) -> dict[str, Any]:
    """The member ``freshness`` of a JSON reply."""
    return {"as_of_offset": freshness.as_of_offset, "lag": freshness.lag, "stale": freshness.stale}


def headers(freshness: Freshness) -> dict[str, str]:
    """The same for replies without a JSON body: offsets are joined with dots, as in the cursor of the alerts."""
    told = {LAG_HEADER: str(freshness.lag), STALE_HEADER: "true" if freshness.stale else "false"}
    if max(map(len, freshness.as_of_offset.values()), default=0) <= _MOST_PARTITIONS:
        offsets = (f'{topic}="{_dotted(at)}"' for topic, at in freshness.as_of_offset.items())
        told[OFFSETS_HEADER] = ", ".join(offsets)
    return told


async def require_ready(request: Request) -> None:
    """Refuse to answer from tables that are still being read. Raises ProblemError (503)."""
    if not of(request).ready:
        raise catching_up(request)


def catching_up(request: Request) -> problems.ProblemError:
    """The problem of a request that came before the tables were there."""
    freshness = of(request)
    left = f"{freshness.lag:,} records are still to be read; " if freshness.lag else ""
    return problems.retry_after(
        problems.CATCHING_UP,
        f"{left}ask again in {RETRY_SECONDS} s",
        seconds=RETRY_SECONDS,
        more={"freshness": body(freshness)},
    )


def _dotted(offsets: Offsets) -> str:
    return ".".join(map(str, offsets))
