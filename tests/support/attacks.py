"""Recorded streams of queries: of honest clients, and of attacks on two models; tests/data/attacks/README.md."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparkmon.adversaries import Baseline, ClientRows, Honest, judge_client, rows_by_client
from sparkmon.detectors import Columns
from sparkmon.protocol import DECODED, ROWS, Cells
from sparkmon.records import Feature
from tests.support.source import ROOT

__all__ = ["ATTACKS", "asked", "baseline", "features", "judged", "kept_rows", "recorded", "scores"]

ATTACKS = (
    *("attribute_inference", "boundary", "extract_linesearch", "extract_uniform", "hsj_l2", "hsj_linf", "jbda"),
    *("membership_boundary", "membership_noise", "oars05", "oars15", "oars30", "zoo"),
)
BEGIN_US = 1_767_571_200_000_000
"""2026-01-05."""


@cache
def _all(model: str) -> pa.Table:
    return pq.read_table(ROOT / "tests" / "data" / "attacks" / f"{model}.parquet")


def recorded(model: str, stream: str) -> pa.Table:
    """Read a stream: features, scores p0, p1..., and the column client."""
    rows = _all(model)
    return rows.filter(pc.equal(rows["stream"], pa.scalar(stream))).drop_columns(["stream"])


def features(model: str) -> list[str]:
    """List the features of a model."""
    return [name for name in _all(model).column_names if name not in ("stream", "client", *scores(model))]


def scores(model: str) -> list[str]:
    """List the columns with the model's probabilities."""
    return [name for name in _all(model).column_names if name[0] == "p" and name[1:].isdigit()]


def kept_rows(model: str, rows: pa.Table, *, answered: bool = True) -> pa.Table:
    """Make of a stream what a monitor keeps of it: a row each 50 ms, of answers that came with their requests."""
    count = rows.num_rows
    columns: dict[str, Any] = {field.name: pa.nulls(count, field.type) for field in ROWS}
    for field in DECODED:
        if not field.nullable:
            columns[field.name] = pa.array([""] * count) if field.type == pa.string() else pa.nulls(count, field.type)
    columns |= {
        "model": pa.array([model] * count),
        "event_type": pa.array(["response" if answered else "request"] * count),
        "event_id": pa.array([f"e{place:06d}" for place in range(count)]),
        "event_time": pa.array(BEGIN_US + 50_000 * np.arange(count)).cast(ROWS.field("event_time").type),
        "instance": pa.array(np.zeros(count, np.int32)),
        "features": _maps(rows, features(model)),
        "client": rows["client"].combine_chunks(),
    }
    if answered:
        columns["predictions"] = _maps(rows, scores(model))
    return pa.table(columns).cast(ROWS)


def asked(model: str, stream: str, honest: Honest, *, answered: bool = True) -> Iterator[tuple[str, ClientRows]]:
    """Read a stream client by client."""
    return rows_by_client(honest, kept_rows(model, recorded(model, stream), answered=answered))


@cache
def baseline(model: str) -> Baseline:
    """Learn from the reference and the honest clients of a model."""
    reference = recorded(model, "reference")
    numbers = np.column_stack([reference[name].to_numpy() for name in features(model)])
    answers = np.column_stack([reference[name].to_numpy() for name in scores(model)]).astype(np.float64)
    named = [Feature(name, "numeric") for name in features(model)]
    cells = Cells((*features(model),), numbers)
    columns = Columns.of(named, cells)
    honest = Honest.of(columns, columns.read(cells), answers)
    return Baseline.fit(honest, asked(model, "honest", honest))


def judged(base: Baseline, rows: ClientRows) -> list[bool]:
    """Judge rows as they come, 100 by 100 behind those that were judged before: by window, whether it is an attack."""
    attacks = []
    for count in range(100, len(rows) + 1, 100):
        recent = rows.take(slice(max(0, count - 500), count))
        attacks.append(judge_client(base, recent.rows, recent.scores, 100) is not None)
    return attacks


def _maps(rows: pa.Table, names: Sequence[str]) -> Any:  # noqa: ANN401 - a map array
    count = rows.num_rows
    numbers = np.column_stack([rows[name].to_numpy() for name in names]).astype(np.float64).ravel()
    keys: Any = pa.array([*names] * count)
    values: Any = pa.StructArray.from_arrays(
        [pa.array(numbers), pa.nulls(len(numbers), pa.string())], ["number", "text"]
    )
    offsets: Any = pa.array(np.arange(0, len(numbers) + 1, len(names), dtype=np.int32))
    return pa.MapArray.from_arrays(offsets, keys, values)
