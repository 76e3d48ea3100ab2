"""What decoding makes of a batch of events: their rows in blocks, and by event what was found out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.event_columns import look_up
from sparkmon.protocol.row_block import SIDES, Cells, RowBlock
from sparkmon.protocol.schema import DEAD_LETTERS, DECODED, VALUES
from sparkmon.records import DeadLetter

_BY_ROW = frozenset({"instance", *SIDES})


@dataclass(frozen=True, slots=True, eq=False)
class DecodedEvents:
    """Events, decoded: see :func:`sparkmon.protocol.decode_events`.

    Replace ``blocks`` (:func:`dataclasses.replace`) to add to their rows.
    """

    events: pa.RecordBatch
    """Of the schema ``EVENTS``."""
    kinds: pa.StringArray
    """By event, what its body is."""
    blocks: list[RowBlock]
    counts: npt.NDArray[np.int64] = field(repr=False)
    """By event, how many rows it has."""
    versions: pa.StringArray = field(repr=False)
    """By event, the version of its model."""
    body_ids: pa.StringArray = field(repr=False)
    """By event, the id in its body, or null."""
    reasons: Mapping[int, DeadLetter] = field(repr=False)
    """By the index of an event that could not be decoded, why."""

    def rows(self) -> pa.RecordBatch:
        """Return the rows as one batch of the schema ``DECODED``, in the order of the events."""
        counts = np.maximum(self.counts, 1)
        first = np.cumsum(counts) - counts
        total = int(counts.sum())
        instance = np.arange(total) - np.repeat(first, counts)
        instance[first[self.counts == 0]] = -1
        parts: dict[str, list[Any]] = {side: [] for side in SIDES}
        for block in self.blocks:
            for side, cells in block.sides().items():
                parts[side].append((first[block.event] + block.instance, cells))
        reason_at = np.full(len(self.counts), -1, np.int64)
        reason_at[sorted(self.reasons)] = np.arange(len(self.reasons))
        reasons: Any = pa.array(reason_at, mask=reason_at < 0)
        columns: dict[str, Any] = {
            "instance": pa.array(instance, pa.int32()),
            "kind": self.kinds,
            "model_version": self.versions,
            "request_id": self._request_ids(),
            **{side: value_maps(part, total) for side, part in parts.items()},
            **{name: column.take(reasons) for name, column in self._reason_columns().items()},
        }
        owners: Any = pa.array(np.repeat(np.arange(len(counts)), counts))
        arrays = []
        for field_ in DECODED:
            column = columns.get(field_.name)
            column = self.events.column(field_.name) if column is None else column
            if total != len(counts) and field_.name not in _BY_ROW:
                column = column.take(owners)
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=DECODED)

    def dead_letters(self) -> pa.RecordBatch:
        """Return the events that could not be decoded, as a batch of the schema ``DEAD_LETTERS``."""
        at: Any = pa.array(sorted(self.reasons), pa.int64())
        columns = self._reason_columns()
        arrays = [
            columns[name] if name in columns else self.events.column(name).take(at) for name in DEAD_LETTERS.names
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=DEAD_LETTERS)

    def _request_ids(self) -> Any:  # noqa: ANN401
        """Choose by event the ``X-Request-Id`` header, else the body's id, else the event's."""
        headers = look_up(self.events.column("metadata"), "x-request-id")
        choices: list[Any] = [] if headers is None else [headers]
        return pc.coalesce(*choices, self.body_ids, self.events.column("event_id"))

    def _reason_columns(self) -> dict[str, Any]:
        """Make the columns that only dead letters fill, of these alone: why, and the original bytes."""
        at: Any = pa.array(sorted(self.reasons), pa.int64())
        reasons = [self.reasons[event] for event in sorted(self.reasons)]
        return {
            "condition": pa.array([each.condition for each in reasons], pa.string()),
            "reason": pa.array([each.reason for each in reasons], pa.string()),
            "payload": self.events.column("payload").take(at),
        }


_Places: TypeAlias = npt.NDArray[np.int64]


def value_maps(parts: Sequence[tuple[_Places, Cells]], count: int) -> pa.MapArray[Any, Any]:
    """Build the column of ``count`` output rows from cells and the output rows whose values they are.

    Rows without cells are null.
    """
    if not parts:
        return pa.nulls(count, VALUES)
    sizes = np.full(count, -1, np.int64)
    for rows, cells in parts:
        sizes[rows] = len(cells.names) if cells.present is None else cells.present.sum(axis=1)
    absent = sizes < 0
    offsets = np.concatenate(([0], np.cumsum(np.where(absent, 0, sizes))))
    size = int(offsets[-1])
    numbers, has_number = np.zeros(size), np.zeros(size, np.bool_)
    name_at, text_at = np.zeros(size, np.int32), np.full(size, -1, np.int64)
    names: list[str] = []
    texts: list[pa.Array[Any]] = [pa.array([], pa.string())]
    text_count = 0
    for rows, cells in parts:
        shape = cells.numbers.shape
        place_in_row = column_at = np.broadcast_to(np.arange(shape[1]), shape)
        chosen: Any = ...
        if cells.present is not None:
            chosen = cells.present
            place_in_row = np.cumsum(chosen, axis=1) - 1
        places = offsets[rows][:, None] + place_in_row
        at = places[chosen].ravel()
        numbers[at] = cells.numbers[chosen].ravel()
        has_number[at] = cells.is_number()[chosen].ravel()
        name_at[at] = column_at[chosen].ravel() + len(names)
        names += cells.names
        for column, column_texts in cells.texts.items():
            with_text = np.flatnonzero(column_texts.is_valid().to_numpy(zero_copy_only=False))
            text_at[places[with_text, column]] = text_count + np.arange(len(with_text))
            text_count += len(with_text)
            texts.append(column_texts.drop_null())
    indices: list[Any] = [pa.array(name_at), pa.array(text_at, mask=text_at < 0)]
    keys = pa.array(names, pa.string()).take(indices[0])
    items = [pa.array(numbers, mask=~has_number), pa.concat_arrays(texts).take(indices[1])]
    make: Any = pa.MapArray.from_arrays  # the stubs know neither its int32 offsets nor its type
    maps: pa.MapArray[Any, Any] = make(
        pa.array(offsets, pa.int32()),
        keys,
        pa.StructArray.from_arrays(items, fields=list(VALUES.item_type)),
        type=VALUES,
        mask=pa.array(absent) if absent.any() else None,
    )
    return maps
