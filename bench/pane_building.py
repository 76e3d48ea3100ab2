"""Row blocks to panes, and panes to profiles, in one process; compared with DataSketches over the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import datasketches
import pyarrow as pa
import pyarrow.compute as pc

from bench.bodies import BODIES, requests_as
from bench.rounds import Contender, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, normals
from sparkmon.errors import SparkmonError
from sparkmon.panes import PaneBuilder, merge_panes
from sparkmon.protocol import RowBlock, decode_events

__all__ = ["measure_panes"]

_PANE_US = 60_000_000
_BATCH = 10_000
_MERGED = 100


def measure_panes(rounds: Rounds, rows: int) -> Section:
    """Measure so many rows of 20 values, in blocks of 10,000 rows."""
    numbers, texts = (_blocks(kind, rows) for kind in BODIES[:2])
    panes = pa.concat_tables([_built(numbers[:1])] * _MERGED)

    def merge() -> int:
        merged = merge_panes(panes)
        if merged.num_rows != len(COLUMNS):
            raise SparkmonError(f"got {merged.num_rows} panes; expected one of each column")
        return panes.num_rows

    building = "20 numbers to panes"
    alone = "20 numbers to KLL sketches of DataSketches alone"
    results = rounds.measure(
        [
            Contender(building, _building(numbers)),
            Contender(alone, _sketching(rows)),
            Contender("18 numbers and 2 texts to panes", _building(texts)),
        ]
    )
    merging = rounds.measure([Contender(f"{_MERGED} panes of each column to one", merge)])
    return Section(
        "panes",
        f"Panes: {rows:,} rows of 20 values in blocks of {_BATCH:,}, in one process",
        "rows",
        [*results, *merging],
        {f"{building} / {alone}": results[0].cost_beside(results[1])},
        [f"of the last row, the rows are {panes.num_rows:,} panes"],
    )


def _blocks(kind: str, rows: int) -> list[RowBlock]:
    events = requests_as(kind, rows)
    batches = (events.slice(at, _BATCH) for at in range(0, rows, _BATCH))
    return [block for batch in batches for part in decode_events(batch) for block in part.blocks]


def _built(blocks: Sequence[RowBlock]) -> pa.Table:
    builder = PaneBuilder(_PANE_US)
    for block in blocks:
        builder.add(block)
    return builder.build()


def _building(blocks: Sequence[RowBlock]) -> Callable[[], int]:
    rows = sum(len(block) for block in blocks)

    def build() -> int:
        counted = pc.sum(pc.struct_field(_built(blocks)["profile"], "count")).as_py()
        if counted != rows * len(COLUMNS):
            raise SparkmonError(f"got panes of {counted} values; expected {rows * len(COLUMNS)}")
        return rows

    return build


def _sketching(rows: int) -> Callable[[], int]:
    values = normals(rows, seed=6).T.copy()

    def sketch() -> int:
        for column in values:
            datasketches.kll_doubles_sketch(800).update(column)
        return rows

    return sketch
