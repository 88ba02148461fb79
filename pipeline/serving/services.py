"""What the endpoints work with: made once by create_app, taken from the request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from pipeline.serving.articles import Publisher
from pipeline.serving.feed import Feed
from pipeline.serving.freshness import Follows
from pipeline.serving.parameters import Checks, Vocabulary
from pipeline.serving.view import View
from pipeline.settings import Settings


@dataclass(frozen=True)
class Services:
    """The parts of one `serve`."""

    settings: Settings
    view: View
    follower: Follows
    feed: Feed
    publisher: Publisher
    vocabulary: Vocabulary

    def checks(self) -> Checks:
        """The checks of one request."""
        return Checks(self.vocabulary, self.view)


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


With = Annotated[Services, Depends(_services)]
"""The parameter of an endpoint that gets the services."""
