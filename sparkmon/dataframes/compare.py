"""Profiles compared with their references: one finding per profile and statistic."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from sparkmon.comparison import Checks, References, compare_profiles
from sparkmon.comparison.schema import DRIFT_METRICS as FINDINGS
from sparkmon.compat import to_arrow
from sparkmon.errors import OptionError
from sparkmon.schemas import DRIFT_METRICS, PROFILES, REFERENCES


def compare(
    profiles: DataFrame,
    references: DataFrame,
    checks: Checks | None = None,
    *,
    keep: Sequence[str] = (),
    anytime: bool = False,
) -> DataFrame:
    """Compare profiles with the references of their models.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, streaming or not.
    references : DataFrame
        ``sparkmon.schemas.REFERENCES``, of one reference per model; read at once, and sent to the workers. A reference
        made for a model version is used for that version; one without a version for all others. What its blocks reach,
        if it has some, bounds what counts as drift, as in a monitor.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    keep : sequence of str
        Further columns of ``profiles`` to keep, in front.
    anytime : bool, default False
        Give p-values that hold however often a window that still grows is looked at, one per column, instead of the
        statistics' own; see :func:`sparkmon.comparison.provisional`.

    Returns
    -------
    DataFrame
        The ``keep`` columns and ``sparkmon.schemas.DRIFT_METRICS``: one row per profile and statistic that applies
        to the column's kind. Each is judged by itself: :func:`sparkmon.comparison.correct` and
        :func:`sparkmon.comparison.confirm` judge a table of them together.

    Raises
    ------
    OptionError
        A DataFrame lacks a column.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(4_000), "m")
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> for found in compare(profiles, references, Checks(("ks",))).collect():
    ...     print(found.column_name, found.statistic, round(found.value, 2), found.status)
    id ks 0.5 drift
    """
    _require(profiles, PROFILES, "profiles")
    _require(references, REFERENCES, "references")
    schema = StructType([*(profiles.schema[name] for name in keep), *DRIFT_METRICS.fields])
    table, statistics = to_arrow(references.select(*REFERENCES.names)), checks or Checks()

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        by_column = References(table, statistics)
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            findings = compare_profiles(rows, by_column, statistics, keep=keep, anytime=anytime)
            output = pa.schema([*(batch.schema.field(name) for name in keep), *FINDINGS])
            yield from findings.cast(output).to_batches()

    return profiles.select(*keep, *PROFILES.names).mapInArrow(judge, schema)


def _require(frame: DataFrame, schema: StructType, what: str) -> None:
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise OptionError(f"got {what} without the column {missing[0]!r}; expected {', '.join(schema.names)}")
