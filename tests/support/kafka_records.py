"""Events as the records that Knative's Kafka sink makes of them, in both content modes."""

import json
from collections.abc import Iterable
from typing import Literal

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from sparkmon.records import Event

__all__ = ["Record", "make_topic", "produce", "record_of"]

Record = tuple[list[tuple[str, str | bytes | None]], bytes | None]
"""Headers and value."""


def record_of(event: Event, mode: Literal["binary", "structured"]) -> Record:
    """Make the record of one event."""
    attributes = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": event.source or "pod",
        "type": f"org.kubeflow.serving.inference.{event.event_type}",
        "time": event.event_time.isoformat().replace("+00:00", "Z"),
        "component": event.component,
        "namespace": event.namespace,
        "inferenceservicename": event.model,
    }
    if mode == "binary":
        headers: list[tuple[str, str | bytes | None]] = [
            (f"ce_{name}", value.encode()) for name, value in attributes.items()
        ]
        return [*headers, ("content-type", b"application/json")], event.payload
    whole = {**attributes, "datacontenttype": "application/json", "data": json.loads(event.payload)}
    return [("content-type", b"application/cloudevents+json")], json.dumps(whole).encode()


def make_topic(bootstrap: str, name: str, partitions: int = 2) -> None:
    """Make a topic."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)


def produce(bootstrap: str, topic: str, records: Iterable[Record]) -> None:
    """Produce records, and wait until the broker has them."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    errors: list[object] = []
    for headers, value in records:
        producer.produce(topic, value=value, headers=headers, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(30) == 0
    assert set(errors) <= {None}
