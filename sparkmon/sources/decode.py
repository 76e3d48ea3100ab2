"""Events to rows inside Spark: payloads decoded in Arrow batches, redeliveries collapsed, nothing lost."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import inf
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, functions as F
from pyspark.sql.types import ArrayType, StructField, StructType

from sparkmon.errors import OptionError
from sparkmon.protocol import DEFAULT_LIMITS, EVENTS as ARROW_EVENTS, RowBlock, decode_events, without_ahead
from sparkmon.records import ModelSchema
from sparkmon.schemas import DEAD_LETTERS, DECODED, EVENTS


class RowDetector(Protocol):
    """Adds row flags on Spark's workers, as :class:`sparkmon.SkewDetector` does."""

    @property
    def models(self) -> Collection[str]:
        """The models whose requests sparkmon's transformer makes: its notes on them are trusted."""

    def open(self) -> AbstractContextManager[Callable[[Sequence[RowBlock]], list[RowBlock]]]:
        """Return a context in which a function adds flags to the blocks of a batch."""


_IDENTITY = ("event_id", "event_type", "source", "namespace", "model", "component", "event_time")
_OF_INSTANCE = ("instance", "features", "predictions", "entities", "row_flags")
_INSTANCE = StructType([DECODED[name] for name in _OF_INSTANCE])
_EVENT = [field for field in DECODED.fields if field.name not in _INSTANCE.names]
_NESTED = StructType([*_EVENT, StructField("instances", ArrayType(_INSTANCE, False), False)])


def rows(
    events: DataFrame,
    schemas: Iterable[ModelSchema] = (),
    *,
    delay: str | None = None,
    detector: RowDetector | None = None,
) -> DataFrame:
    """Decode events into one row per instance.

    Parameters
    ----------
    events : DataFrame
        ``sparkmon.schemas.EVENTS``, streaming or not: from ``format("kserve")`` or :func:`kafka_events`. A streaming
        one must have no watermark yet.
    schemas : iterable of ModelSchema
        Names and types for models whose payloads carry none. Without one, columns are named ``feature_0``, ...
    delay : str, optional
        How late events may come, as a Spark interval. With it, a redelivered event is taken once, and on a stream
        the rows have a watermark on ``event_time``.
    detector : RowDetector, optional
        Adds ``row_flags`` on Spark's workers, such as :class:`sparkmon.SkewDetector`. Only of its models are the notes
        trusted that give ``entities`` and ``row_flags``: elsewhere a client may have written them.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DECODED``: a row per instance, and one for each event without instances (health checks,
        dead letters; ``instance`` is -1). Filter on ``instance >= 0`` for instances only.

    Raises
    ------
    OptionError
        ``events`` lacks a column, or two schemas are of one model.

    Notes
    -----
    Loggers and relays may deliver an event twice. A redelivery has the same id, type, source, place and time. The id
    alone is not enough: KServe adopts whatever ``ce-id`` a client sends, and clients repeat theirs.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.protocol import events_to_batch, from_http
    >>> headers = {
    ...     "ce-id": "1", "ce-source": "pod", "ce-type": "org.kubeflow.serving.inference.request",
    ...     "ce-time": "2026-01-05T00:00:00Z", "ce-inferenceservicename": "iris",
    ... }
    >>> event = from_http(headers, b'{"instances": [[5.1, 3.5], [4.9, 3.0]]}')
    >>> events = spark.createDataFrame(pa.Table.from_batches([events_to_batch([event])]))
    >>> rows(events).select("model", "instance", "features.feature_0.number").collect()
    [Row(model='iris', instance=0, number=5.1), Row(model='iris', instance=1, number=4.9)]
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

    with_notes = () if detector is None else tuple(detector.models)

    # A batch is of the past, or of a time of its own.
    ahead_s = DEFAULT_LIMITS.ahead_s if events.isStreaming else inf

    def decode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with nullcontext(list) if detector is None else detector.open() as detect:
            for batch in batches:
                own = without_ahead(batch.cast(ARROW_EVENTS), ahead_s)
                for decoded in decode_events(own, by_model, models_with_notes=with_notes):
                    yield _nested(replace(decoded, blocks=detect(decoded.blocks)).rows())

    nested = events.select(*EVENTS.names).mapInArrow(decode, _NESTED)
    if delay is not None:
        # Before the instances are laid out, so that the state holds an entry per event and not per row.
        nested = distinct(nested, _IDENTITY, delay)
    return nested.select(*(field.name for field in _EVENT), F.inline("instances")).select(*DECODED.names)


def dead_letters(decoded: DataFrame) -> DataFrame:
    """Pick the events that could not be decoded, with their bytes, condition and reason."""
    return decoded.where(F.col("kind") == "dead_letter").select(*DEAD_LETTERS.names)


def _nested(decoded: pa.RecordBatch) -> pa.RecordBatch:
    """Gather the rows of each event, which follow one another and begin with instance 0 or -1."""
    first = np.flatnonzero(decoded.column("instance").to_numpy() <= 0)
    offsets = pa.array(np.append(first, decoded.num_rows), pa.int32())
    instances = pa.StructArray.from_arrays([decoded.column(name) for name in _INSTANCE.names], _INSTANCE.names)
    event = decoded.select([field.name for field in _EVENT]).take(pa.array(first, pa.int64()))
    return pa.RecordBatch.from_arrays(
        [*event.columns, pa.ListArray.from_arrays(offsets, instances)], names=_NESTED.names
    )


def distinct(rows: DataFrame, identity: Sequence[str], delay: str) -> DataFrame:
    """Take each row once; of a stream's, those whose times are ``delay`` apart at most, and give it a watermark."""
    if rows.isStreaming:
        return rows.withWatermark("event_time", delay).dropDuplicatesWithinWatermark([*identity])
    return rows.dropDuplicates([*identity])
