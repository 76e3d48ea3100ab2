"""What one step of reading gathers: by event what was found out about it, and the rows of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.body import Body, Rows
from sparkmon.protocol.cells import cells_of
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.event_columns import EventColumns
from sparkmon.protocol.row_block import Cells, RowBlock
from sparkmon.protocol.shared_blocks import join_blocks, shared_blocks, split
from sparkmon.records import DeadLetter, Feature, FeatureKind, Half

_CELL_BYTES = 64
_LAYOUT_BYTES = 2048

_Places: TypeAlias = npt.NDArray[np.int64]


class SideRows(NamedTuple):
    """The rows of some events on one side; ``naming`` is the same object for all events of one layout."""

    side: str
    naming: "Naming"
    rows: Rows


@dataclass(slots=True)
class _Layout:
    """Rows of one layout: by event its index, its first row and how many follow, in parts; by side the rows of all."""

    half: Half
    sides: "Sequence[tuple[str, Naming]]"
    events: list[_Places] = field(default_factory=list)
    starts: list[_Places] = field(default_factory=list)
    counts: list[_Places] = field(default_factory=list)
    rows: list[list[Rows]] = field(default_factory=list)


class ReadingStep:
    """Gathers what is read of the events from ``first`` on."""

    def __init__(self, columns: EventColumns, first: int) -> None:
        count = len(columns.times) - first
        self._columns = columns
        self._first = first
        self._bytes = 0
        self._counts = np.zeros(count, np.int64)
        self._kinds: dict[str, int] = {}
        self._kind_codes = np.zeros(count, np.int32)
        self._ids: list[str | None] = [None] * count
        self._versions: list[str | None] = [None] * count
        self._reasons: dict[int, DeadLetter] = {}
        self._open: dict[tuple[object, ...], _Layout] = {}
        self._blocks: dict[tuple[object, ...], list[RowBlock]] = {}

    @property
    def size(self) -> int:
        """About how many bytes the rows take."""
        return self._bytes + len(self._blocks) * _LAYOUT_BYTES

    def add(self, places: _Places, half: Half, body: Body, sides: Sequence[SideRows]) -> None:
        """Add the events at ``places``, of which ``body`` says what they are; a dead letter has no sides."""
        at = places - self._first
        kind = "dead_letter" if body.dead_letter else body.kind
        self._kind_codes[at] = self._kinds.setdefault(kind, len(self._kinds))
        for texts, own in ((self._ids, body.ids), (self._versions, body.versions)):
            if own is not None:
                for place, text in zip(at.tolist(), own, strict=True):
                    texts[place] = text
        if body.dead_letter is not None:
            self._reasons |= dict.fromkeys(at.tolist(), body.dead_letter)
        self._bytes += body.size
        for each in sides:
            width = len(each.naming.names)
            self._bytes += each.rows.count * (width * _CELL_BYTES + each.naming.length)
        if len(sides) == 1:
            counts = np.array(sides[0].rows.counts, np.int64)
            self._counts[at] = counts
            self._gather(half, at, 0, counts, sides)
        elif sides:
            self._add_unequal(half, at, sides)

    def _add_unequal(self, half: Half, at: _Places, sides: Sequence[SideRows]) -> None:
        """Add the rows of one event, of which a side may have fewer than another."""
        start = 0
        for end in sorted({side.rows.count for side in sides}):
            cut = [
                SideRows(side, naming, rows.between(start, end)) for side, naming, rows in sides if rows.count >= end
            ]
            self._gather(half, at, start, np.array([end - start]), cut)
            start = end
        self._counts[at] = start

    def _gather(self, half: Half, at: _Places, start: int, counts: _Places, sides: Sequence[SideRows]) -> None:
        key = (half, *[(side, id(naming)) for side, naming, _ in sides])
        layout = self._open.get(key)
        if layout is None:
            namings = [(side, naming) for side, naming, _ in sides]
            layout = self._open[key] = _Layout(half, namings, rows=[[] for _ in sides])
        layout.events.append(at)
        layout.starts.append(np.full(len(at), start))
        layout.counts.append(counts)
        for gathered, side in zip(layout.rows, sides, strict=True):
            gathered.append(side.rows)

    def settle(self) -> None:
        """Make cells of what was gathered, while it is in the processor's cache."""
        for key, layout in self._open.items():
            counts = np.concatenate(layout.counts)
            event = np.repeat(np.concatenate(layout.events), counts)
            first = np.concatenate(layout.starts) - (np.cumsum(counts) - counts)
            instance = (np.repeat(first, counts) + np.arange(len(event))).astype(np.int32)
            cells: dict[str, Any] = {
                side: _cells(naming, rows) for (side, naming), rows in zip(layout.sides, layout.rows, strict=True)
            }
            times = self._columns.times[self._first + event]
            block = RowBlock("", "", layout.half, event, times, instance, **cells)
            self._blocks.setdefault(key, []).append(block)
        self._open.clear()

    def decoded(self, end: int) -> DecodedEvents:
        """Return what was gathered of the events before ``end``."""
        columns, first, count = self._columns, self._first, end - self._first
        words: Any = pa.array(list(self._kinds), pa.string())
        versions: Any = pa.array(self._versions[:count], pa.string())
        if columns.versions is not None:
            # The annotation comes first.
            versions = pc.coalesce(columns.versions.slice(first, count), versions)
        versions = versions.fill_null("")
        return DecodedEvents(
            columns.events.slice(first, count),
            words.take(pa.array(self._kind_codes[:count])),
            self._shared(columns.model_codes[first:end], versions.dictionary_encode()),
            counts=self._counts[:count],
            versions=versions,
            body_ids=pa.array(self._ids[:count], pa.string()),
            reasons=self._reasons,
        )

    def _shared(self, models: _Places, versions: Any) -> list[RowBlock]:  # noqa: ANN401
        """Make the blocks of each model, version and half, in the order of their events."""
        names = versions.dictionary.to_pylist()
        owners = models * max(len(names), 1) + versions.indices.to_numpy()
        layouts: dict[tuple[int, Half], list[RowBlock]] = {}
        for blocks in self._blocks.values():
            block = join_blocks(blocks)
            for code, rows in split(owners[block.event]):
                model, version = divmod(code, len(names))
                own = block if len(rows) == len(block) else block.take(rows)
                own = replace(own, model=self._columns.models[model], model_version=names[version])
                layouts.setdefault((code, block.event_type), []).append(own)
        return [block for own_layouts in layouts.values() for block in shared_blocks(own_layouts)]


