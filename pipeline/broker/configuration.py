"""Kafka's configuration for one small broker that is its own controller.

Paths are relative to the data directory, where Kafka runs: so its name can hold what these files could not (a comma
would split it, other letters than Latin would be misread), and it can be moved.
"""

from pipeline.broker.directory import Cluster

_MEGABYTE = 1024 * 1024


def server_properties(cluster: Cluster) -> str:
    """Give the content of ``server.properties``."""
    properties = {
        "process.roles": "broker,controller",
        "node.id": 1,
        # A fixed voter, and not a dynamic quorum, lets the controller's port change from start to start.
        "controller.quorum.voters": f"1@127.0.0.1:{cluster.controller_port}",
        "listeners": f"CLIENTS://127.0.0.1:{cluster.port},CONTROLLER://127.0.0.1:{cluster.controller_port}",
        "advertised.listeners": f"CLIENTS://127.0.0.1:{cluster.port}",
        "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": "topics",
        # There is one broker to replicate to; few partitions of the internal topics make starts and first joins quick.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        # Every topic is made on purpose, with the partitions and retention that the topology says.
        "auto.create.topics.enable": "false",
        "message.max.bytes": 10 * _MEGABYTE,
        "replica.fetch.max.bytes": 10 * _MEGABYTE,
        # After a crash the controller waits this long for the broker that died before it takes the new one.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        # A deployment that rests for a month goes on where it stopped.
        "offsets.retention.minutes": 90 * 24 * 60,
        # The default, 128 MB, would be a quarter of the heap.
        "log.cleaner.dedupe.buffer.size": 16 * _MEGABYTE,
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


LOG4J2_PROPERTIES = """\
# All goes to a rolling file; that Kafka has started, by which we know it, to standard output.
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = logs/kafka.log
appender.file.filePattern = logs/kafka.log.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 5
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %m%n
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
logger.life.name = kafka.server.KafkaRaftServer
logger.life.level = info
logger.life.appenderRef.console.ref = console
"""
