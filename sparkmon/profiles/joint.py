"""The column ``:joint`` of references: the projection of some rows of a training table, and what it makes of others."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import to_arrow
from sparkmon.distributions import Projection
from sparkmon.errors import OptionError, ProfileError
from sparkmon.profiles.cells import number_of, quoted, unused_name
from sparkmon.profiles.merge import REFERENCE_K, WINDOW_K
from sparkmon.profiles.table import profile_table
from sparkmon.records import FeatureKind

_SAMPLE = 10_000
"""The projection is computed from at most this many rows, and from at most half of all rows."""


def projections_of(references: pa.Table) -> dict[tuple[str, str], Projection]:
    """Read the projections of ``REFERENCES``, one of each model and version; ProfileError if one is damaged."""
    rows = references.filter(pc.is_valid(references["projection"]))
    return {
        (row["model"], row["model_version"]): Projection.from_bytes(row["projection"])
        for row in rows.select(["model", "model_version", "projection"]).to_pylist()
    }


def joint_reference(
    table: DataFrame, features: Mapping[str, FeatureKind], model: str, model_version: str, time: str | None, block: str
) -> DataFrame:
    """Make a projection of some rows and summarise the others by it, all together and in blocks: ``PROFILES``.

    Features are the model's inputs. Named levels, dates and times do not enter, nor does what does not vary; with fewer
    than two others, or fewer than 40 rows, there is no projection: OptionError.

    The rows of the projection are closer to its plane than others (measured: by 0.3 standard deviations,
    with 5,000 rows of 49 features), and are left out. A hash of their places in the table chooses them, because a hash
    of their contents would take either all or none of equal rows.
    """
    names = [name for name, kind in features.items() if kind == "numeric"]
    if len(names) < 2:
        raise OptionError(
            f"got joint=True and {len(names)} numeric features; expected two or more; "
            "omit joint, or name the numeric columns in kinds"
        )
    place = unused_name(table, "place")
    placed = table.withColumn(place, F.xxhash64(F.monotonically_increasing_id()))
    columns = [number_of(table, name).alias(f"_{at}") for at, name in enumerate(names)]
    some = placed.select(F.col(place).alias("place"), *columns).orderBy("place")
    sample = to_arrow(some.limit(min(_SAMPLE, table.count() // 2)))
    matrix = np.column_stack([sample[f"_{at}"].to_numpy().astype(np.float64) for at in range(len(names))])
    try:
        projection = Projection.from_sample(names, matrix)
    except ProfileError as error:
        raise OptionError(
            f"got joint=True, and this table has no projection: {error}; omit joint, or exclude columns"
        ) from error
    others = placed.where(F.col(place) > F.lit(int(sample["place"][-1].as_py())))
    summarise = partial(profile_table, kinds={}, model=model, model_version=model_version, projection=projection)
    whole = summarise(others, k=REFERENCE_K).withColumn("projection", F.lit(projection.to_bytes()))
    if time is None:
        return whole
    in_blocks = summarise(others.where(F.col(quoted(time)).isNotNull()), time=time, window=block, k=WINDOW_K)
    return whole.unionByName(in_blocks, allowMissingColumns=True)
