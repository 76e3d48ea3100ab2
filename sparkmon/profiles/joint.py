"""Whole rows as one pseudo-column: their errors and vectors, by the projections that references hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, DoubleType, FloatType, StructField, StructType

from sparkmon.distributions import Projection

JOINT = ":joint"
"""The pseudo-column in which a row stands for all its numeric features together."""

Projections: TypeAlias = Mapping[tuple[str, str], Projection]
"""Model and model version to the projection of its reference; the version is empty where it is for all others."""

FloatArray: TypeAlias = npt.NDArray[np.float64]

_PROJECTED = StructType(
    [StructField("error", DoubleType()), StructField("vector", ArrayType(FloatType()))]
)


def projections_of(references: pa.Table) -> dict[tuple[str, str], Projection]:
    """Read the projections of some references.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, of one reference per model and version.

    Raises
    ------
    ProfileError
        A projection is damaged.
    """
    rows = references.filter(pc.is_valid(references["projection"]))
    return {
        (row["model"], row["model_version"]): Projection.from_bytes(row["projection"])
        for row in rows.select(["model", "model_version", "projection"]).to_pylist()
    }


def projected_features(projections: Projections) -> Callable[..., Column]:
    """Return a function of a row's ``model``, ``model_version`` and ``features`` to its error and vector.

    Null where the features are, or the model has no projection. A feature that a row lacks is taken as a null, and
    those that the reference has not are passed over.
    """
    values = [*projections.values()]
    places = {key: place for place, key in enumerate(projections)}

    # Spark reads the annotations, at runtime, where arrays take no argument.
    def project(model: pa.Array, version: pa.Array, features: pa.Array) -> pa.Array:  # type: ignore[type-arg]
        keys: Any = zip(model.to_pylist(), version.to_pylist(), strict=True)
        chosen = np.array([places.get(key, places.get((key[0], ""), -1)) for key in keys], np.int64)
        chosen[features.is_null().to_numpy(zero_copy_only=False)] = -1
        parts = []
        for place in np.unique(chosen[chosen >= 0]):
            rows = np.flatnonzero(chosen == place)
            cells: Any = features.take(pa.array(rows, pa.int64()))
            matrix = _matrix(cells, values[place].names)
            parts.append((rows, *values[place].project(matrix)))
        return _struct(len(features), parts)

    return _udf(project)


def projected_columns(projection: Projection) -> Callable[..., Column]:
    """Return a function of an array of the projection's features to a row's error and vector."""

    def project(values: pa.Array) -> pa.Array:  # type: ignore[type-arg]
        flat = pc.list_flatten(values).to_numpy(zero_copy_only=False).astype(np.float64)
        rows = np.arange(len(values))
        return _struct(
            len(values), [(rows, *projection.project(flat.reshape(-1, len(projection.names))))]
        )

    return _udf(project)


def _udf(project: Callable[..., pa.Array[Any]]) -> Callable[..., Column]:
    function: Callable[..., Column] = arrow_udf(project, _PROJECTED)  # type: ignore[call-overload]
    return function


def _matrix(features: pa.MapArray[Any, Any], names: tuple[str, ...]) -> FloatArray:
    """Lay out maps of names to cells as a matrix of numbers, NaN where there is none."""
    offsets = features.offsets.to_numpy()
    first, last = int(offsets[0]), int(offsets[-1])
    cells = features.items.slice(first, last - first)
    numbers = pc.struct_field(cells, "number").to_numpy(zero_copy_only=False)
    keys = features.keys.slice(first, last - first)
    columns = pc.index_in(keys, value_set=pa.array(names)).fill_null(-1).to_numpy()
    rows = np.repeat(np.arange(len(features)), np.diff(offsets))
    matrix = np.full((len(features), len(names)), np.nan)
    is_known = columns >= 0
    matrix[rows[is_known], columns[is_known]] = numbers[is_known]
    return matrix


def _struct(
    size: int, parts: list[tuple[npt.NDArray[np.intp], FloatArray, npt.NDArray[np.float32]]]
) -> pa.Array[Any]:
    """Put the rows of each projection back into their places; the others are null."""
    errors = np.zeros(size)
    lengths = np.zeros(size, np.int32)
    for rows, off, vectors in parts:
        errors[rows] = off
        lengths[rows] = vectors.shape[1]
    is_null = lengths == 0
    flat = np.empty(lengths.sum(), np.float32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    for rows, _, vectors in parts:
        flat[offsets[rows][:, None] + np.arange(vectors.shape[1])] = vectors
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(flat, pa.float32()))
    return pa.StructArray.from_arrays(
        [pa.array(errors), lists], ["error", "vector"], mask=pa.array(is_null)
    )
