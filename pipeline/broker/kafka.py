"""Starts and stops Apache Kafka: one node, broker and controller in one, on the loopback."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.broker import configuration, guard, jars
from pipeline.broker.directory import Cluster, DataDirectory, Running, mark, new_cluster_id
from pipeline.broker.java import find_java
from pipeline.broker.progress import show_progress
from pipeline.errors import RecognitionError
from pipeline.settings import Settings

HOST = "127.0.0.1"
_FORMAT_SECONDS = 120
_START_SECONDS = 120
_STOP_SECONDS = guard.GRACE_SECONDS + 10
_PORT_ATTEMPTS = 3
_STOPPED_BY_SIGTERM = 128 + signal.SIGTERM  # the exit code of a Java that shut down in order


class PortTakenError(RecognitionError):
    """Another program listens where the broker was to listen."""


class Broker:
    """A Kafka cluster of one node, for as long as a ``with`` block, or from `start` to `stop`.

    ``data_dir`` keeps the cluster: the same directory again is the same cluster with its data. Without one the cluster
    is private and its temporary directory is removed at the end. ``cache_dir`` keeps the jars. ``port`` is where
    clients connect; without one a free port is taken, the same as last time where that is still free. In whatever way
    this process ends, the broker ends with it, unless it was started detached.
    """

    def __init__(self, data_dir: Path | None = None, cache_dir: Path | None = None, port: int | None = None) -> None:
        self._data_dir = data_dir
        self._cache_dir = cache_dir
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._running: Running | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect: ``127.0.0.1:PORT``."""
        return self._started().bootstrap

    @property
    def pid(self) -> int:
        """The process id of the broker's Java."""
        return self._started().pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *, detached: bool = False) -> None:
        """Start the broker and return when it serves.

        ``detached`` lets it run on after this process and needs a ``data_dir``; `stop_broker` stops it.
        Raises RecognitionError when it cannot start, and leaves no process behind then.
        """
        if self._process:
            raise RuntimeError("this broker was started already")
        if detached and self._data_dir is None:
            raise ValueError("a detached broker needs a data directory")
        java = find_java()
        classpath = fetch_jars(self._cache_dir or Settings().cache_dir)
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            try:
                self._start_once(java, classpath, detached)
            except PortTakenError:
                # A port that was free when it was chosen can be gone when Kafka binds it.
                chosen_by_us = self._port is None or is_free(self._port)
                if not chosen_by_us or attempt == _PORT_ATTEMPTS:
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop the broker, if it runs, and return when it is gone."""
        process, self._process, self._running = self._process, None, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait(self) -> None:
        """Wait until the broker has ended. Raises RecognitionError when it was not asked to."""
        if self._process is None:
            raise RuntimeError("this broker is not running")
        if self._process.wait() not in (0, _STOPPED_BY_SIGTERM):
            where = f" Its log is in {DataDirectory(self._data_dir).kafka_log.parent}." if self._data_dir else ""
            raise RecognitionError(f"Kafka ended by itself.{where}")

    def _started(self) -> Running:
        if self._running is None:
            raise RuntimeError("this broker is not running")
        return self._running

    def _start_once(self, java: Path, classpath: str, detached: bool) -> None:
        temporary = "" if self._data_dir else tempfile.mkdtemp(prefix="recognition-broker-")
        directory = DataDirectory(self._data_dir or Path(temporary))
        try:
            lock = directory.hold()
            try:
                cluster = self._prepare(directory, java, classpath)
                logged = directory.log_size()
                command = _server(cluster, java, classpath)
                if detached:
                    self._process, pid = _spawn_detached(command, directory, lock)
                else:
                    self._process, pid = _spawn_guarded(command, directory, lock, temporary)
                running = Running(pid, f"{HOST}:{cluster.port}")
                directory.save_running(running)
                _await_start(self._process, directory, cluster, logged)
                self._running = running
            finally:
                os.close(lock)  # the broker has inherited it, and holds it for as long as it lives
        except BaseException:
            self.stop()
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)
            raise

    def _prepare(self, directory: DataDirectory, java: Path, classpath: str) -> Cluster:
        cluster = self._choose_ports(directory.cluster())
        directory.save_cluster(cluster)
        directory.kafka_log.parent.mkdir(exist_ok=True)
        directory.server_properties.write_text(configuration.server_properties(cluster), "utf-8")
        directory.log4j2_properties.write_text(configuration.LOG4J2_PROPERTIES, "utf-8")
        if not directory.is_formatted():
            _format(directory, cluster, java, classpath)
        return cluster

    def _choose_ports(self, known: Cluster | None) -> Cluster:
        cluster_id = known.cluster_id if known else new_cluster_id()
        if self._port is None:
            port = known.port if known and is_free(known.port) else free_port()
        elif is_free(self._port):
            port = self._port
        else:
            raise PortTakenError(_port_taken(self._port))
        if known and known.controller_port != port and is_free(known.controller_port):
            return Cluster(cluster_id, port, known.controller_port)
        return Cluster(cluster_id, port, free_port(but=port))


def stop_broker(data_dir: Path) -> Running | None:
    """Stop the broker that serves a data directory, whoever started it, and return when it is gone.

    Gives the broker that was stopped; none where none was running.
    """
    directory = DataDirectory(data_dir)
    running = directory.running()
    if running is None:
        if directory.is_held():
            raise RecognitionError(f"the broker of {directory.path} is about to start. Try again in a moment.")
        return None
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, sign)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if not directory.is_held():
                return running
            time.sleep(0.05)
    raise RecognitionError(f"process {running.pid} of the broker at {running.bootstrap} does not end. Kill it by hand.")


def _await_start(process: subprocess.Popen[bytes], directory: DataDirectory, cluster: Cluster, logged: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not directory.has_started():
        if process.poll() is not None:
            for port in (cluster.port, cluster.controller_port):
                if not is_free(port):
                    raise PortTakenError(_port_taken(port))
            end = directory.end_of_log(logged)
            raise RecognitionError(f"Kafka ended while it started. The end of its log:\n{end}")
        if time.monotonic() > deadline:
            end = directory.end_of_log(logged)
            raise RecognitionError(f"Kafka did not start within {_START_SECONDS} s. The end of its log:\n{end}")
        time.sleep(0.05)


def fetch_jars(cache_dir: Path) -> str:
    """Give the class path of Kafka, every jar verified; fetch those that are missing, shown on standard error."""
    locked = jars.locked_jars()
    with show_progress(jars.kafka_version(locked)) as progress:
        return os.pathsep.join(map(str, jars.ensure(cache_dir, locked, progress)))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does: a port in TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(but: int | None = None) -> int:
    """Choose a free port of the loopback, other than ``but``."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port != but:
            return port


