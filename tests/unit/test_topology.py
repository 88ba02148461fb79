"""The one module that names topics."""

from pipeline.topology import Topology


def test_names_are_unique_and_carry_the_prefix() -> None:
    names = [topic.name for topic in Topology(prefix="trial.").all()]
    assert len(names) == len(set(names))
    assert all(name.startswith("trial.") for name in names)


def test_partition_counts_are_equal_because_faust_joins_tables_by_partition() -> None:
    assert {topic.partitions for topic in Topology(partitions=7).all()} == {7}


def test_every_stage_has_its_dead_letters_beside_its_input() -> None:
    topology = Topology()
    inputs = {
        "gate": topology.articles,
        "read": topology.documents,
        "judge": topology.claims,
        "publish": topology.changes,
        "notify": topology.alerts,
    }
    assert {stage: topic.name for stage, topic in topology.dead_letters.items()} == {
        stage: f"{topic.name}.dlq" for stage, topic in inputs.items()
    }


def test_only_tables_are_compacted() -> None:
    topology = Topology()
    assert {topic.name for topic in topology.all() if "compact" in topic.cleanup} == {
        topology.status.name,
        topology.seen_changelog.name,
        topology.status_changelog.name,
    }


def test_what_was_seen_is_forgotten_after_its_days() -> None:
    changelog = Topology(seen_days=3).seen_changelog
    assert changelog.config()["cleanup.policy"] == "compact,delete"
    assert changelog.config()["retention.ms"] == str(3 * 24 * 60 * 60 * 1000)
