"""Writes the explanation of each finding."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructField, StructType

from sparkmon.comparison.finding import Finding

__all__ = ["explained"]

_COLUMN = "explanation"


def explained(findings: DataFrame) -> DataFrame:
    """Set ``explanation`` to :meth:`Finding.explain` of each finding.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming, after correction and confirmation.

    Returns
    -------
    DataFrame
        The same rows, ``explanation`` last.

    Examples
    --------
    >>> from sparkmon.comparison.checks import Checks
    >>> from sparkmon.comparison.compare import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> findings = compare(profiles, reference_of(spark.range(4_000), "m"), Checks(("psi",)))
    >>> print(explained(findings).first().explanation.split(", less")[0])
    id of the model m drifted from training: psi 3.8 (2,000 rows against 4,000, 10 bins)
    """
    others = [field for field in findings.schema.fields if field.name != _COLUMN]
    names = [field.name for field in others]

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            sentences = [Finding.of(row).explain() for row in batch.to_pylist()]
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, pa.array(sentences, pa.string())], names=[*names, _COLUMN]
            )

    schema = StructType([*others, StructField(_COLUMN, StringType())])
    return findings.select(*names).mapInArrow(write, schema)