def _port_taken(port: int) -> str:
    return (
        f"port {port} of {HOST} is in use by another program. "
        "Name another one with --port, or none to have a free one chosen."
    )


# Java runs in the data directory, so that its configuration is found by name.
_CONFIGURED = ("-XX:-UsePerfData", "-Dlog4j2.configurationFile=log4j2.properties")


def _server(cluster: Cluster, java: Path, classpath: str) -> list[str]:
    options = (
        *_CONFIGURED,
        "-Xmx512m",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",  # the compression libraries; Java 24 and newer warn without it
        mark(cluster),
    )
    return [str(java), *options, "-cp", classpath, "kafka.Kafka", "server.properties"]


def _format(directory: DataDirectory, cluster: Cluster, java: Path, classpath: str) -> None:
    options = (*_CONFIGURED, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    command = [str(java), *options, "-cp", classpath, "kafka.tools.StorageTool", "format"]
    command += ["--cluster-id", cluster.cluster_id, "--config", "server.properties"]
    try:
        done = subprocess.run(
            command,
            cwd=directory.path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORMAT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecognitionError(f"Kafka could not prepare {directory.topics}: {error}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise RecognitionError(f"Kafka could not prepare {directory.topics}. It said:\n{said}")


def _environment() -> dict[str, str]:
    # In a plain C locale Java cannot open files whose names hold other letters than Latin.
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _spawn_guarded(
    command: list[str], directory: DataDirectory, lock: int, discard: str
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the broker under a guard that ends it with this process. Give the guard, and the broker's process id."""
    guarded = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), discard, *command]
    with directory.console_log.open("wb") as console:
        process = subprocess.Popen(
            guarded,
            cwd=directory.path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=console,
            start_new_session=True,  # Ctrl-C is for us alone: whoever uses the broker stops before it does
            pass_fds=(lock,),
        )
    assert process.stdout is not None  # noqa: S101
    with process.stdout:
        pid = process.stdout.readline()
    if not pid:
        process.wait()
        raise RecognitionError(f"Kafka cannot be run:\n{directory.end_of_log()}")
    return process, int(pid)


def _spawn_detached(command: list[str], directory: DataDirectory, lock: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start the broker so that it outlives this process."""
    with directory.console_log.open("wb") as console:
        process = subprocess.Popen(
            command,
            cwd=directory.path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
    return process, process.pid
