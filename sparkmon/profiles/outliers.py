"""The row flag ``:outlier`` of references: detectors fitted to some training rows, and what they make of others."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import to_arrow
from sparkmon.detectors import OutlierModel
from sparkmon.errors import OptionError, ProfileError
from sparkmon.profiles.cells import cell_columns, cells_of, one_batch, quoted, unused_name
from sparkmon.profiles.merge import REFERENCE_K, WINDOW_K
from sparkmon.profiles.table import profile_table
from sparkmon.records import Feature, FeatureKind
from sparkmon.slicing import Slices

_FITTED, _SCORED = 20_000, 80_000
"""Detectors are fitted to at most so many rows, a third of the table at most, and compared with so many others."""


def detectors_of(references: pa.Table) -> dict[tuple[str, str], OutlierModel]:
    """Read the detectors of ``REFERENCES``, by model and version; ProfileError if some are damaged."""
    rows = references.filter(pc.is_valid(references["detectors"])).select(["model", "model_version", "detectors"])
    return {(row["model"], row["model_version"]): OutlierModel.from_bytes(row["detectors"]) for row in rows.to_pylist()}


def outlier_reference(
    table: DataFrame,
    kinds: Mapping[str, FeatureKind],
    names: Sequence[str],
    model: str,
    model_version: str,
    time: str | None,
    block: str,
    slices: Slices,
) -> DataFrame:
    """Fit detectors to some rows, and summarise the p-values of the others, in all and in blocks: ``PROFILES``.

    As for ``:joint``, a hash of their places in the table chooses the rows.
    """
    place = unused_name(table, "place")
    placed = table.withColumn(place, F.xxhash64(F.monotonically_increasing_id()))
    cells = cell_columns(table, kinds, "feature")
    some = to_arrow(placed.select(F.col(place).alias("place"), *cells).orderBy("place").limit(_FITTED + _SCORED))
    features = [Feature(name, kind) for name, kind in kinds.items()]
    both = cells_of(one_batch(some), [*kinds], "feature")
    count = min(_FITTED, len(both) // 3)
    try:
        fitted = OutlierModel.fit(features, both.take(np.arange(count)), both.take(np.arange(count, len(both))), names)
    except ProfileError as error:
        raise OptionError(f"got outliers, and this table has no detectors: {error}; omit outliers") from error
    others = placed.where(F.col(place) > F.lit(int(some["place"][count - 1].as_py())))
    summarise = partial(profile_table, kinds={}, model=model, model_version=model_version, detectors=fitted)
    state = F.when(F.col("slice_key").isNull(), F.lit(fitted.to_bytes()))
    whole = summarise(others, slices=slices, k=REFERENCE_K).withColumn("detectors", state)
    if time is None:
        return whole
    timed = others.where(F.col(quoted(time)).isNotNull())
    in_blocks = summarise(timed, slices=slices, time=time, window=block, k=WINDOW_K)
    return whole.unionByName(in_blocks, allowMissingColumns=True)
