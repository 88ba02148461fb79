"""What the endpoints work with: made once by create_app, taken from the request."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from pipeline.serving.articles import Publisher
from pipeline.serving.feed import Feed
from pipeline.serving.freshness import Follows
from pipeline.serving.knowledge import NotYetFoldedError
from pipeline.serving.parameters import Checks, Vocabulary
from pipeline.serving.view import View
from pipeline.settings import Settings

PATIENCE_SECONDS = 5.0
"""How long a request goes on folding claims for ``known_at`` before it says to ask again."""
_PATIENT = 2  # requests that may; the others say so at once, so that the threads stay free for the rest
T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """The parts of one `serve`."""

    settings: Settings
    view: View
    follower: Follows
    feed: Feed
    publisher: Publisher
    vocabulary: Vocabulary

    _patient: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_PATIENT))

    def known(self, at: int | None, question: Callable[[], T]) -> T:
        """The answer of the view to a question; one about what was known ``at`` a time is asked as often as it takes.

        Each time the view folds a bounded number of claims (``knowledge.FOLDS``), so that a question of this kind
        lets others in between, and then raises. To ask again makes progress, since ``Knowledge`` remembers the Status
        that it came to and goes on from there. So a request asks for ``PATIENCE_SECONDS``, and its client, told 503
        with Retry-After, goes on where it ended.

        Raises NotYetFoldedError when it takes too long, or when others are waiting already.
        """
        if at is None or not self._patient.acquire(blocking=False):
            return question()
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    return question()
                except NotYetFoldedError:
                    if time.monotonic() > deadline:
                        raise
        finally:
            self._patient.release()

    @property
    def caught_up(self) -> bool:
        """Whether the tables are those of now."""
        freshness = self.follower.freshness
        return freshness.ready and not freshness.stale

    def checks(self) -> Checks:
        """The checks of one request."""
        return Checks(self.vocabulary, self.view)


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


With = Annotated[Services, Depends(_services)]
"""The parameter of an endpoint that gets the services."""
