"""A table of a million rows to its profile and its drift metrics, beside Spark's moments, scipy and Evidently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession, functions as F

from bench.evidently_venv import measure_evidently
from bench.rounds import Contender, Rounds
from bench.section import Section
from bench.traffic import COLUMNS, MODEL, normals
from bench.with_scipy import drift_by_scipy
from sparkmon.comparison import Checks
from sparkmon.dataframes import compare
from sparkmon.errors import SparkmonError
from sparkmon.profiles import column_kinds, profile_table, reference_of

__all__ = ["measure_tables"]

_MOMENTS = "Spark: mean and stddev"
_PROFILE = "sparkmon: profile"
_FINDINGS = "sparkmon: profile and findings"
_SCIPY = "scipy: ks, psi and wasserstein"


def measure_tables(spark: SparkSession, folder: Path, rounds: Rounds, rows: int, *, with_evidently: bool) -> Section:
    """Measure two tables of ``rows`` by 20 numbers, half of their columns drifted.

    Parameters
    ----------
    spark : SparkSession
        A running one.
    folder : Path
        Where the tables are written.
    rounds : Rounds
        How often; Evidently, which takes minutes, is run once.
    rows : int
        Of each table.
    with_evidently : bool
        Whether to run Evidently, too, and to install it where it is not.
    """
    rounds.say(f"writing two tables of {rows:,} rows")
    paths = write_tables(folder, rows)
    table = spark.read.parquet(str(paths[1]))
    kinds = column_kinds(table)
    reference = reference_of(spark.read.parquet(str(paths[0])), MODEL).toArrow()

    def profile() -> DataFrame:
        return profile_table(table, kinds, model=MODEL)

    def findings() -> DataFrame:
        drift = Checks(("ks", "psi", "wasserstein"))
        return compare(profile(), spark.createDataFrame(reference), drift)

    def moments() -> DataFrame:
        return table.agg(*(each(name) for name in COLUMNS for each in (F.mean, F.stddev)))

    results = rounds.measure(
        [
            Contender(_MOMENTS, lambda: _run(moments(), 1, rows)),
            Contender(_PROFILE, lambda: _run(profile(), len(COLUMNS), rows)),
            Contender(_FINDINGS, lambda: _run(findings(), 3 * len(COLUMNS), rows)),
            Contender(_SCIPY, lambda: _numbers(drift_by_scipy(*paths), rows)),
        ]
    )
    evidently, note = measure_evidently(paths, rounds) if with_evidently else ([], "Evidently is left out")
    results += evidently
    moments_result, profile_result, findings_result, *rivals = results
    ratios = {f"{_PROFILE} / {_MOMENTS}": profile_result.cost_beside(moments_result)}
    ratios |= {f"{each.name} / {_FINDINGS}": each.cost_beside(findings_result) for each in rivals}
    notes = ["scipy and Evidently read both tables at each run; the reference's profile is made once", note]
    title = f"A table of {rows:,} rows by {len(COLUMNS)} numbers, from its Parquet file"
    return Section("tables", title, "rows", results, ratios, notes)


def write_tables(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write the reference and the current table; in the latter f10 to f19 are shifted, by 0.01 to 0.16."""
    reference, current = folder / "reference.parquet", folder / "current.parquet"
    drifted = normals(rows, seed=4)
    drifted[:, 10:] += [0.01 * 2 ** (place // 2) for place in range(10)]
    for path, values in ((reference, normals(rows, seed=3)), (current, drifted)):
        columns = dict(zip(COLUMNS, values.T, strict=True))
        pq.write_table(pa.table(columns), path, row_group_size=-(-rows // 8))
    return reference, current


def _run(frame: DataFrame, expected: int, rows: int) -> int:
    got = frame.toArrow().num_rows
    if got != expected:
        raise SparkmonError(f"got {got} rows at the end of a run; expected {expected}")
    return rows


def _numbers(found: Sequence[object], rows: int) -> int:
    if len(found) != len(COLUMNS):
        raise SparkmonError(f"got numbers of {len(found)} columns; expected {len(COLUMNS)}")
    return rows
