"""The namespaces of models: one name may stand for several models of a cluster."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.distributions.schema import with_values
from sparkmon.errors import OptionError

T = TypeVar("T")


def in_namespaces(by_model: Mapping[str, T], namespaces: Sequence[str]) -> dict[str, T]:
    """Return what there is of models under the names that they have in a monitor of these namespaces.

    Of several namespaces, ``NAMESPACE/MODEL`` is the model of one; what has no namespace stands for the model in all of
    them, except in those that have one of their own.

    >>> in_namespaces({"flights": 1, "prod/flights": 2}, ["prod", "staging"])
    {'prod/flights': 2, 'staging/flights': 1}
    >>> in_namespaces({"flights": 1}, ["prod"])
    {'flights': 1}
    """
    if len(namespaces) < 2:
        return dict(by_model)
    everywhere = {
        f"{namespace}/{model}": value
        for namespace in namespaces
        for model, value in by_model.items()
        if "/" not in model
    }
    return everywhere | {model: value for model, value in by_model.items() if "/" in model}


def qualified(references: pa.Table, namespaces: Sequence[str]) -> pa.Table:
    """Return references under the names that their models have in a monitor of these namespaces."""
    models: list[Any] = pc.unique(references["model"]).to_pylist()
    stored = {model: model for model in models}
    names = in_namespaces(stored, namespaces)
    if names == stored:
        return references
    parts = [references.schema.empty_table()]
    for name, model in names.items():
        rows = references.filter(pc.equal(references["model"], pa.scalar(model)))
        parts.append(with_values(rows, "model", pa.repeat(name, rows.num_rows)))
    return pa.concat_tables(parts)


def watched(events: DataFrame, components: Collection[str], namespaces: Sequence[str]) -> DataFrame:
    """Return the events of some components and namespaces; of several, models are ``NAMESPACE/MODEL``."""
    rows = events.where(F.col("component").isin([*components]))
    if namespaces:
        rows = rows.where(F.col("namespace").isin([*namespaces]))
    if len(namespaces) > 1:
        rows = rows.withColumn("model", F.concat_ws("/", "namespace", "model"))
    return rows


def check_namespaces(namespaces: Sequence[str]) -> tuple[str, ...]:
    """Return the namespaces, or raise OptionError if they are none."""
    if isinstance(namespaces, str) or not all(name and "/" not in name for name in namespaces):
        raise OptionError.malformed("namespaces", namespaces, "a list of Kubernetes namespaces")
    return tuple(dict.fromkeys(namespaces))
