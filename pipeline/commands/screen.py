"""Where commands print to."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pipeline.terminal import safe


class Screen(Console):
    """Standard output or standard error as wide as the terminal, which obeys no text that is printed here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False} | options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does, with `safe` text. The codes of colours come after this, those of the cursor are controls."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(safe(segment.text), segment.style)
