"""Makes the lock file of Kafka's jars anew: ``python -m pipeline.broker.lock [KAFKA_VERSION [LOG4J_VERSION]]``."""

import sys
import tempfile
from pathlib import Path

from pipeline.broker.jars import Jar, kafka_version, locked_jars, sha256_of, write_lock

LOCK_FILE = Path(__file__).with_name("kafka.lock")
SCALA = "2.13"


def resolve(kafka: str, log4j: str) -> list[Jar]:
    """Resolve one version of Kafka with its log4j2 back end on Maven Central, fetch every jar, and lock it."""
    from jgo.maven import MavenContext

    with tempfile.TemporaryDirectory() as scratch:
        maven = MavenContext(repo_cache=Path(scratch), timeout=60)
        roots = [
            maven.create_dependency(coordinate)
            for coordinate in (
                f"org.apache.kafka:kafka_{SCALA}:{kafka}",
                f"org.apache.logging.log4j:log4j-core:{log4j}",
                f"org.apache.logging.log4j:log4j-slf4j-impl:{log4j}",
            )
        ]
        for root in roots:
            root.raw = True  # else jgo lets the roots manage each other's versions
        inputs, transitive = maven.resolver.resolve(roots)
        return [
            Jar(found.groupId, found.artifactId, found.version, sha256_of(found.artifact.resolve()))
            for found in inputs + transitive
        ]


def main(arguments: list[str]) -> None:
    """Write the lock file; the versions that are locked now are kept where none are named."""
    now = locked_jars()
    kafka = arguments[0] if arguments else kafka_version(now)
    log4j = arguments[1] if arguments[1:] else next(jar.version for jar in now if jar.artifact == "log4j-core")
    jars = resolve(kafka, log4j)
    LOCK_FILE.write_text(write_lock(jars), "utf-8")
    sys.stderr.write(f"{LOCK_FILE.name}: Kafka {kafka}, {len(jars)} jars\n")


if __name__ == "__main__":
    main(sys.argv[1:])
