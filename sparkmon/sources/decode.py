"""Events to rows inside Spark: payloads decoded in Arrow batches, nothing lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.errors import OptionError
from sparkmon.protocol import decode_batch
from sparkmon.records import ModelSchema
from sparkmon.schemas import DEAD_LETTERS, DECODED, EVENTS

__all__ = ["dead_letters", "distinct_events", "rows"]

_IDENTITY = ("event_id", "event_type", "source", "namespace", "model", "component", "event_time")


def rows(events: DataFrame, schemas: Iterable[ModelSchema] = ()) -> DataFrame:
    """Decode events into one row per instance.

    Parameters
    ----------
    events : DataFrame
        ``sparkmon.schemas.EVENTS``, streaming or not: from ``format("kserve")`` or :func:`kafka_events`.
    schemas : iterable of ModelSchema
        Names and types for models whose payloads carry none. Without one, columns are named ``feature_0``, ...

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DECODED``: a row per instance, and one for each event without instances (health checks,
        dead letters; ``instance`` is -1). Filter on ``instance >= 0`` for instances alone.

    Raises
    ------
    OptionError
        ``events`` lacks a column, or two schemas are of one model.

    Examples
    --------
    >>> decoded = rows(spark.read.format("kserve").load("spool"))  # doctest: +SKIP
    >>> decoded.select("model", "features.temp.number")  # doctest: +SKIP
    """
    missing = [name for name in EVENTS.names if name not in events.columns]
    if missing:
        raise OptionError(
            f"got a DataFrame without the column {missing[0]!r}; give events as "
            'spark.read.format("kserve") or sparkmon.kafka_events makes them'
        )
    by_model: dict[str, ModelSchema] = {}
    for schema in schemas:
        if schema.model in by_model:
            raise OptionError(f"got two schemas for the model {schema.model!r}; give one")
        by_model[schema.model] = schema

    def decode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield decode_batch(batch, by_model)

    return events.select(*EVENTS.names).mapInArrow(decode, DECODED)


def distinct_events(events: DataFrame, delay: str) -> DataFrame:
    """Collapse events that were delivered more than once.

    Relays deliver at least once. A redelivery has the same id, type, source and time; an id alone is not enough,
    because KServe adopts whatever ``ce-id`` a client sends, and clients repeat theirs.

    Parameters
    ----------
    events : DataFrame
        ``sparkmon.schemas.EVENTS``. On a stream, duplicates are found while the watermark is within ``delay``.
    delay : str
        How late events may come, as a Spark interval.
    """
    if events.isStreaming:
        return events.withWatermark("event_time", delay).dropDuplicatesWithinWatermark(
            list(_IDENTITY)
        )
    return events.dropDuplicates(list(_IDENTITY))


def dead_letters(decoded: DataFrame) -> DataFrame:
    """Pick the events that could not be decoded, with their bytes, condition and reason."""
    return decoded.where(F.col("kind") == "dead_letter").select(*DEAD_LETTERS.names)
