"""How far findings stand beyond noise, as an expression over their columns."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = ["GROSS", "effect"]

GROSS = 2.0
"""An effect of more than this many times the limit needs no second window."""


def effect() -> Column:
    """Return the size of the value less noise and sketch error, as :attr:`sparkmon.statistics.Measurement.effect`."""
    return F.abs("value") - F.col("noise") - F.col("sketch_error")
