"""The real broker: it serves, keeps its data, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from pipeline.broker import Broker
from pipeline.broker.directory import DataDirectory
from pipeline.broker.jars import folder, locked_jars
from pipeline.broker.kafka import PortTakenError, free_port
from pipeline.errors import RecognitionError
from pipeline.settings import Settings

RECOGNITION = (sys.executable, "-c", "from pipeline.cli import main; main()")


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "10000000"})])
    await admin.close()


async def _send(bootstrap: str, topic: str, value: bytes, **options: Any) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=11_000_000, **options) as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        value = (await consumer.getone()).value
        assert isinstance(value, bytes)
        return value


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


async def test_carries_messages_up_to_ten_megabytes(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    topic = f"{settings.topic_prefix}large"
    await _create(settings.bootstrap, topic)
    large = os.urandom(9_900_000)
    await _send(settings.bootstrap, topic, large)
    assert await _first(settings.bootstrap, topic) == large


async def test_makes_no_topic_that_nobody_asked_for(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap, request_timeout_ms=1000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.partitions_for(f"{settings.topic_prefix}unknown")


async def test_the_same_directory_is_the_same_cluster_with_its_data(tmp_path: Path) -> None:
    data_dir = tmp_path / "a cluster, ünïcödé ${x} %d"
    with Broker(data_dir) as first:
        bootstrap = first.bootstrap
        cluster = DataDirectory(data_dir).cluster()
        await _create(bootstrap, "kept")
        await _send(bootstrap, "kept", b"for ever")
        with pytest.raises(RecognitionError, match=rf"in use by the broker at {bootstrap} \(process {first.pid}\)"):
            Broker(data_dir).start()
    assert not DataDirectory(data_dir).is_held()

    second = Broker(data_dir)
    starting = threading.Thread(target=second.start)
    starting.start()
    starting.join()  # a broker belongs to the process, not to the thread that started it
    assert second.bootstrap == bootstrap
    assert DataDirectory(data_dir).cluster() == cluster
    assert await _first(bootstrap, "kept") == b"for ever"
    os.kill(second.pid, signal.SIGKILL)
    with pytest.raises(RecognitionError, match="Kafka ended by itself"):
        second.wait()
    second.stop()

    with socket.create_server(("127.0.0.1", int(bootstrap.rpartition(":")[2]))), Broker(data_dir) as third:
        assert third.bootstrap != bootstrap
        assert await _first(third.bootstrap, "kept") == b"for ever"


def test_a_port_in_use_is_named(broker_bootstrap: str, tmp_path: Path) -> None:
    port = int(broker_bootstrap.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=rf"port {port} of 127.0.0.1 is in use.*--port"):
        Broker(tmp_path / "cluster", port=port).start()


def test_a_broker_that_dies_at_its_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "cluster")
    directory.topics.mkdir(parents=True)
    (directory.path / "lock").touch()
    (directory.path / "cluster.json").write_text(
        json.dumps({"cluster_id": "hBXK1IieT_SjOBbeZJEw3w", "port": free_port(), "controller_port": free_port()})
    )
    (directory.topics / "meta.properties").write_text("version=1\ncluster.id=hBXK1IieT_SjOBbeZJEw3w\nnode.id=7\n")
    with pytest.raises(RecognitionError, match=r"(?s)ended while it started.*ERROR.*Stored node id 7"):
        Broker(directory.path).start()
    assert not directory.is_held()


OWNER = """
import time
from pipeline.broker import Broker
with Broker():
    print("serving", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("when", ["serving", "starting"])
def test_leaves_nothing_behind_however_its_owner_ends(tmp_path: Path, number: signal.Signals, when: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as owner:
        assert owner.stdout is not None
        if when == "serving":
            owner.stdout.readline()
        else:
            _wait_until(lambda: len(_brokers_of(owner.pid)) == 2)
        processes = _brokers_of(owner.pid)
        os.killpg(owner.pid, number)  # as a terminal does it: to the whole group
    assert len(processes) == 2
    assert _gone(processes)
    _wait_until(lambda: list(tmp_path.iterdir()) == [])


def _brokers_of(owner: int) -> list[psutil.Process]:
    """The guard and the Java of an owner's broker."""
    return [process for process in psutil.Process(owner).children(recursive=True) if _runs_kafka(process)]


def _runs_kafka(process: psutil.Process) -> bool:
    try:
        return "kafka.Kafka" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _recognition(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RECOGNITION, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_the_command_starts_a_broker_that_stays(tmp_path: Path) -> None:
    at = ("--data-dir", str(tmp_path / "cluster"))
    assert json.loads(_recognition("broker", "status", "--json", *at).stdout)["state"] == "stopped"

    port = free_port()
    started = _recognition("broker", "start", "--port", str(port), *at)
    try:
        assert (started.returncode, started.stdout) == (0, f"127.0.0.1:{port}\n")
        status = json.loads(_recognition("broker", "status", "--json", *at).stdout)
        assert (status["state"], status["bootstrap"]) == ("running", f"127.0.0.1:{port}")
        process = psutil.Process(status["pid"])
        again = _recognition("broker", "start", *at)
        assert again.returncode == 1
        assert f"in use by the broker at 127.0.0.1:{port}" in again.stderr
    finally:
        stopped = _recognition("broker", "stop", *at)
    assert stopped.returncode == 0
    assert _gone([process])
    assert "no broker runs" in _recognition("broker", "stop", *at).stderr


def test_the_command_names_the_folder_of_the_jars() -> None:
    fetched = _recognition("broker", "fetch")
    assert (fetched.returncode, fetched.stdout) == (0, f"{folder(Settings().cache_dir)}\n")
    assert all((folder(Settings().cache_dir) / jar.filename).exists() for jar in locked_jars())


def test_in_the_foreground_it_stays_until_it_is_told_to_end(tmp_path: Path) -> None:
    at = ("--data-dir", str(tmp_path / "cluster"), "--port", str(free_port()))
    with subprocess.Popen(
        [*RECOGNITION, "broker", "start", "--foreground", *at], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as foreground:
        assert foreground.stdout is not None
        assert foreground.stdout.readline() == f"127.0.0.1:{at[-1]}\n".encode()
        processes = _brokers_of(foreground.pid)
        foreground.terminate()
        assert foreground.wait(30) == 0
    assert _gone(processes)
