"""Blocks of references, as long as the windows that are held against them."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.profiles.aggregate import WINDOW_K, merged_profile
from sparkmon.schemas import REFERENCES

__all__ = ["merge_blocks"]

_BLOCK = ("block_start", "block_end", "profile")


def merge_blocks(references: DataFrame, length: str) -> DataFrame:
    """Merge the blocks of references to blocks of another length; the whole references stay as they are.

    Parameters
    ----------
    references : DataFrame
        ``sparkmon.schemas.REFERENCES``.
    length : str
        An interval, a whole multiple of the blocks' own length.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.REFERENCES``.

    Examples
    --------
    >>> from sparkmon.profiles.reference import reference_of
    >>> table = spark.sql("SELECT id AS x, id * INTERVAL 1 HOUR + TIMESTAMP '2026-01-05' AS t FROM range(48)")
    >>> hours = reference_of(table, "m", time="t", block="1 hour")
    >>> days = merge_blocks(hours, "1 day").orderBy("block_start")
    >>> hours.count(), [tuple(row) for row in days.select("profile.count", "profile.avg").collect()]
    (49, [(48, 23.5), (24, 11.5), (24, 35.5)])
    """
    keys = [name for name in REFERENCES.names if name not in _BLOCK]
    is_block = F.col("block_start").isNotNull()
    merged = (
        references.where(is_block)
        .groupBy(*keys, F.window("block_start", length).alias("block"))
        .agg(merged_profile(F.col("profile"), k=WINDOW_K).alias("profile"))
        .withColumns({"block_start": F.col("block.start"), "block_end": F.col("block.end")})
    )
    whole = references.where(~is_block).select(*REFERENCES.names)
    return whole.unionByName(merged.select(*REFERENCES.names))
