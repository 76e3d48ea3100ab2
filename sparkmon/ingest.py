"""Events to panes on Spark's workers: the one pass over the bytes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from sparkmon.adversaries import ClientIdentity, clients_of
from sparkmon.detectors import OUTLIERS, OutlierDetector
from sparkmon.distributions.schema import PANES
from sparkmon.panes import EventCounts, PaneBuilder
from sparkmon.protocol import (
    DEAD_LETTERS,
    DECODED,
    EVENTS,
    ROWS,
    DecodedEvents,
    RowBlock,
    blocks_of_rows,
    decode_events,
    event_digests,
    without_ahead,
    without_own,
)
from sparkmon.records import ModelSchema
from sparkmon.row_files import ROW_FILE, RowFiles
from sparkmon.skew import SkewDetector

_TASKS: list[pa.Field[Any]] = [
    pa.field("partition", pa.int32()),
    pa.field("events", pa.int64()),
    pa.field("digests", pa.binary()),
    pa.field("last_event_time", PANES.field("last_event_time").type),
    pa.field("dead_letters", pa.int64()),
    pa.field("rows", pa.int64()),
    pa.field("row_files", pa.list_(ROW_FILE)),
    pa.field("namespaces", pa.list_(pa.struct([("model", pa.string()), ("namespace", pa.string())]))),
]
TASKS = pa.schema(_TASKS)
"""What a task reports: its events, their digests, each once, how many dead letters and rows it gives, the files of rows
that it wrote, and which models' events came from which namespaces."""


def _nullable(schema: pa.Schema) -> pa.DataType:
    """Return rows of a schema as a type of which a value may be null, and so its fields."""
    return pa.struct([field.with_nullable(True) for field in schema])


OUTPUT = pa.schema(
    [
        pa.field("pane", _nullable(PANES)),
        pa.field("dead_letter", _nullable(DEAD_LETTERS)),
        pa.field("row", _nullable(ROWS)),
        pa.field("outlier", _nullable(OUTLIERS)),
        pa.field("task", pa.struct(list(TASKS))),
    ]
)
"""What the pass gives: each row is a pane, a dead letter, a decoded row, an outlier, or what a task reports."""

_MOST_NAMESPACES = 10_000

_Times: TypeAlias = npt.NDArray[np.int64]

Detect: TypeAlias = Callable[[Sequence[RowBlock]], Sequence[RowBlock]]
"""Adds row flags to blocks."""

Owners: TypeAlias = Mapping[int, int]
"""Digest of a redelivered event to the only task that counts it; -1 for none."""


