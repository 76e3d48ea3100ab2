"""Blocks of random rows, the same rows as a decoder lays them out, and what a plain loop counts of them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol import DECODED, Cells, RowBlock

START = 1_795_392_000_000_000
"""2026-11-23 00:00 UTC in microseconds."""
MINUTE = 60_000_000


def cells_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Cells:
    """Lay out values row by row: floats are numbers, strings texts, None nulls."""
    table = [[value for value in row] for row in rows]
    has = np.array([[isinstance(value, float) for value in row] for row in table])
    numbers = np.array([[value if isinstance(value, float) else math.nan for value in row] for row in table])
    texts = {
        index: pa.array([value if isinstance(value, str) else None for value in column])
        for index, column in enumerate(zip(*table, strict=True))
        if any(isinstance(value, str) for value in column)
    }
    return Cells(tuple(names), numbers, None if has.all() else has, texts)


def block_of(
    sides: dict[str, Cells],
    times: npt.ArrayLike,
    model: str = "m",
    version: str = "",
    half: Literal["request", "response"] = "request",
) -> RowBlock:
    at = np.asarray(times, np.int64)
    places, instance = np.arange(at.size), np.zeros(at.size, np.int32)
    return RowBlock(model, version, half, places, at, instance, **sides)


def random_values(random: np.random.Generator, rows: int, columns: int) -> list[list[Any]]:
    """Mix numbers, nulls, NaN, both infinities and texts; the first column has numbers alone."""
    choices: list[Any] = [None, math.nan, math.inf, -math.inf, "red", "blue", "", "grün"]
    return [
        [float(random.normal(100, 3))]
        + [
            choices[int(random.integers(len(choices)))] if random.random() < 0.4 else float(random.integers(9))
            for _ in range(columns - 1)
        ]
        for _ in range(rows)
    ]


def random_blocks(seed: int, rows: int = 300) -> list[RowBlock]:
    """Two models, two versions, both halves, row flags, columns that some rows lack, several panes."""
    random, blocks = np.random.default_rng(seed), []
    for model, version, names in [("taxi", "", "abc"), ("taxi", "", "bcd"), ("taxi", "2", "abc"), ("iris", "7", "ab")]:
        times = START + random.integers(0, 90 * MINUTE, rows)
        values = random_values(random, rows, len(names))
        sides = {"features": cells_of(values, names)}
        if model == "iris":
            sides["row_flags"] = cells_of([[float(len(row))] for row in values], ["checked"])
        blocks.append(block_of(sides, times, model, version))
        answers = {"predictions": cells_of(random_values(random, rows, 1), ["fare"])}
        blocks.append(block_of(answers, times + 1000, model, version, "response"))
    return blocks


def rows_of(blocks: Iterable[RowBlock]) -> pa.Table:
    """Return the rows of blocks as a decoder writes them, of the columns that profiles need."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for block in blocks:
        columns["model"] += [block.model] * len(block)
        columns["model_version"] += [block.model_version] * len(block)
        columns["event_type"] += [block.event_type] * len(block)
        columns["event_time"] += block.event_time.tolist()
        for side in ("features", "predictions", "row_flags"):
            columns[side] += maps_of(getattr(block, side), len(block))
    names = list(columns)
    return pa.table(columns, schema=pa.schema([DECODED.field(name) for name in names]))


def maps_of(cells: Cells | None, rows: int) -> list[Any]:
    if cells is None:
        return [None] * rows
    has = np.ones(cells.numbers.shape, bool) if cells.has_number is None else cells.has_number
    texts = {column: array.to_pylist() for column, array in cells.texts.items()}
    return [
        [
            (
                name,
                {
                    "number": float(cells.numbers[row, column]) if has[row, column] else None,
                    "text": texts[column][row] if column in texts else None,
                },
            )
            for column, name in enumerate(cells.names)
            if cells.present is None or cells.present[row, column]
        ]
        for row in range(rows)
    ]


def counted(rows: pa.Table, pane_us: int) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Summarise rows value by value: by model, version, pane, column and kind."""
    values: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    last: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows.set_column(3, "event_time", rows["event_time"].cast(pa.int64())).to_pylist():
        is_request = row["event_type"] == "request"
        sides = [("feature", "features"), ("row_flag", "row_flags")]
        for kind, side in sides if is_request else [("prediction", "predictions")]:
            for name, cell in row[side] or ():
                pane = row["event_time"] // pane_us
                key = (row["model"], row["model_version"], pane, name, kind)
                values[key].append(cell)
                last[key] = max(last[key], row["event_time"])
    return {key: {**_summary(cells), "last": last[key]} for key, cells in values.items()}


def _summary(cells: list[Any]) -> dict[str, Any]:
    numbers = [cell["number"] for cell in cells if cell["number"] is not None]
    finite = [number for number in numbers if math.isfinite(number)]
    texts = [cell["text"] for cell in cells if cell["text"] is not None]
    mean = math.fsum(finite) / len(finite) if finite else None
    return {
        "count": len(cells),
        "num_nulls": len(cells) - len(numbers) - len(texts),
        "num_nan": sum(map(math.isnan, numbers)),
        "num_inf": sum(map(math.isinf, numbers)),
        "num_numbers": len(finite),
        "num_texts": len(texts),
        "min": min(finite, default=None),
        "max": max(finite, default=None),
        "avg": mean,
        "m2": None if mean is None else math.fsum((number - mean) ** 2 for number in finite),
        "values": sorted(finite),
        "levels": dict(Counter(texts)),
    }