def _cells(naming: "Naming", parts: Sequence[Rows]) -> Cells:
    if len(parts) == 1:
        [rows] = parts
        return cells_of(naming.names, rows.values, rows.count, naming.kinds, rows.numbers, rows.plain)
    values = [value for rows in parts for value in rows.listed()]
    return cells_of(naming.names, values, sum(rows.count for rows in parts), naming.kinds)


@dataclass(frozen=True, slots=True)
class Naming:
    """The columns of one layout of payloads, settled once for all events that have it."""

    names: tuple[str, ...]
    kinds: tuple[FeatureKind | None, ...] | None = None
    """By column, None if the schema does not have it; None altogether if it has none of them."""
    dead_letter: DeadLetter | None = None
    """Set when the payload cannot be of this model."""
    length: int = field(init=False)
    """Characters of all names together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", sum(map(len, self.names)))


def name_columns(names: tuple[str, ...], named: bool, columns: tuple[Feature, ...]) -> Naming:
    """Settle the columns of a payload by the schema's features or predictions; without a schema there are none.

    Names the payload carries are kept, also those that the schema does not have. The schema's names replace generated
    ones, in order; another number of them is the dead letter ``ROW_LENGTH_MISMATCH``. The only column of a payload gets
    the name of the only column of a schema: V2 servers name their only output by habit (``output-0``, ``predict``).
    """
    if not columns:
        return Naming(names)
    if not named and len(names) != len(columns):
        reason = f"got rows of {len(names)} values without names; the model's schema has {len(columns)} columns"
        return Naming(names, dead_letter=DeadLetter("ROW_LENGTH_MISMATCH", reason))
    if not named or len(names) == len(columns) == 1:
        names = tuple(column.name for column in columns)
    kind_of = {column.name: column.kind for column in columns}
    kinds = tuple(kind_of.get(name) for name in names)
    return Naming(names, kinds if any(kinds) else None)
