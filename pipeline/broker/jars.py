"""The jars of Apache Kafka: which ones (the lock file), where they are kept, and that they are what was locked."""

import fcntl
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pipeline.errors import RecognitionError

Progress = Callable[[int, int], None]
"""Told how many jars of how many are there."""

_ATTEMPTS = 3
_DOWNLOADS_AT_ONCE = 8
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
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


def read_lock(text: str | None = None) -> tuple[Jar, ...]:
    """Read lines of ``group:artifact:version sha256:hex``; the lock file of this package where no text is given."""
    if text is None:
        text = resources.files("pipeline.broker").joinpath("kafka.lock").read_text("utf-8")
    jars = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            coordinate, checksum = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, checksum.removeprefix("sha256:")))
    return tuple(jars)


def kafka_version(jars: Sequence[Jar]) -> str:
    """The version of Kafka that these jars are."""
    return next(jar.version for jar in jars if jar.artifact == "kafka-clients")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder(cache_dir: Path) -> Path:
    """Where the jars are kept. Copied to another machine as it is, this folder serves there."""
    return cache_dir / "kafka"


def ensure(cache_dir: Path, jars: Sequence[Jar], progress: Progress | None = None) -> list[Path]:
    """Give the path of every jar, each verified just now; fetch from Maven Central those that are not there yet.

    Safe against other processes doing the same: they wait for each other, and a file takes its name only when it is
    whole and verified. Raises RecognitionError when a jar cannot be fetched or is not what was locked.
    """
    kept = folder(cache_dir)
    missing = _verify(kept, jars)
    if missing:
        kept.mkdir(parents=True, exist_ok=True)
        with _locked(kept / ".lock"):
            missing = _verify(kept, jars)
            if missing:
                _fetch(kept, missing, len(jars), kafka_version(jars), progress)
    return [kept / jar.filename for jar in jars]


def _verify(kept: Path, jars: Sequence[Jar]) -> list[Jar]:
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
                f"  its sha256 is {actual}\n"
                f"  locked was    {jar.sha256}\n"
                "Delete that file; the next start fetches it anew."
            )
    return missing


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(kept: Path, missing: Sequence[Jar], total: int, version: str, progress: Progress | None) -> None:
    from jgo.maven import MavenContext
    from requests import RequestException

    def fetch(jar: Jar) -> None:
        # jgo writes straight to the file's final name, so it writes into a directory that nobody else reads.
        with tempfile.TemporaryDirectory(dir=kept, prefix=".fetching-") as staging:
            maven = MavenContext(repo_cache=Path(staging), timeout=_TIMEOUT_SECONDS)
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    fetched: Path = maven.create_dependency(jar.coordinate).artifact.resolve()
                    break
                except (RequestException, RuntimeError) as error:
                    if attempt == _ATTEMPTS:
                        raise RecognitionError(_unreachable(jar, kept, version, error)) from error
                    time.sleep(attempt / 2)
            actual = sha256_of(fetched)
            if actual != jar.sha256:
                raise RecognitionError(
                    f"what was fetched as {jar.coordinate} is not the jar that was locked:\n"
                    f"  its sha256 is {actual}\n"
                    f"  locked was    {jar.sha256}\n"
                    "It was thrown away. Try again; if it stays so, a proxy or mirror between here and Maven Central "
                    "alters files: fetch through another network."
                )
            fetched.replace(kept / jar.filename)

    done = total - len(missing)
    if progress:
        progress(done, total)
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        downloads = [pool.submit(fetch, jar) for jar in missing]
        try:
            for download in as_completed(downloads):
                download.result()
                done += 1
                if progress:
                    progress(done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _unreachable(jar: Jar, kept: Path, version: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    return (
        f"Apache Kafka {version} is not on this machine yet, and {jar.coordinate} could not be fetched "
        f"from Maven Central ({reason}).\n"
        "Do one of these:\n"
        "  - connect to the network (HTTPS_PROXY is honoured) and try again\n"
        f"  - run `recognition broker fetch` where there is a network, and copy the folder it names to {kept}\n"
        "  - use a Kafka that runs already, with --bootstrap HOST:PORT"
    )
