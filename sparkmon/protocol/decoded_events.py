"""What decoding makes of a batch of events: their rows in blocks, and by event what was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.lookups import look_up
from sparkmon.protocol.row_block import SIDES, RowBlock
from sparkmon.protocol.schema import DEAD_LETTERS, DECODED
from sparkmon.protocol.value_maps import value_maps
from sparkmon.records import DeadLetter

_BY_ROW = frozenset({"instance", *SIDES})


@dataclass(frozen=True, slots=True, eq=False)
class DecodedEvents:
    """Events, decoded.

    Replace ``blocks`` (:func:`dataclasses.replace`) to add to their rows.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> from sparkmon.protocol import decode_events, events_to_batch
    >>> from sparkmon.records import Event
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> bodies = [b'{"instances": [[1.5, 2], [3, 4]]}', b"oops"]
    >>> events = events_to_batch([Event(str(i), "request", "pod", time, body) for i, body in enumerate(bodies)])
    >>> [decoded] = decode_events(events)
    >>> decoded.blocks[0].features.numbers.tolist(), decoded.kinds.to_pylist()
    ([[1.5, 2.0], [3.0, 4.0]], ['v1_request', 'dead_letter'])
    >>> decoded.dead_letters().select(["event_id", "condition", "payload"]).to_pylist()
    [{'event_id': '1', 'condition': 'BODY_NOT_JSON', 'payload': b'oops'}]
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
            columns[name] if name in columns else self.events.column(name).take(at)
            for name in DEAD_LETTERS.names
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
