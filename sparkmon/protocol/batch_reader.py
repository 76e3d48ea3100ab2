"""The walk over one batch of events, from payloads to row blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.block_builder import BlockBuilder, SideRows
from sparkmon.protocol.body import Body, Rows
from sparkmon.protocol.decode import HEAD_LENGTH, read_body
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.lookups import look_up
from sparkmon.protocol.naming import Naming, name_columns
from sparkmon.records import DeadLetter, Half, ModelSchema

__all__ = ["BatchReader"]

_BATCH_BYTES = 256 * 2**20
_CELL_BYTES = 64


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
        self._events = events
        self._schemas = schemas
        self._limits = limits
        self._next = 0
        self._namings: dict[tuple[object, ...], Naming] = {}
        head_lengths = look_up(events.column("metadata"), HEAD_LENGTH, keep_empty=True)
        self._payloads: list[Any] = events.column("payload").to_pylist()
        self._types = _words(events, "event_type")
        self._content_types = _words(events, "content_type")
        self._models = _words(events, "model")
        self._statuses = _sparse(events, "status_code")
        self._requests = _sparse(events, "request_payload")
        self._conditions = _sparse(events, "condition")
        self._versions = _versions(events)
        self._times = events.column("event_time").cast(pa.int64()).to_numpy()
        self._head_lengths = None if head_lengths is None else head_lengths.to_pylist()

    @property
    def done(self) -> bool:
        """Whether every event has been read."""
        return self._next >= self._events.num_rows

    def read(self) -> DecodedEvents:
        """Read events until the batch is full or they end."""
        start = self._next
        step = _Step(start, self._times[start:])
        for at in range(start, self._events.num_rows):
            self._read_event(at, step)
            self._next = at + 1
            if step.size > _BATCH_BYTES:
                break
        return step.decoded(self._events.slice(start, self._next - start))

    def _read_event(self, at: int, step: _Step) -> None:
        if self._conditions is not None and self._conditions[at] is not None:
            reason = self._events.column("reason")[at].as_py() or ""
            letter = DeadLetter(self._conditions[at], reason)
            step.set_aside(self._version(at, None), Body("dead_letter"), letter)
            return
        half = self._types[at]
        body = self._body(at, self._payloads[at], half)
        dead_letter = body.dead_letter
        sides: list[SideRows] = []
        if body.rows.count and dead_letter is None:
            side = "features" if half == "request" else "predictions"
            naming = self._naming(at, side, body.rows)
            dead_letter = naming.dead_letter
            sides.append(SideRows(side, naming, body.rows))
        if dead_letter is not None:
            step.set_aside(self._version(at, body.model_version), body, dead_letter)
            return
        if self._requests is not None and self._requests[at] is not None and half == "response":
            sides = self._pair(at, body) + sides
        self._take_notes(body, sides)
        version = self._version(at, body.model_version)
        step.add(self._models[at], version, half, body, sides)

    def _version(self, at: int, of_body: str | None) -> str:
        return (self._versions and self._versions[at]) or of_body or ""

    def _body(self, at: int, payload: bytes, half: str) -> Body:
        """Read one body; the status code is of the event's own, not of a request that travels with it."""
        statuses = self._statuses if half == self._types[at] else None
        return read_body(
            payload,
            half,
            content_type=self._content_types[at],
            head_length=None if self._head_lengths is None else self._head_lengths[at],
            status_code=None if statuses is None else statuses[at],
            limits=self._limits,
        )

    def _naming(self, at: int, side: str, rows: Rows) -> Naming:
        schema = self._schemas.get(self._models[at])
        key = (schema and schema.model, side, rows.named, rows.names)
        naming = self._namings.get(key)
        if naming is None:
            columns = () if schema is None else getattr(schema, side)
            naming = self._namings[key] = name_columns(rows.names, rows.named, columns)
        return naming

    def _pair(self, at: int, body: Body) -> list[SideRows]:
        """Read the features of the request a response carries.

        A request that cannot be read has none: its own event is the dead letter.
        """
        requests = self._requests or []
        request = self._body(at, requests[at], "request")
        body.body_id = body.body_id or request.body_id
        body.model_version = body.model_version or request.model_version
        if not request.rows.count:
            return []
        naming = self._naming(at, "features", request.rows)
        if naming.dead_letter is not None:
            return []
        sides = [SideRows("features", naming, request.rows)]
        self._take_notes(request, sides)
        return sides

    def _take_notes(self, body: Body, sides: list[SideRows]) -> None:
        """Add what a transformer noted on a request, once; most requests have no notes."""
        for side, rows in (("entities", body.entities), ("row_flags", body.row_flags)):
            if rows.count and rows.names and all(side != each.side for each in sides):
                key = (side, rows.names)
                if key not in self._namings:
                    self._namings[key] = name_columns(rows.names, rows.named, ())
                sides.append(SideRows(side, self._namings[key], rows))


class _Step:
    """What one step of reading gathers: lists by event, and the rows."""

    def __init__(self, first: int, times: Any) -> None:  # noqa: ANN401
        self.size = 0
        self.counts: list[int] = []
        self.kinds: list[str] = []
        self.body_ids: list[str | None] = []
        self.versions: list[str] = []
        self.dead_letters: dict[int, DeadLetter] = {}
        self.builder = BlockBuilder(times)

    def set_aside(self, version: str, body: Body, dead_letter: DeadLetter) -> None:
        """Add a dead letter: an event without rows."""
        self.dead_letters[len(self.counts)] = dead_letter
        body.kind = "dead_letter"
        self.add("", version, "", body, [])

    def add(self, model: str, version: str, half: str, body: Body, sides: list[SideRows]) -> None:
        """Add one event; its rows are those of the longest side."""
        if sides:
            self.builder.add(model, version, cast("Half", half), len(self.counts), sides)
        for side in sides:
            self.size += len(side.rows.values) * _CELL_BYTES + side.rows.count * side.naming.length
        self.size += body.size
        self.counts.append(max([side.rows.count for side in sides], default=0))
        self.kinds.append(body.kind)
        self.body_ids.append(body.body_id)
        self.versions.append(version)

    def decoded(self, events: pa.RecordBatch) -> DecodedEvents:
        """Return what was gathered of these events."""
        return DecodedEvents(
            events,
            pa.array(self.kinds, pa.string()),
            self.builder.build(),
            counts=np.array(self.counts, np.int64),
            versions=pa.array(self.versions, pa.string()),
            body_ids=pa.array(self.body_ids, pa.string()),
            letters=self.dead_letters,
        )


def _versions(events: pa.RecordBatch) -> list[str | None] | None:
    """Read the ``model-version`` annotations of events; None when no event has one."""
    names = ("model-version", "model_version")
    columns = (look_up(events.column("annotations"), name) for name in names)
    choices: list[Any] = [column for column in columns if column is not None]
    return pc.coalesce(*choices).to_pylist() if choices else None


def _words(events: pa.RecordBatch, name: str) -> list[Any]:
    """Read a column of few distinct strings, making each string once."""
    encoded: Any = events.column(name).dictionary_encode()
    words = [*encoded.dictionary.to_pylist(), None]
    codes = encoded.indices.fill_null(len(words) - 1).to_pylist()
    return [words[code] for code in codes]


def _sparse(events: pa.RecordBatch, name: str) -> list[Any] | None:
    """Read a column that is mostly null; None when it is null altogether."""
    column = events.column(name)
    return None if column.null_count == len(column) else column.to_pylist()
