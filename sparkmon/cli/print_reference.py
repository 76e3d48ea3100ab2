"""Prints a stored reference, as a table or as JSON, and the next command."""

import json
import math
from typing import Any

import pyarrow as pa
from rich.console import Console

from sparkmon.cli.terminal import number, plain_table, shown
from sparkmon.comparison import promise

_LEVELS = 3
"""How many levels of a column are printed."""

_KEYS = (*("model", "model_version", "reference"), *("column_name", "column_kind", "data_type"))


def print_table(reference_table: pa.Table, store: str, console: Console) -> None:
    """Print the columns as a table, and how to watch the model with it."""
    numbers = ("rows", "nulls", "mean", "min", "max")
    table = plain_table(("column", "kind", *numbers, "commonest levels"), numbers)
    for column in columns_of(reference_table):
        levels = column["levels"] or {}
        of_all = [f"{level} {share:.0%}" for level, share in list(levels.items())[:_LEVELS]]
        more = [f"and {len(levels) - _LEVELS} more"] * (len(levels) > _LEVELS)
        table.add_row(
            shown(column["column_name"]),
            f"{column['data_type']} {column['column_kind']}",
            f"{column['rows']:,}",
            f"{column['nulls']:,}",
            *(number(column[name]) for name in ("mean", "min", "max")),
            shown(", ".join([*of_all, *more])),
        )
    console.print(table)
    console.print()
    console.print(shown(_stored(reference_table, store), "bold"))
    console.print(f"\nWatch live traffic with it: put this in monitor.yaml\n{_example(reference_table, store)}")
    console.print("and start: sparkmon run monitor.yaml")


def too_short(reference_table: pa.Table) -> list[str]:
    """Return the sentence on a reference with blocks that are too few for one false alarm a week; none on others."""
    if reference_table["block_start"].null_count == reference_table.num_rows:
        return []
    promised = promise(reference_table)
    if not promised.too_short:
        return []
    fewest = promised.false_alarms_per_week
    most = "no number of" if math.isinf(fewest) else f"{fewest:#.2g}"
    return [
        f"the reference is too short: it can promise {most} false alarms a week, not 1, for the blocks "
        f"of {', '.join(promised.too_short)} are few or alike"
    ]


def columns_of(reference_table: pa.Table) -> list[dict[str, Any]]:
    """Return what is printed of each column: its key, counts, moments, and the shares of its levels."""
    rows = [row for row in reference_table.to_pylist() if row["block_start"] is None and row["slice_key"] is None]
    return [_column(row) for row in sorted(rows, key=lambda row: row["column_index"])]


def _column(row: dict[str, Any]) -> dict[str, Any]:
    profile = row["profile"]
    counts = dict(profile["frequent_items"] or {})
    commonest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    is_text = row["data_type"] in ("categorical", "boolean")
    return {name: row[name] for name in _KEYS} | {
        "rows": profile["count"],
        "nulls": profile["num_nulls"],
        "mean": profile["avg"],
        "min": profile["min"],
        "max": profile["max"],
        "levels": {level: n / profile["count"] for level, n in commonest} if is_text else None,
    }


def _stored(reference_table: pa.Table, store: str) -> str:
    first = reference_table.slice(0, 1).to_pylist()[0]
    blocks = {row for row in reference_table["block_start"].to_pylist() if row is not None}
    version = f", version {first['model_version']}" if first["model_version"] else ""
    cuts = reference_table.select(["slice_key", "slice_value"]).group_by(["slice_key", "slice_value"])
    slices = cuts.aggregate([])["slice_key"].drop_null().length()
    contents = [f"{len(blocks)} blocks"] * bool(blocks) + [f"{slices} slices"] * bool(slices)
    parts = f" with {' and '.join(contents)}" if contents else ""
    return f"stored the reference {first['reference']!r} of the model {first['model']!r}{version}{parts} in {store}"


def _example(reference_table: pa.Table, store: str) -> str:
    reference = reference_table["reference"][0].as_py()
    return "\n".join(
        [
            "  source: {format: kserve, path: spool}   # written by: sparkmon receive spool",
            f"  store: {{path: {json.dumps(store)}}}",
            "  tables: ./tables",
            *([f"  reference: {json.dumps(reference)}"] if reference != "training" else []),
        ]
    )
