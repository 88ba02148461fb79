"""`serve` as a process: the follower, the feed and the HTTP server, started together and stopped in order."""

import asyncio
import contextlib
import errno
import gc
import logging
import resource
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from pipeline import metrics
from pipeline.errors import RecognitionError
from pipeline.serving.app import create_app
from pipeline.serving.articles import KafkaPublisher
from pipeline.serving.connection import Connection
from pipeline.serving.feed import Feed
from pipeline.serving.follower import Follower
from pipeline.serving.names import names_of
from pipeline.serving.view import View
from pipeline.settings import Settings
from pipeline.streams.backlog import poll

GRACE_SECONDS = 2
"""How long requests may go on after the signal to stop; event streams are ended at once."""
_LOG = logging.getLogger("recognition.serve")


def database_of(settings: Settings) -> Path:
    """The file of the view: that of the settings, else ``view.sqlite`` among the data."""
    return settings.database or settings.data_dir / "view.sqlite"


def listen(host: str, port: int) -> socket.socket:
    """A socket on which to listen; port 0 takes a free one.

    Raises RecognitionError when the address is not ours, or somebody listens there already.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise RecognitionError(
            f"cannot listen at {host} ({error.strerror}). Name an address of this machine."
        ) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        remedy = "Name an address of this machine with --host or RECOGNITION_API_HOST."
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            remedy = "Choose another port with --port or RECOGNITION_API_PORT; 0 takes a free one."
        raise RecognitionError(f"cannot listen at {host}:{port} ({error.strerror}). {remedy}") from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ip_address(listening.getsockname()[0]).is_loopback


def raise_file_limit() -> None:
    """Let this process have as many connections as the system lets it: 1,024 files is what most begin with."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS says unlimited, and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def serve(
    settings: Settings, listening: socket.socket, stop: asyncio.Event, *, on_start: Callable[[], None] = lambda: None
) -> None:
    """Answer until ``stop`` is set; ``on_start`` is called when requests are taken.

    Raises RecognitionError when the view or the watchlist cannot be used.
    """
    path = database_of(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    view = View(path, freshness_days=settings.freshness_days)
    feed = Feed(view)
    publisher = KafkaPublisher(settings)
    follower = Follower(settings, path, on_alerts=feed.put, on_latency=metrics.observe_latency)
    try:
        follower.open()
        names = names_of(settings, loopback=is_loopback(listening))
        app = create_app(settings, view, follower, feed, publisher, names=names)
        # What is loaded by now stays: the garbage collector would go through it again and again, 35 ms each time.
        gc.collect()
        gc.freeze()
        server = _Server(_config(app), on_start)
        following = asyncio.create_task(follower.run(stop), name="follower")
        serving = asyncio.create_task(server.serve([listening]), name="server")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        metrics.set_subscribers(0)
        polling = asyncio.create_task(
            poll(settings, stop, also=lambda: metrics.set_view_lag(follower.freshness.lag)), name="backlog"
        )
        await asyncio.wait((following, serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        feed.close()
        server.should_exit = True
        await asyncio.gather(following, serving, stopping, polling)
    finally:
        feed.close()
        await publisher.close()
        view.close()
        listening.close()


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Connection,
        ws="none",
        lifespan="off",  # what is started and stopped is in `serve`
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """uvicorn, which leaves signals to us: event streams are to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()
