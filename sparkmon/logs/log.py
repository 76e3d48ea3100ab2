"""What a log of events must offer to be read by Spark: places, how far to go, what to read in parallel."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TypeAlias, TypeVar

import pyarrow as pa

Offset: TypeAlias = dict[str, int | str]
"""A place in a log as Spark keeps it in a checkpoint: a JSON object, its keys always in the order of their weight."""

Part = TypeVar("Part")


class InferenceLog(ABC, Generic[Part]):
    """An ordered log of events. ``Part`` is what one Spark task reads; it travels pickled, so it must be small."""

    @abstractmethod
    def first(self) -> Offset:
        """Return the place before the oldest event that is still there."""

    @abstractmethod
    def last(self) -> Offset:
        """Return the place after the newest event."""

    def newest(self) -> Offset:
        """Return a place that ``last`` returned or would have returned when ``advance`` last looked."""
        return self.last()

    @abstractmethod
    def advance(self, start: Offset, max_events: int | None) -> Offset:
        """Return how far a reader at ``start`` comes; ``start`` itself where nothing new is there.

        What cannot be split (a block, an object) may exceed ``max_events`` when it is the first.
        """

    def earlier(self, one: Offset, other: Offset) -> Offset:
        """Return whichever place comes first, by what orders places: a spool's have an identity as well."""
        return min(one, other, key=lambda place: tuple(place.values())[:2])

    def commit(self, end: Offset, reader: str) -> None:
        """Note that the query of that name will not read again what lies before ``end``; by default nobody asks."""

    @abstractmethod
    def parts(self, start: Offset, end: Offset, part_bytes: int) -> list[Part]:
        """Cut what lies between two places into parts of about ``part_bytes``; the same at every call."""

    @abstractmethod
    def read(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Yield the events of one part as batches of schema ``EVENTS``."""
