"""A data directory is one cluster's, and one broker's at a time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.broker.configuration import server_properties
from pipeline.broker.directory import Cluster, DataDirectory, Running, mark, new_cluster_id
from pipeline.broker.kafka import stop_broker
from pipeline.errors import RecognitionError
from pipeline.topology import Topology

CLUSTER = Cluster("hBXK1IieT_SjOBbeZJEw3w", 9092, 9093)


@contextmanager
def _held(directory: DataDirectory) -> Iterator[None]:
    lock = directory.hold()
    try:
        yield
    finally:
        os.close(lock)


def _write_meta_properties(directory: DataDirectory, cluster_id: str) -> None:
    directory.topics.mkdir()
    (directory.topics / "meta.properties").write_text(
        f"#\n#Mon Jul 07\nversion=1\ncluster.id={cluster_id}\nnode.id=1\n"
    )


def test_looking_makes_nothing(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "new")
    assert directory.cluster() is None
    assert directory.running() is None
    assert not directory.is_held()
    assert not directory.is_formatted()
    assert not directory.has_started()
    assert not directory.path.exists()


def test_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with _held(directory):
        assert directory.is_held()
        with pytest.raises(RecognitionError, match=f"{tmp_path} is in use by a broker that is starting"):
            DataDirectory(tmp_path).hold()
    assert not directory.is_held()
    with _held(directory):
        pass


def test_stays_held_while_a_process_that_inherited_the_lock_lives(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    lock = directory.hold()
    heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,))
    os.close(lock)
    assert directory.is_held()
    heir.communicate(b"\n")
    assert not directory.is_held()


def test_names_the_broker_that_holds_it(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    lock = directory.hold()
    directory.save_cluster(CLUSTER)
    command = [sys.executable, "-c", "input()", mark(CLUSTER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(lock,)) as broker:
        os.close(lock)
        running = Running(broker.pid, "127.0.0.1:9092")
        directory.save_running(running)
        assert directory.running() == running
        with pytest.raises(RecognitionError, match=rf"in use by the broker at 127.0.0.1:9092 \(process {broker.pid}\)"):
            DataDirectory(tmp_path).hold()
        broker.communicate(b"\n")
    assert directory.running() is None
    assert stop_broker(tmp_path) is None


def test_another_program_with_the_noted_number_is_not_the_broker(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with _held(directory):
        directory.save_cluster(CLUSTER)
        directory.save_running(Running(os.getpid(), "127.0.0.1:9092"))
        assert directory.running() is None
        with pytest.raises(RecognitionError, match="about to start"):
            stop_broker(tmp_path)


def test_a_note_of_an_earlier_broker_is_gone_once_it_is_held_again(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with _held(directory):
        directory.save_running(Running(1, "127.0.0.1:9092"))
    with _held(directory):
        assert not (tmp_path / "broker.json").exists()


def test_a_directory_with_other_files_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RecognitionError, match=f"{tmp_path} is not a broker's data directory"):
        DataDirectory(tmp_path).hold()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_cluster_whose_lock_file_was_lost_is_accepted(tmp_path: Path) -> None:
    DataDirectory(tmp_path).save_cluster(CLUSTER)
    with _held(DataDirectory(tmp_path)):
        assert DataDirectory(tmp_path).cluster() == CLUSTER


def test_a_fresh_volume_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    with _held(DataDirectory(tmp_path)):
        pass


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecognitionError, match=r"cannot keep its data in .*file \(File exists\)"):
        DataDirectory(tmp_path / "file").hold()


def test_remembers_its_cluster(tmp_path: Path) -> None:
    DataDirectory(tmp_path).save_cluster(CLUSTER)
    _write_meta_properties(DataDirectory(tmp_path), CLUSTER.cluster_id)
    assert DataDirectory(tmp_path).cluster() == CLUSTER
    assert DataDirectory(tmp_path).is_formatted()


@pytest.mark.parametrize("noted", [True, False])
def test_data_of_another_cluster_are_refused(tmp_path: Path, noted: bool) -> None:
    directory = DataDirectory(tmp_path)
    if noted:
        directory.save_cluster(CLUSTER)
    _write_meta_properties(directory, "AAAAAAAAAAAAAAAAAAAAAA")
    named = CLUSTER.cluster_id if noted else "no cluster"
    with pytest.raises(RecognitionError, match=rf"belongs to another cluster: .*AAAAAAAAAAAAAAAAAAAAAA.*{named}"):
        directory.cluster()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cluster_id": "x"}', '{"surprise": 1}'])
def test_a_note_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "cluster.json").write_text(content)
    with pytest.raises(RecognitionError, match=r"cluster\.json cannot be read"):
        DataDirectory(tmp_path).cluster()


def test_the_end_of_the_log_is_of_this_start_and_without_stack_frames(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    assert directory.end_of_log() == "(empty)"
    directory.kafka_log.parent.mkdir()
    directory.kafka_log.write_text("INFO last week\n")
    earlier = directory.log_size()
    with directory.kafka_log.open("a") as log:
        log.write(
            "INFO one\nINFO two\nERROR Exiting Kafka\njava.io.IOException: no space\n\tat java.base/x.y(Z.java:1)\n"
        )
    directory.console_log.write_text("WARNING: from Java\n")
    assert directory.end_of_log(earlier, lines=3) == (
        "INFO two\nERROR Exiting Kafka\njava.io.IOException: no space\nWARNING: from Java"
    )


def test_cluster_ids_are_as_kafka_takes_them() -> None:
    ids = {new_cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(cluster_id) == 22 and not cluster_id.startswith("-") for cluster_id in ids)


def test_the_broker_takes_the_largest_message_of_any_topic() -> None:
    lines = server_properties(CLUSTER).splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert int(properties["message.max.bytes"]) >= max(topic.max_message_bytes for topic in Topology().all())
    assert properties["listeners"] == "CLIENTS://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
