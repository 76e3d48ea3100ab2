"""What one step of reading gathers: by event what was found out about it, and the rows of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.block_builder import BlockBuilder, SideRows
from sparkmon.protocol.body import Body
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.event_columns import EventColumns
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells
from sparkmon.protocol.shared_blocks import Owner
from sparkmon.protocol.tables import Table
from sparkmon.records import DeadLetter, Half

_CELL_BYTES = 64
_LAYOUT_BYTES = 2048

_Places: TypeAlias = npt.NDArray[np.int64]


class ReadingStep:
    """Gathers what is read of events ``first`` to ``first + count``, of which the last may not be reached.

    Parameters
    ----------
    first : int
        The index of the first event in its batch.
    count : int
        The most events that there may be.
    """

    def __init__(self, first: int, count: int) -> None:
        self._first = first
        self._bytes = 0
        self._counts = np.zeros(count, np.int64)
        self._kinds: dict[str, int] = {}
        self._kind_codes = np.zeros(count, np.int32)
        self._body_ids = np.full(count, None, np.object_)
        self._versions = np.full(count, None, np.object_)
        self._reasons: dict[int, DeadLetter] = {}
        self._builder = BlockBuilder()

    @property
    def size(self) -> int:
        """About how many bytes the rows take."""
        return self._bytes + len(self._builder) * _LAYOUT_BYTES

    def add_table(
        self, places: _Places, half: Half, naming: Naming, table: Table, cells: Cells
    ) -> None:
        """Add the events at ``places``, which have the rows of a table."""
        at = places - self._first
        self._kind_codes[at] = self._kind(table.kind)
        self._counts[at] = table.counts
        self._body_ids[at] = table.ids
        self._versions[at] = table.versions
        side = "features" if half == "request" else "predictions"
        self._builder.add_table(half, (side, naming), at, table.counts, cells)
        self._bytes += cells.numbers.size * _CELL_BYTES + len(cells) * naming.length

    def set_aside(self, place: int, body: Body, dead_letter: DeadLetter) -> None:
        """Add a dead letter: an event without rows."""
        body.kind = "dead_letter"
        self._reasons[place - self._first] = dead_letter
        self.add(place, "request", body, [])

    def add(self, place: int, half: Half, body: Body, sides: Sequence[SideRows]) -> None:
        """Add one event."""
        at = place - self._first
        self._kind_codes[at] = self._kind(body.kind)
        self._body_ids[at], self._versions[at] = body.body_id, body.model_version
        self._bytes += body.size
        if sides:
            self._counts[at] = max(side.rows.count for side in sides)
            self._builder.add(half, at, sides)
            for side in sides:
                self._bytes += len(side.rows.values) * _CELL_BYTES
                self._bytes += side.rows.count * side.naming.length

    def decoded(self, columns: EventColumns, end: int) -> DecodedEvents:
        """Return what was gathered of the events before ``end``."""
        first, count = self._first, end - self._first
        words: Any = pa.array(list(self._kinds), pa.string())
        versions: Any = self._all_versions(columns, count)
        encoded: Any = versions.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        codes = columns.model_codes[first:end] * max(len(names), 1) + encoded.indices.to_numpy()
        owners = {
            code: Owner(columns.models[code // len(names)], names[code % len(names)])
            for code in np.unique(codes).tolist()
        }
        return DecodedEvents(
            columns.events.slice(first, count),
            words.take(pa.array(self._kind_codes[:count])),
            self._builder.build(columns.times[first:end], codes, owners),
            counts=self._counts[:count],
            versions=versions,
            body_ids=pa.array(self._body_ids[:count], pa.string()),
            reasons=self._reasons,
        )

    def _all_versions(self, columns: EventColumns, count: int) -> Any:  # noqa: ANN401
        """Choose by event the ``model-version`` annotation, else the body's ``model_version``, else nothing."""
        versions: Any = pa.array(self._versions[:count], pa.string())
        if columns.versions is not None:
            own: Any = columns.versions.slice(self._first, count)
            versions = own if versions.null_count == count else pc.coalesce(own, versions)
        return versions.fill_null("")

    def _kind(self, name: str) -> int:
        return self._kinds.setdefault(name, len(self._kinds))
