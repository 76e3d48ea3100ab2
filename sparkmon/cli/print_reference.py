"""Prints a stored reference, as a table or as JSON, and the next command."""

import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from sparkmon.cli.print_change import FOUND_FROM, change
from sparkmon.cli.terminal import number, plain_table, shown
from sparkmon.comparison import Promise

_LEVELS = 3
"""How many levels of a column are printed."""

_KEYS = (*("model", "model_version", "reference"), *("column_name", "column_kind", "data_type"))


def print_table(reference_table: pa.Table, promised: Promise, store: str, console: Console) -> None:
    """Print the columns as a table, and how to watch the model with it."""
    numbers = ("rows", "nulls", "mean", "min", "max", "found from")
    table = plain_table(("column", "kind", *numbers, "commonest levels"), numbers)
    for column in columns_of(reference_table, promised):
        levels = column["levels"] or {}
        of_all = [f"{level} {share:.0%}" for level, share in list(levels.items())[:_LEVELS]]
        more = [f"and {len(levels) - _LEVELS} more"] * (len(levels) > _LEVELS)
        table.add_row(
            shown(column["column_name"]),
            f"{column['data_type']} {column['column_kind']}",
            f"{column['rows']:,}",
            f"{column['nulls']:,}",
            *(number(column[name]) for name in ("mean", "min", "max")),
            change(column["found_from"], is_share=column["levels"] is not None),
            shown(", ".join([*of_all, *more])),
        )
    console.print(table)
    console.print(FOUND_FROM)
    console.print()
    console.print(shown(_stored(reference_table, store), "bold"))
    console.print(f"\nWatch live traffic with it: put this in monitor.yaml\n{_example(reference_table, store)}")
    console.print("and start: sparkmon run monitor.yaml")


def too_short(reference_table: pa.Table, promised: Promise) -> list[str]:
    """Return the sentence on a reference with blocks that are too few for one false alarm a week; none on others."""
    has_no_blocks = reference_table["block_start"].null_count == reference_table.num_rows
    if has_no_blocks or not promised.too_short:
        return []
    fewest = promised.false_alarms_per_week
    most = "no number of" if math.isinf(fewest) else f"{fewest:#.2g}"
    return [
        f"the reference is too short: it can promise {most} false alarms a week, not 1, for the blocks "
        f"of {', '.join(promised.too_short)} are few or alike"
    ]


def columns_of(reference_table: pa.Table, promised: Promise) -> list[dict[str, Any]]:
    """Return what is printed of each column: its key, counts, moments, levels, and the change it is found from."""
    is_column = pc.field("block_start").is_null() & pc.field("slice_key").is_null()
    rows = reference_table.filter(is_column & (pc.field("column_kind") != "row_flag")).to_pylist()
    return [
        _column(row) | {"found_from": promised.found_from.get((row["column_kind"], row["column_name"]))}
        for row in sorted(rows, key=lambda row: row["column_index"])
    ]


def _column(row: dict[str, Any]) -> dict[str, Any]:
    profile = row["profile"]
    commonest = sorted(dict(profile["frequent_items"] or {}).items(), key=lambda item: (-item[1], item[0]))
    is_text = row["data_type"] in ("categorical", "code", "boolean")
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
