"""Shows on standard error how the jars arrive. Silent when they are all there."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.broker.jars import Progress as Told


@contextmanager
def show_progress(version: str) -> Iterator[Told]:
    """Give a function to tell how many jars are there; a bar appears with the first call."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn

    bar = Progress(
        TextColumn("fetching Kafka {task.fields[version]}:"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total} jars"),
        console=Console(stderr=True),
    )
    task: TaskID | None = None

    def tell(there: int, total: int) -> None:
        nonlocal task
        if task is None:
            bar.start()
            task = bar.add_task("", total=total, version=version)
        bar.update(task, completed=there)

    try:
        yield tell
    finally:
        if task is not None:
            bar.stop()
