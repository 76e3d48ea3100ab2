"""The walk over one batch of events, from payloads to row blocks."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.body_tables import Parsed, tables_of
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.event_columns import HALVES, EventColumns
from sparkmon.protocol.event_reader import EventReader
from sparkmon.protocol.jsontext import load_each
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.reading_step import ReadingStep
from sparkmon.protocol.row_block import Cells
from sparkmon.protocol.shared_blocks import split
from sparkmon.protocol.tables import Table
from sparkmon.protocol.v2_table import TensorLayouts
from sparkmon.records import Half, ModelSchema

_STEP_BYTES = 256 * 2**20
_RANGE_BYTES, _RANGE_EVENTS = 2**20, 1024
"""What is read at once."""
_CHUNK_BYTES = 64 * 2**10
"""What is parsed at once."""
_BINARY_SIZE = re.compile(rb'"binary_data_size"\s*:\s*([0-9]{1,9})\b')
_LONGEST_HEAD = 2**16

_Places: TypeAlias = npt.NDArray[np.int64]


class _Read(NamedTuple):
    """Events that were read as one table."""

    places: _Places
    half: Half
    naming: Naming
    table: Table
    cells: Cells

    def before(self, end: int) -> _Read:
        """Return those of the events that come before ``end``."""
        events = np.flatnonzero(self.places < end)
        rows = np.flatnonzero(np.repeat(self.places < end, self.table.counts))
        return self._replace(
            places=self.places[events],
            table=self.table.take(events.tolist()),
            cells=self.cells.take(rows),
        )


class BatchReader:
    """Reads a batch of events once, in one or more steps of bounded memory.

    Parameters
    ----------
    events : pyarrow.RecordBatch
        Of the schema ``EVENTS``.
    schemas : mapping
        Model name to its schema.
    limits : Limits
        The bounds of one event.
    """

    def __init__(
        self, events: pa.RecordBatch, schemas: Mapping[str, ModelSchema], limits: Limits
    ) -> None:
        self._limits = limits
        self._schemas = schemas
        self._columns = EventColumns(events, schemas, limits)
        self._events = EventReader(self._columns, schemas, limits)
        self._layouts = TensorLayouts()
        self._size = events.num_rows
        self._next = 0

    @property
    def done(self) -> bool:
        """Whether every event has been read."""
        return self._next >= self._size

    def read(self) -> DecodedEvents:
        """Read events until their rows would take too much memory or they end."""
        step = ReadingStep(self._next, self._size - self._next)
        while not self.done and step.size <= _STEP_BYTES:
            with _collector_paused():
                self._read_range(step)
        return step.decoded(self._columns, self._next)

    def _read_range(self, step: ReadingStep) -> None:
        """Read the next events; first those that are no tables, as only they may outgrow their bytes."""
        start = self._next
        sizes = np.cumsum(self._columns.sizes[start : start + _RANGE_EVENTS])
        end = start + max(1, int(np.searchsorted(sizes, _RANGE_BYTES, side="right")))
        payloads = self._columns.payloads(start, end)
        bulk = np.flatnonzero(self._columns.is_bulk[start:end]) + start
        parsed: dict[int, tuple[Any, bytes]] = {}
        tables: list[_Read] = []
        for _, at in split(self._columns.groups[bulk]):
            places = bulk[at]
            tables += self._read_tables(
                places, [payloads[i] for i in (places - start).tolist()], parsed
            )
        is_read = np.zeros(end - start, np.bool_)
        for read in tables:
            is_read[read.places - start] = True
        for one in (np.flatnonzero(~is_read) + start).tolist():
            self._events.read(one, payloads[one - start], parsed.get(one), step)
            if step.size > _STEP_BYTES:
                end = one + 1
                break
        for read in tables:
            step.add_table(*(read if read.places[-1] < end else read.before(end)))
        self._next = end

    def _read_tables(
        self, places: _Places, payloads: list[bytes], parsed: dict[int, tuple[Any, bytes]]
    ) -> list[_Read]:
        """Read events of one half and schema as tables; note of the others what was parsed."""
        half, model = HALVES[self._columns.halves[places[0]]], self._columns.model(int(places[0]))
        texts, tails = _heads(payloads, self._columns.heads[places])
        sizes, is_typed = list(map(len, texts)), model in self._schemas
        joint: dict[object, tuple[Naming, Table, list[_Places]]] = {}
        for chunk in _chunks(sizes):
            own = places[chunk]
            bodies, unreadable = load_each(texts[chunk])
            ends = None if tails is None else tails[chunk]
            if unreadable:
                readable = [i for i in range(len(own)) if i not in unreadable]
                own, bodies = own[readable], [bodies[i] for i in readable]
                ends = ends and [ends[i] for i in readable]
            batch = Parsed(half, bodies, ends, self._layouts, max(sizes[chunk]), is_typed)
            tables, others = tables_of(batch, self._limits) if bodies else ([], [])
            for at, table in tables:
                rows = own if len(at) == len(own) else own[at]
                naming = self._events.naming(model, half, table.named, table.names)
                if naming.dead_letter is not None:
                    others.extend(at)
                elif table.layout in joint:
                    joint[table.layout][1].extend(table)
                    joint[table.layout][2].append(rows)
                else:
                    joint[table.layout] = naming, table, [rows]
            for i in others:
                parsed[int(own[i])] = bodies[i], b"" if ends is None else ends[i]
        return [
            _Read(np.concatenate(at), half, naming, table, table.cells(naming))
            for naming, table, at in joint.values()
        ]


def _chunks(sizes: list[int]) -> Iterator[slice]:
    """Cut texts into runs of which the parsed JSON stays in the processor's cache."""
    chunk = np.cumsum(sizes) // _CHUNK_BYTES
    ends = [*(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(sizes)]
    yield from map(slice, [0, *ends[:-1]], ends)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the collector of cycles from parsed JSON, which has none and would be looked at again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _heads(payloads: list[bytes], heads: _Places) -> tuple[list[bytes], list[bytes] | None]:
    """Cut binary bodies where their JSON head ends: as the event says, or else as the head itself does."""
    if (heads < 0).all():
        return payloads, None
    ends = heads.tolist()
    if (heads <= 0).any():
        ends = [
            len(payload) if head < 0 else head or _head_length(payload)
            for payload, head in zip(payloads, ends, strict=True)
        ]
    texts = [payload[:end] for payload, end in zip(payloads, ends, strict=True)]
    return texts, [payload[end:] for payload, end in zip(payloads, ends, strict=True)]


def _head_length(payload: bytes) -> int:
    """Guess the length of a head by the sizes of the tensors in it; a wrong guess is no JSON."""
    return max(0, len(payload) - sum(map(int, _BINARY_SIZE.findall(payload[:_LONGEST_HEAD]))))
