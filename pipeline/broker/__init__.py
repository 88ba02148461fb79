"""A real Apache Kafka on this machine, from packages alone."""

from pipeline.broker.kafka import Broker

__all__ = ["Broker"]
