"""What a topic has lost is an error that says so, a partition that is new is read from its beginning: a real Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from sparkmon.sources import KafkaSource
from tests.support.streams import drained

WAIT_S = 30
LOSS = r"(?i)data (may have been |was )?los[ts]|failOnDataLoss"


class Topic:
    """One topic of the broker, whose records are structured CloudEvents numbered from 0 on."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.bootstrap, self.name, self._count = bootstrap, name, 0
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.make()

    def make(self) -> None:
        self.admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result(WAIT_S)

    def remove(self) -> None:
        self.admin.delete_topics([self.name])[self.name].result(WAIT_S)

    def send(self, count: int, partition: int = 0) -> set[str]:
        """Send so many events; return their ids."""
        producer = Producer({"bootstrap.servers": self.bootstrap})
        ids = [f"e-{self._count + place}" for place in range(count)]
        self._count += count
        for each in ids:
            headers: list[tuple[str, str | bytes | None]] = [
                ("ce_specversion", b"1.0"),
                ("ce_id", each.encode()),
                ("ce_source", b"pod"),
                ("ce_type", b"org.kubeflow.serving.inference.request"),
            ]
            producer.produce(self.name, b'{"instances": [[1]]}', headers=headers, partition=partition)
        assert producer.flush(WAIT_S) == 0
        return {*ids}

    def expire(self, before: int) -> None:
        """Remove the records before an offset, as retention does."""
        place = TopicPartition(self.name, 0, before)
        self.admin.delete_records([place])[place].result(WAIT_S)


@pytest.fixture
def topic(kafka: str, request: pytest.FixtureRequest) -> Iterator[Topic]:
    made = Topic(kafka, f"losses-{abs(hash(request.node.name))}")
    yield made
    made.remove()


def read(spark: SparkSession, topic: Topic, work: Path, **options: str) -> set[str]:
    """Read on from the checkpoint to the topic's end; return the ids of all events so far."""
    source = KafkaSource(topic.bootstrap, topic.name, options=options)
    events = drained(source.events(spark), work)
    return {row.event_id for row in events.select("event_id").collect()}


def test_records_that_retention_removed_unread_are_an_error_until_somebody_accepts_it(
    spark: SparkSession, topic: Topic, tmp_path: Path
) -> None:
    first = topic.send(5)
    assert read(spark, topic, tmp_path) == first
    topic.send(5)
    rest = topic.send(3)
    topic.expire(before=10)
    with pytest.raises(StreamingQueryException, match=LOSS):
        read(spark, topic, tmp_path)
    assert read(spark, topic, tmp_path, failOnDataLoss="false") == first | rest


def test_a_topic_made_anew_with_fewer_records_is_an_error(spark: SparkSession, topic: Topic, tmp_path: Path) -> None:
    topic.send(5)
    read(spark, topic, tmp_path)
    topic.remove()
    topic.make()
    topic.send(2)
    with pytest.raises(StreamingQueryException, match=LOSS):
        read(spark, topic, tmp_path)


def test_a_partition_that_is_added_is_read_from_its_beginning(
    spark: SparkSession, topic: Topic, tmp_path: Path
) -> None:
    first = topic.send(5)
    assert read(spark, topic, tmp_path, startingOffsets="latest") == set()
    assert read(spark, topic, tmp_path) == set()
    topic.admin.create_partitions([NewPartitions(topic.name, 2)])[topic.name].result(WAIT_S)
    new = topic.send(4, partition=1)
    assert read(spark, topic, tmp_path) == new
    assert not first & new
