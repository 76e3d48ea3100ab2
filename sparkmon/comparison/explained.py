"""Writes the explanation of each finding."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pyarrow as pa

from sparkmon.comparison.finding import Finding
from sparkmon.comparison.groups import with_column


def explained(findings: pa.Table) -> pa.Table:
    """Set ``explanation`` to :meth:`Finding.explain` of each finding.

    Parameters
    ----------
    findings : pyarrow.Table
        ``sparkmon.schemas.DRIFT_METRICS``, after correction and confirmation.
    """
    columns = (_values(findings[field.name]) for field in fields(Finding))
    sentences = [Finding(*row).explain() for row in zip(*columns, strict=True)]
    return with_column(findings, "explanation", pa.array(sentences, pa.string()))


def _values(column: pa.ChunkedArray[Any]) -> list[Any]:
    """Return a column as objects; equal times are one object, of which there are few."""
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()
    encoded: Any = column.combine_chunks().dictionary_encode()
    moments = encoded.dictionary.to_pylist()
    return [None if code is None else moments[code] for code in encoded.indices.to_pylist()]
