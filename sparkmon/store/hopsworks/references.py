"""From a training dataset's statistics to the references that live traffic is compared with."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import ProfileError
from sparkmon.store.hopsworks.client_objects import ClientStatistics, ClientView
from sparkmon.store.hopsworks.descriptive_statistics import profile_of
from sparkmon.store.hopsworks.view_schema import vector_features


def references_of(
    client_view: ClientView, statistics: ClientStatistics, model: str, reference: str
) -> pa.Table:
    """Return the references that a training dataset's statistics make, one row per column in the view's order.

    Of a dataset that was split, the statistics of the part named ``train`` count. Labels and helper columns are no
    part of a request and are left out, as is what has no statistics at all (times, arrays, and whatever
    StatisticsConfig(columns=...) leaves out): the findings then say ``no_reference``. The columns that transformation
    functions made come after the view's own.
    """
    names = [feature.name for feature in vector_features(client_view)]
    others = {feature.name for feature in client_view.features} - set(names)
    statistics_of = {
        each.feature_name: each.to_dict() for each in _descriptive(client_view, statistics)
    }
    columns = [name for name in names if name in statistics_of]
    columns += [name for name in statistics_of if name not in names and name not in others]
    computed = datetime.fromtimestamp(statistics.computation_time / 1000, tz=timezone.utc)
    rows: list[dict[str, Any]] = []
    for name in columns:
        kind, profile = profile_of(statistics_of[name])
        rows.append(
            {
                "model": model,
                "model_version": "",
                "reference": reference,
                "column_name": name,
                "column_kind": "feature",
                "data_type": kind,
                "column_index": names.index(name) if name in names else len(names) + len(rows),
                "created_time": computed,
                "profile": profile,
            }
        )
    return pa.Table.from_pylist(rows, schema=REFERENCES)


def _descriptive(client_view: ClientView, statistics: ClientStatistics) -> list[Any]:
    splits = statistics.split_statistics
    if not splits:
        return list(statistics.feature_descriptive_statistics or [])
    for split in splits:
        if split.name == "train":
            return list(split.feature_descriptive_statistics or [])
    raise ProfileError(
        f"the training dataset of {client_view.name!r} was split into "
        f"{', '.join(repr(split.name) for split in splits)}, none of them 'train'; "
        "name the part that the model was trained on 'train'"
    )
