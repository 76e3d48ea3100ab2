"""The walk over one batch of events, from payloads to Arrow columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.body import NO_ROWS, Body, Rows
from sparkmon.protocol.decode import HEAD_LENGTH, read_body
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.lookups import look_up
from sparkmon.protocol.naming import Naming, name_columns
from sparkmon.protocol.schema import DECODED
from sparkmon.protocol.value_maps import ValueMaps
from sparkmon.records import DeadLetter, ModelSchema

__all__ = ["BatchReader"]

_BATCH_BYTES = 256 * 2**20
_CELL_BYTES = 64
_BY_ROW = frozenset({"features", "instance", "predictions", "entities", "row_flags"})
_FEATURES, _PREDICTIONS, _ENTITIES, _ROW_FLAGS = range(4)


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
        self._models = _words(events, "model") if schemas else [None] * events.num_rows
        self._statuses = _sparse(events, "status_code")
        self._requests = _sparse(events, "request_payload")
        self._conditions = _sparse(events, "condition")
        self._head_lengths = None if head_lengths is None else head_lengths.to_pylist()

    @property
    def done(self) -> bool:
        """Whether every event has been read."""
        return self._next >= self._events.num_rows

    def read(self) -> pa.RecordBatch:
        """Read events until the batch is full or they end; return their rows."""
        start = self._next
        step = _Step()
        for at in range(start, self._events.num_rows):
            self._read_event(at, step)
            self._next = at + 1
            if step.size > _BATCH_BYTES:
                break
        return _assemble(self._events.slice(start, self._next - start), step)

    def _read_event(self, at: int, step: _Step) -> None:
        if self._conditions is not None and self._conditions[at] is not None:
            reason = self._events.column("reason")[at].as_py() or ""
            step.set_aside(Body("dead_letter"), DeadLetter(self._conditions[at], reason))
            return
        half = self._types[at]
        body = self._body(at, self._payloads[at], half)
        rows = body.rows
        dead_letter = body.dead_letter
        naming: Naming | None = None
        side = _FEATURES if half == "request" else _PREDICTIONS
        if rows.count and dead_letter is None:
            naming = self._naming(at, side, rows)
            dead_letter = naming.dead_letter
        if dead_letter is not None:
            step.set_aside(body, dead_letter)
            return
        paired = 0
        if self._requests is not None and self._requests[at] is not None and side == _PREDICTIONS:
            paired = self._pair(at, body, step)
        self._place_notes(body, step)
        step.add(body, side, rows, naming, paired)

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

    def _naming(self, at: int, side: int, rows: Rows) -> Naming:
        model = self._models[at]
        key = (model, side, rows.named, rows.names)
        naming = self._namings.get(key)
        if naming is None:
            schema = None if model is None else self._schemas.get(model)
            features = () if schema is None else schema.predictions if side else schema.features
            naming = self._namings[key] = name_columns(rows.names, rows.named, features)
        return naming

    def _pair(self, at: int, body: Body, step: _Step) -> int:
        """Add the features of the request a response carries; return how many rows it has.

        A request that cannot be read adds none: its own event is the dead letter.
        """
        requests = self._requests or []
        request = self._body(at, requests[at], "request")
        body.body_id = body.body_id or request.body_id
        body.model_version = body.model_version or request.model_version
        if not request.rows.count:
            return 0
        naming = self._naming(at, _FEATURES, request.rows)
        if naming.dead_letter is not None:
            return 0
        step.place(_FEATURES, request.rows, naming)
        self._place_notes(request, step)
        return request.rows.count

    def _place_notes(self, body: Body, step: _Step) -> None:
        """Add what a transformer noted on a request; most requests have none."""
        for side, rows in ((_ENTITIES, body.entities), (_ROW_FLAGS, body.row_flags)):
            if rows.count and rows.names:
                key = (side, rows.names)
                if key not in self._namings:
                    self._namings[key] = name_columns(rows.names, rows.named, ())
                step.place(side, rows, self._namings[key])


class _Step:
    """What one step of reading gathers: lists by event, and the value maps by row."""

    def __init__(self) -> None:
        self.size = 0
        self.counts: list[int] = []
        self.kinds: list[str] = []
        self.body_ids: list[str | None] = []
        self.versions: list[str | None] = []
        self.dead_letters: dict[int, DeadLetter] = {}
        self.without_rows: list[int] = []
        self.maps = (ValueMaps(), ValueMaps(), ValueMaps(), ValueMaps())
        self._row = 0

    def set_aside(self, body: Body, dead_letter: DeadLetter) -> None:
        """Add a dead letter: one row without instances."""
        self.dead_letters[len(self.counts)] = dead_letter
        body.kind = "dead_letter"
        self.add(body, _FEATURES, NO_ROWS, None, 0)

    def place(self, side: int, rows: Rows, naming: Naming) -> None:
        """Put rows on one side of the event that is being added."""
        self.maps[side].add(self._row, naming, rows)
        self.size += len(rows.values) * _CELL_BYTES + rows.count * naming.length

    def add(self, body: Body, side: int, rows: Rows, naming: Naming | None, paired: int) -> None:
        """Add one event; its rows are those of the longer side, at least one."""
        if naming is not None:
            self.place(side, rows, naming)
        count = max(rows.count, paired)
        if count == 0:
            self.without_rows.append(self._row)
            count = 1
        self._row += count
        self.size += body.size
        self.counts.append(count)
        self.kinds.append(body.kind)
        self.body_ids.append(body.body_id)
        self.versions.append(body.model_version)


def _assemble(events: pa.RecordBatch, step: _Step) -> pa.RecordBatch:
    """Make the batch of rows: the columns of the events, repeated by row, and those that were read."""
    counts = np.array(step.counts, np.int64)
    total = int(counts.sum())
    instance = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    instance[np.array(step.without_rows, np.int64)] = -1
    columns: dict[str, Any] = {
        "features": step.maps[_FEATURES].build(total),
        "instance": pa.array(instance, pa.int32()),
        "kind": pa.array(step.kinds, pa.string()),
        "model_version": _versions(events, step.versions),
        "request_id": _request_ids(events, step.body_ids),
        "predictions": step.maps[_PREDICTIONS].build(total),
        "entities": step.maps[_ENTITIES].build(total),
        "row_flags": step.maps[_ROW_FLAGS].build(total),
        **_dead_letter_columns(events, step.dead_letters),
    }
    owners: Any = pa.array(np.repeat(np.arange(len(counts)), counts))
    arrays = []
    for field in DECODED:
        column = columns[field.name] if field.name in columns else events.column(field.name)
        if total != len(counts) and field.name not in _BY_ROW:
            column = column.take(owners)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, schema=DECODED)


def _request_ids(events: pa.RecordBatch, body_ids: list[str | None]) -> Any:  # noqa: ANN401
    """Choose by event the ``X-Request-Id`` header, else the body's id, else the event's."""
    headers = look_up(events.column("metadata"), "x-request-id")
    choices: list[Any] = [] if headers is None else [headers]
    return pc.coalesce(*choices, pa.array(body_ids, pa.string()), events.column("event_id"))


def _versions(events: pa.RecordBatch, versions: list[str | None]) -> Any:  # noqa: ANN401
    """Choose by event the ``model-version`` annotation, else the body's ``model_version``, else nothing."""
    names = ("model-version", "model_version")
    columns = (look_up(events.column("annotations"), name) for name in names)
    choices: list[Any] = [column for column in columns if column is not None]
    return pc.coalesce(*choices, pa.array(versions, pa.string()), pa.scalar(""))


def _dead_letter_columns(
    events: pa.RecordBatch, dead_letters: Mapping[int, DeadLetter]
) -> dict[str, Any]:
    """Make the columns that only dead letters fill: why, and the original bytes."""
    if not dead_letters:
        text = pa.nulls(events.num_rows, pa.string())
        return {"condition": text, "reason": text, "payload": pa.nulls(len(text), pa.binary())}
    by_event = [dead_letters.get(at) for at in range(events.num_rows)]
    index: Any = pa.array([None if each is None else at for at, each in enumerate(by_event)])
    return {
        "condition": pa.array([each and each.condition for each in by_event], pa.string()),
        "reason": pa.array([each and each.reason for each in by_event], pa.string()),
        "payload": events.column("payload").take(index),
    }


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
