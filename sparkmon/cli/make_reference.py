"""A table that was named on the command line, checked and summarised as a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from sparkmon.cli.open_table import parse_time
from sparkmon.errors import OptionError
from sparkmon.profiles import reference_of
from sparkmon.records import FeatureKind


def make_reference(
    table: DataFrame,
    model: str,
    *,
    model_version: str = "",
    reference: str = "training",
    predictions: Sequence[str] = (),
    exclude: Sequence[str] = (),
    kinds: Mapping[str, FeatureKind] | None = None,
    time: str | None = None,
    block: str = "1 day",
    slices: Sequence[str] = (),
    joint: bool = False,
) -> tuple[pa.Table, list[str]]:
    """Summarise a table; the parameters are those of :func:`sparkmon.reference_of`.

    Returns
    -------
    made : pa.Table
        ``sparkmon.distributions.schema.REFERENCES``.
    notes : list of str
        What the user should know of: columns of unsupported types, rows without a time.

    Raises
    ------
    OptionError
        A named column is not there, or not a feature at all; the table is empty; no time can be read.

    Examples
    --------
    >>> summary, notes = make_reference(spark.sql("SELECT 1.5 AS x, array(1) AS y"), "toy")
    >>> summary["column_name"].to_pylist(), notes
    (['x'], ['left out, for their types cannot be compared: y (array<int>)'])
    """
    if not model:
        raise OptionError.malformed("--as", model, "the name of the InferenceService")
    for name in (*predictions, *(kinds or {})):
        if name in exclude or name == time:
            raise OptionError(
                f"got {name!r} as a column to use and as one to leave out; choose one"
            )
    notes = []
    if time is not None:
        table, untimed = parse_time(table, time)
        notes += [f"{untimed} rows without a time are in no block"] * bool(untimed)
    summary = reference_of(
        table,
        model,
        model_version=model_version,
        reference=reference,
        predictions=predictions,
        exclude=exclude,
        kinds=kinds,
        time=time,
        block=block,
        slices=slices,
        joint=joint,
    ).toArrow()
    if not any(pc.struct_field(summary["profile"], "count").to_pylist()):
        raise OptionError("got a table without rows; expected the rows that the model learnt from")
    used = {*summary["column_name"].to_pylist(), *exclude, time}
    left_out = [
        f"{field.name} ({field.dataType.simpleString()})"
        for field in table.schema.fields
        if field.name not in used
    ]
    if left_out:
        notes.append(f"left out, for their types cannot be compared: {', '.join(left_out)}")
    return summary, notes