@dataclass(frozen=True)
class Ingest:
    """The pass over the bytes, as a function on batches of events."""

    builder: Callable[[], PaneBuilder]
    schemas: Mapping[str, ModelSchema] = field(default_factory=dict)
    detector: SkewDetector | None = None
    keep_rows: Mapping[str, bool] = field(default_factory=dict)
    """The models whose rows are kept, and whether the whole rows are: otherwise only what the models answer."""
    outliers: OutlierDetector | None = None
    clients: Mapping[str, ClientIdentity] = field(default_factory=dict)
    """Who asked, by model, of those whose rows are kept."""
    own_keys: Collection[str] = ()
    """What sparkmon's own requests of models are signed with: they are left out."""
    ahead_s: float = inf
    """How far an event's time may be ahead of the worker's clock."""

    def of_events(self, events: DataFrame, owners: Owners, row_directory: str | None = None) -> DataFrame:
        """Decode and summarise events, leaving out those that other tasks or batches have counted.

        Rows that are kept are written to files of a directory; without one, they are part of what is returned.
        """

        def ingest(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            with nullcontext() if self.detector is None else self.detector.open() as detect:
                task = _Task(self, owners, detect, row_directory)
                for batch in batches:
                    yield from task.read(batch)
                yield from task.summary()

        return events.select(*EVENTS.names).mapInArrow(ingest, from_arrow_schema(OUTPUT))

    def of_rows(self, rows: DataFrame, owners: Owners, row_directory: str | None = None) -> DataFrame:
        """Summarise rows that were decoded elsewhere; see :meth:`of_events`."""

        def ingest(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            task = _Task(self, owners, None, row_directory)
            for batch in batches:
                yield from task.read_rows(batch)
            yield from task.summary()

        return rows.mapInArrow(ingest, from_arrow_schema(OUTPUT))


class _Task:
    """What one task has read."""

    def __init__(self, ingest: Ingest, owners: Owners, detect: Detect | None, row_directory: str | None = None) -> None:
        context = TaskContext.get()
        self._ahead_s, self._own_keys = ingest.ahead_s, ingest.own_keys
        self._schemas, self._detect, self._keep_rows = ingest.schemas, detect, ingest.keep_rows
        self._clients = ingest.clients
        self._partition = -2 if context is None else context.partitionId()
        self._excluded = {each for each, task in owners.items() if task != self._partition}
        self._with_notes = () if ingest.detector is None else ingest.detector.models
        self._builder = ingest.builder()
        self._outliers = None if ingest.outliers is None else ingest.outliers.open()
        self._own: set[int] = set()
        self._digests: list[Any] = []
        self._last_event = self._events = 0
        self._dead_letters = self._rows = 0
        self._row_files = None if row_directory is None else RowFiles(row_directory)
        self._event_counts = EventCounts(self._builder.pane_us)
        self._newest = 0
        self._namespaces: set[tuple[str, str]] = set()

    def read(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Summarise a batch of events; yield those that cannot be decoded, and rows where they are kept."""
        batch = without_own(batch.cast(EVENTS), self._own_keys)
        events = without_ahead(batch, self._ahead_s)
        # What makes an event the same is its own time, whatever the clock is when it is read again.
        digests, times = event_digests(batch), _times(batch)
        for decoded in decode_events(events, self._schemas, models_with_notes=self._with_notes):
            own, digests = np.split(digests, [decoded.events.num_rows])
            own_times, times = np.split(times, [decoded.events.num_rows])
            is_new = self._new(decoded, own)
            blocks = _chosen(decoded.blocks, is_new)
            blocks = blocks if self._detect is None else self._detect(blocks)
            blocks = self._summarise(blocks, decoded.events)
            self._count_events(decoded, is_new, own_times)
            self._note_namespaces(decoded)
            if self._keep_rows:
                places = np.repeat(np.arange(len(decoded.counts)), np.maximum(decoded.counts, 1))
                rows = replace(decoded, blocks=[*_kept(blocks, self._keep_rows)]).rows()
                yield from self._kept_rows(rows, clients_of(self._clients, rows, decoded.events, pa.array(places)))
            broken = decoded.dead_letters()
            if broken.num_rows:
                self._dead_letters += broken.num_rows
                yield from _output("dead_letter", pa.Table.from_batches([broken]))

    def read_rows(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Summarise a batch of rows that were decoded elsewhere."""
        self._summarise(blocks_of_rows(batch), batch)
        events = batch.filter(pc.less_equal(batch.column("instance"), pa.scalar(0, pa.int32())))
        instance: Any = events.column("instance").to_numpy()
        self._event_counts.add(events.column("model"), _times(events), instance == 0, _is_dead(events.column("kind")))
        if self._keep_rows:
            rows = batch.select(DECODED.names)
            yield from self._kept_rows(rows, clients_of(self._clients, rows))

    def _summarise(self, blocks: Sequence[RowBlock], events: pa.RecordBatch) -> Sequence[RowBlock]:
        """Summarise blocks; return them with the flags of outliers."""
        if self._outliers is not None:
            blocks = self._outliers.mark(blocks, events.column("event_id"))
        for block in blocks:
            self._builder.add(block)
        return blocks

    def _kept_rows(self, rows: pa.RecordBatch, clients: Any) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - an Arrow array
        """Yield the rows of the models that are kept; those of redelivered events have no values."""
        has_values = pc.or_(pc.is_valid(rows.column("features")), pc.is_valid(rows.column("predictions")))
        is_model = pc.is_in(rows.column("model"), value_set=pa.array([*self._keep_rows], pa.string()))
        columns: list[Any] = [*rows.columns, clients]
        chosen = pa.RecordBatch.from_arrays(columns, schema=ROWS).filter(pc.and_(has_values, is_model))
        if self._row_files is not None:
            self._row_files.add(chosen)
            return
        self._rows += chosen.num_rows
        yield from _output("row", pa.Table.from_batches([chosen]))

    def summary(self) -> Iterator[pa.RecordBatch]:
        """Yield the panes and the digests."""
        yield from _output("pane", self._builder.build())
        yield from _output("pane", self._event_counts.build())
        if self._outliers is not None:
            yield from _output("outlier", self._outliers.build())
        digests = np.concatenate([*self._digests, np.empty(0, np.uint64)])
        task = {
            "partition": self._partition,
            "events": self._events,
            "digests": digests.tobytes(),
            "last_event_time": self._last_event,
            "dead_letters": self._dead_letters,
            "rows": self._rows,
            "row_files": [] if self._row_files is None else self._row_files.close(),
            "namespaces": [{"model": model, "namespace": name} for model, name in sorted(self._namespaces)],
        }
        yield from _output("task", pa.Table.from_pylist([task], schema=TASKS))

    def _new(self, decoded: DecodedEvents, digests: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Return by event whether this task counts it."""
        is_new = np.ones(len(digests), np.bool_)
        for place, digest in enumerate(digests.tolist()):
            is_new[place] = digest not in self._own and digest not in self._excluded
            self._own.add(digest)
        self._digests.append(digests[is_new])
        self._events += len(digests)
        times = _times(decoded.events)
        if len(times):
            self._last_event = max(self._last_event, int(times.max()))
        return is_new

    def _note_namespaces(self, decoded: DecodedEvents) -> None:
        """Note where the events of models come from, of the first so many."""
        names = ["model", "namespace"]
        pairs = pa.Table.from_batches([decoded.events.select(names)]).group_by(names).aggregate([])
        for pair in pairs.to_pylist():
            if pair["namespace"] and len(self._namespaces) < _MOST_NAMESPACES:
                self._namespaces.add((pair["model"], pair["namespace"]))

    def _count_events(self, decoded: DecodedEvents, is_new: npt.NDArray[np.bool_], own_times: _Times) -> None:
        """Count the events of each model; ``own_times`` are those that the events say.

        A dead letter whose time cannot be right, or that has none, is of the newest time that came before it: it
        moves no clock. Where none came, it is of no window.
        """
        times, is_dead = _times(decoded.events), _is_dead(decoded.kinds)
        is_plausible = (times == own_times) & (times != 0)
        self._newest = max(self._newest, int(times.max(initial=0, where=is_plausible)))
        times = np.where(is_plausible, times, self._newest)
        at = np.flatnonzero(is_new & (times > 0))
        places: Any = pa.array(at)
        models = decoded.events.column("model").take(places)
        self._event_counts.add(models, times[at], decoded.counts[at] > 0, is_dead[at])


def _chosen(blocks: Sequence[RowBlock], is_new: npt.NDArray[np.bool_]) -> Sequence[RowBlock]:
    """Leave out the rows of events that others count."""
    if is_new.all():
        return blocks
    return [block.take(np.flatnonzero(is_new[block.event])) for block in blocks]


def _kept(blocks: Sequence[RowBlock], keep_rows: Mapping[str, bool]) -> Iterator[RowBlock]:
    """Leave out what is not kept of rows."""
    for block in blocks:
        if keep_rows.get(block.model):
            yield block
        elif block.model in keep_rows and block.predictions is not None:
            yield replace(block, features=None, entities=None, row_flags=None)


def _times(events: pa.RecordBatch) -> _Times:
    times: _Times = events.column("event_time").cast(pa.int64()).to_numpy()
    return times


def _is_dead(kinds: Any) -> npt.NDArray[np.bool_]:  # noqa: ANN401
    return np.asarray(pc.equal(kinds, pa.scalar("dead_letter")))


def _output(name: str, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """Lay out rows as one of the columns of ``OUTPUT``; the others are null."""
    for batch in rows.to_batches():
        fields = list(OUTPUT.field(name).type)
        columns = {name: pa.StructArray.from_arrays(batch.columns, fields=fields)}
        yield pa.RecordBatch.from_arrays(
            [columns.get(each.name, pa.nulls(batch.num_rows, each.type)) for each in OUTPUT], schema=OUTPUT
        )
