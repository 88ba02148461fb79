"""A real Apache Kafka on this machine, from packages alone."""

from pipeline.broker.kafka import Broker, stop_broker

__all__ = ["Broker", "stop_broker"]
