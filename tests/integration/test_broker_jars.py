"""The jars are fetched once, verified always, and never left half written. Fetched here from a server of our own."""

import gc
import hashlib
import multiprocessing
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.broker.jars import Jar, ensure, folder, kafka_version, locked_jars, read_lock, sha256_of, write_lock
from pipeline.broker.kafka import free_port
from pipeline.errors import RecognitionError


def _jar(artifact: str, content: bytes, version: str = "4.4.0") -> Jar:
    return Jar("org.example.kafka", artifact, version, hashlib.sha256(content).hexdigest())


CONTENTS = {name: name.encode() * 5_000 for name in ("kafka-clients", "one", "two", "three")}
JARS = tuple(_jar(name, content) for name, content in CONTENTS.items())


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        if not self.path.endswith(".sha1"):
            self.server.asked.append(self.path)  # type: ignore[attr-defined]


class Repository:
    """A Maven repository on the loopback that notes what it was asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(path)))
        self._server.asked = self.asked  # type: ignore[attr-defined]
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, jar: Jar, content: bytes) -> None:
        path = self.path.joinpath(*jar.group.split("."), jar.artifact, jar.version, jar.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "repository")
    for jar in JARS:
        repository.put(jar, CONTENTS[jar.artifact])
    yield repository
    repository.close()


def _left_over(cache_dir: Path) -> list[str]:
    return [path.name for path in folder(cache_dir).iterdir() if path.name.startswith(".fetching")]


def test_the_lock_file_locks_kafka_and_a_log4j2_back_end() -> None:
    jars = locked_jars()
    artifacts = {jar.artifact for jar in jars}
    assert kafka_version(jars) == "4.4.0"
    assert {"kafka_2.13", "kafka-server", "kafka-clients", "log4j-core", "log4j-slf4j-impl"} <= artifacts
    assert len({jar.filename for jar in jars}) == len(jars)
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_a_lock_file_reads_as_it_was_written() -> None:
    assert set(read_lock(write_lock(JARS))) == set(JARS)
    assert write_lock(reversed(JARS)) == write_lock(JARS)


def test_fetches_what_is_missing_and_tells_how_far_it_is(tmp_path: Path, repository: Repository) -> None:
    told: list[tuple[int, int]] = []
    paths = ensure(tmp_path / "cache", JARS[:1], repository=repository.address)
    paths = ensure(tmp_path / "cache", JARS, lambda there, total: told.append((there, total)), repository.address)
    assert [path.read_bytes() for path in paths] == list(CONTENTS.values())
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(repository.asked) == len(JARS)
    assert _left_over(tmp_path / "cache") == []


def test_asks_nobody_when_all_are_there(tmp_path: Path, repository: Repository) -> None:
    ensure(tmp_path, JARS, repository=repository.address)
    repository.close()
    told: list[tuple[int, int]] = []
    assert len(ensure(tmp_path, JARS, lambda there, total: told.append((there, total)), repository.address)) == 4
    assert told == []


def test_a_cached_jar_that_was_altered_is_refused(tmp_path: Path, repository: Repository) -> None:
    altered = ensure(tmp_path, JARS, repository=repository.address)[2]
    altered.write_bytes(altered.read_bytes()[:-1] + b"!")
    with pytest.raises(RecognitionError) as refusal:
        ensure(tmp_path, JARS, repository=repository.address)
    message = str(refusal.value)
    assert str(altered) in message
    assert JARS[2].sha256 in message
    assert sha256_of(altered) in message
    assert "Delete that file" in message
    altered.unlink()
    ensure(tmp_path, JARS, repository=repository.address)
    assert sha256_of(altered) == JARS[2].sha256


def test_a_fetched_jar_that_is_not_the_locked_one_is_not_kept(tmp_path: Path, repository: Repository) -> None:
    repository.put(JARS[1], b"something else")
    with pytest.raises(RecognitionError) as refusal:
        ensure(tmp_path, JARS, repository=repository.address)
    message = str(refusal.value)
    assert JARS[1].coordinate in message
    assert JARS[1].sha256 in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert not (folder(tmp_path) / JARS[1].filename).exists()
    assert _left_over(tmp_path) == []


def test_without_a_network_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecognitionError) as failure:
        ensure(tmp_path, JARS, repository=f"http://127.0.0.1:{free_port()}")
    message = str(failure.value)
    for part in (
        "Kafka 4.4.0",
        "Connection refused",
        "recognition broker fetch",
        str(folder(tmp_path)),
        "--bootstrap",
    ):
        assert part in message
    assert _left_over(tmp_path) == []


def test_a_jar_that_the_repository_lacks_is_named(tmp_path: Path, repository: Repository) -> None:
    lacking = _jar("four", b"four")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # jgo leaves the reply that refuses open
        with pytest.raises(RecognitionError, match=r"org\.example\.kafka:four:4\.4\.0 cannot be fetched"):
            ensure(tmp_path, (*JARS, lacking), repository=repository.address)
        gc.collect()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(RecognitionError, match=r"cannot be kept in .*cache.*RECOGNITION_CACHE_DIR"):
        ensure(tmp_path / "cache", JARS)


def test_what_a_killed_fetch_left_is_cleared_away(tmp_path: Path, repository: Repository) -> None:
    (folder(tmp_path) / ".fetching-dead").mkdir(parents=True)
    ensure(tmp_path, JARS, repository=repository.address)
    assert _left_over(tmp_path) == []


def _ensure_at_once(start: Callable[[], Any], cache_dir: Path, address: str) -> None:
    start()
    ensure(cache_dir, JARS, repository=address)


def test_processes_that_start_at_once_fetch_once(tmp_path: Path, repository: Repository) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    cache_dir = tmp_path / "cache"
    processes = [
        spawn.Process(target=_ensure_at_once, args=(barrier.wait, cache_dir, repository.address)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(repository.asked) == len(JARS)
    assert [sha256_of(folder(cache_dir) / jar.filename) for jar in JARS] == [jar.sha256 for jar in JARS]
