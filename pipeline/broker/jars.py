"""The jars of Apache Kafka: which ones (the lock file), where they are kept, and that they are what was locked."""

import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pipeline.errors import RecognitionError

Progress = Callable[[int, int], None]
"""Told how many jars of how many are there."""

_HEADER = "# The jars of Apache Kafka with a log4j2 back end. scripts/lock-kafka makes this file anew.\n"
_STAGING = ".fetching-"
_ATTEMPTS = 3
_DOWNLOADS_AT_ONCE = 8
_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, order=True)
class Jar:
    """One jar as locked: its Maven coordinate and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        """``group:artifact:version``."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def filename(self) -> str:
        """The name of its file, as Maven gives it."""
        return f"{self.artifact}-{self.version}.jar"


def locked_jars() -> tuple[Jar, ...]:
    """Give the jars that this package runs."""
    return read_lock(resources.files("pipeline.broker").joinpath("kafka.lock").read_text("utf-8"))


def read_lock(text: str) -> tuple[Jar, ...]:
    """Read a lock file: lines of ``group:artifact:version sha256:hex``."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinate, checksum = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, checksum.removeprefix("sha256:")))
    return tuple(jars)


def write_lock(jars: Iterable[Jar]) -> str:
    """Give the content of a lock file."""
    return _HEADER + "".join(f"{jar.coordinate} sha256:{jar.sha256}\n" for jar in sorted(jars))


def kafka_version(jars: Iterable[Jar]) -> str:
    """The version of Kafka that these jars are."""
    return next(jar.version for jar in jars if jar.artifact == "kafka-clients")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder(cache_dir: Path) -> Path:
    """Where the jars are kept. Copied to another machine as it is, this folder serves there."""
    return cache_dir.absolute() / "kafka"


def ensure(
    cache_dir: Path, jars: Sequence[Jar], progress: Progress | None = None, repository: str | None = None
) -> list[Path]:
    """Give the path of every jar, each verified just now; fetch those that are not there yet.

    ``repository`` is the address of a Maven repository, Maven Central where none is given. Safe against other
    processes doing the same: they wait for each other, and a file takes its name only when it is whole and verified.
    Raises RecognitionError when a jar cannot be fetched or is not what was locked.
    """
    kept = folder(cache_dir)
    try:
        if _missing(kept, jars):
            kept.mkdir(parents=True, exist_ok=True)
            with _alone(kept / ".lock"):
                missing = _missing(kept, jars)
                if missing:
                    _fetch(kept, missing, jars, progress, repository)
    except OSError as error:
        raise RecognitionError(
            f"the Kafka jars cannot be kept in {kept} ({error.strerror}). "
            "Make that folder writable, or name another with RECOGNITION_CACHE_DIR."
        ) from error
    return [kept / jar.filename for jar in jars]


def _missing(kept: Path, jars: Iterable[Jar]) -> list[Jar]:
    """Verify the jars that are there; give those that are not."""
    missing = []
    for jar in jars:
        path = kept / jar.filename
        try:
            actual = sha256_of(path)
        except FileNotFoundError:
            missing.append(jar)
            continue
        if actual != jar.sha256:
            raise RecognitionError(
                f"the cached jar {path} is not the one that was locked:\n"
                f"  sha256 locked: {jar.sha256}\n"
                f"  sha256 found:  {actual}\n"
                "Delete that file; the next start fetches it anew."
            )
    return missing


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock between processes; wait for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(
    kept: Path, missing: Sequence[Jar], jars: Sequence[Jar], progress: Progress | None, repository: str | None
) -> None:
    for left_by_a_killed_process in kept.glob(f"{_STAGING}*"):
        shutil.rmtree(left_by_a_killed_process, ignore_errors=True)
    done = len(jars) - len(missing)
    if progress:
        progress(done, len(jars))
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        downloads = [pool.submit(_fetch_one, kept, jar, kafka_version(jars), repository) for jar in missing]
        try:
            for download in as_completed(downloads):
                download.result()
                done += 1
                if progress:
                    progress(done, len(jars))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after an error, what has not begun is not begun


def _fetch_one(kept: Path, jar: Jar, version: str, repository: str | None) -> None:
    # jgo writes straight to a file's final name, so it writes into a directory that nobody else reads.
    with tempfile.TemporaryDirectory(dir=kept, prefix=_STAGING) as staging:
        try:
            fetched = _download(jar, Path(staging), repository)
        except (OSError, RuntimeError) as error:  # what requests and jgo raise
            raise RecognitionError(_unreachable(jar, kept, version, error)) from error
        actual = sha256_of(fetched)
        if actual != jar.sha256:
            raise RecognitionError(
                f"what was fetched as {jar.coordinate} is not the jar that was locked:\n"
                f"  sha256 locked: {jar.sha256}\n"
                f"  sha256 found:  {actual}\n"
                "It was thrown away. Try again; if it stays so, something between here and Maven Central alters files: "
                "fetch it through another network."
            )
        fetched.replace(kept / jar.filename)


def _download(jar: Jar, staging: Path, repository: str | None) -> Path:
    from jgo.maven import MavenContext

    repositories = {"repository": repository} if repository else None
    attempt = 0
    while True:
        attempt += 1
        maven = MavenContext(repo_cache=staging / str(attempt), remote_repos=repositories, timeout=_TIMEOUT_SECONDS)
        try:
            return maven.create_dependency(jar.coordinate).artifact.resolve()
        except (OSError, RuntimeError):
            if attempt == _ATTEMPTS:
                raise
            time.sleep(attempt / 4)


def _unreachable(jar: Jar, kept: Path, version: str, error: Exception) -> str:
    return (
        f"Apache Kafka {version} is not on this machine yet, and {jar.coordinate} cannot be fetched "
        f"from Maven Central: {_root_cause(error)}.\n"
        "Do one of these:\n"
        "  - connect to the network (HTTPS_PROXY is honoured) and try again\n"
        f"  - run `recognition broker fetch` where there is a network, and copy the folder that it names to {kept}\n"
        "  - use a Kafka that runs already, with --bootstrap HOST:PORT"
    )


def _root_cause(error: BaseException) -> str:
    """What went wrong at the bottom: "Connection refused" rather than the layers that an HTTP client wraps it in."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
