"""The contract of a source of events that ``monitor.yaml`` can name."""

from abc import ABC, abstractmethod
from typing import TypeVar

from pyspark.sql import DataFrame, SparkSession

from sparkmon.registry import Registry


class EventSource(ABC):
    """Where the events of a monitor come from."""

    format: str
    """What it is: ``kserve``."""
    uses_kafka: bool = False
    """Whether Spark needs its Kafka connector."""

    def read_by(self, reader: str) -> "EventSource":
        """Return the source as a query of this name reads it: no two queries have one, nor a query two."""
        return self

    @property
    @abstractmethod
    def description(self) -> str:
        """What is read, in a few words."""

    @abstractmethod
    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events, ``sparkmon.schemas.EVENTS``."""


SOURCES: Registry[type[EventSource]] = Registry("source")
"""The sources that ``monitor.yaml`` can name, by ``format``."""
Source = TypeVar("Source", bound=type[EventSource])


def register_source(source: Source) -> Source:
    """Register a class of sources by its ``format``, so that ``monitor.yaml`` can name it; a decorator.

    Its keys are the fields of the dataclass, or the parameters of the constructor, with their types, defaults and
    documentation.
    """
    SOURCES.add(source.format, source)
    return source
