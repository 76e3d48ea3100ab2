"""From the client's feature view to ours, and from its training statistics to references."""

import json
from datetime import datetime, timezone
from typing import Any, TypeAlias

import pyarrow as pa

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import ProfileError, StoreError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.hopsworks.descriptive_statistics import profile_of

# The client's objects come without types.
ClientView: TypeAlias = Any
_ClientObject: TypeAlias = Any


def vector_features(client_view: ClientView) -> list[_ClientObject]:
    """Return the client's features that a vector has, in its order: no labels, no helper columns."""
    return [
        feature
        for feature in client_view.features
        if not (feature.label or feature.inference_helper_column or feature.training_helper_column)
    ]


def view_of(client_view: ClientView) -> FeatureView:
    """Return a feature view as sparkmon knows it; StoreError if it transforms features, or joins a group twice.

    The schemas of complex columns are read from Hopsworks. A group is found by its serving keys: the entity id of a
    key is its name with the join's prefix, or the column it is joined on. ``time`` is the group's event time, where
    the vector has it.
    """
    place = f"the feature view {client_view.name!r} version {client_view.version}"
    on_demand = [each.on_demand_transformation_function for each in client_view.features]
    functions = [*client_view.transformation_functions, *filter(None, on_demand)]
    if functions:
        raise StoreError(
            f"{place} transforms its features ({functions[0].hopsworks_udf.function_name}); sparkmon serves "
            "them as they are stored; make a version without transformation functions, and transform in the model"
        )
    vector = vector_features(client_view)
    by_join: dict[int, list[_ClientObject]] = {}
    for key in client_view.serving_keys:
        by_join.setdefault(key.join_index, []).append(key)
    by_group = {keys[0].feature_group.id: keys for _, keys in sorted(by_join.items())}
    if len(by_group) < len(by_join):
        raise StoreError(f"{place} joins one feature group twice; sparkmon reads each once")
    # The groups that features and keys carry are shortened; those of the query are whole.
    whole = {group.id: group for group in client_view.query.featuregroups}
    features: dict[int, list[_ClientObject]] = {group: [] for group in by_group}
    for feature in vector:
        if feature.feature_group is not None and feature.feature_group.id in features:
            features[feature.feature_group.id].append(feature)
    groups = [_group(whole[group], keys, features[group]) for group, keys in by_group.items() if features[group]]
    names = tuple(feature.name for feature in vector)
    return FeatureView(client_view.name, int(client_view.version), names, tuple(groups))


def _group(group: _ClientObject, keys: list[_ClientObject], features: list[_ClientObject]) -> GroupInView:
    columns = {feature.feature_group_feature_name or feature.name: feature for feature in features}
    avro = {}
    if any(feature.is_complex() for feature in features):
        fields = {each["name"]: each["type"] for each in json.loads(group.avro_schema)["fields"]}
        avro = {name: json.dumps(fields[name]) for name, each in columns.items() if each.is_complex()}
    return GroupInView(
        name=f"{group.name}_{group.version}",
        keys={key.feature_name: key.required_serving_key for key in keys},
        features={name: feature.name for name, feature in columns.items()},
        time=group.event_time if group.event_time in columns else None,
        avro=avro,
        booleans=tuple(name for name, each in columns.items() if each.type == "boolean"),
    )


def references_of(client_view: ClientView, statistics: _ClientObject, model: str, reference: str) -> pa.Table:
    """Return the references that a training dataset's statistics make, one row per column in the view's order.

    Of a dataset that was split, the statistics of the part named ``train`` count. Labels and helper columns are no
    part of a request and are left out, as is what has no statistics at all (times, arrays, and whatever
    StatisticsConfig(columns=...) leaves out): the findings then say ``no_reference``. The columns that transformation
    functions made come after the view's own.
    """
    names = [feature.name for feature in vector_features(client_view)]
    others = {feature.name for feature in client_view.features} - set(names)
    statistics_of = {each.feature_name: each.to_dict() for each in _descriptive(client_view, statistics)}
    columns = [name for name in names if name in statistics_of]
    columns += [name for name in statistics_of if name not in names and name not in others]
    of_all = {
        **{"model": model, "model_version": "", "reference": reference, "column_kind": "feature"},
        "created_time": datetime.fromtimestamp(statistics.computation_time / 1000, timezone.utc),
    }
    rows = []
    for at, name in enumerate(columns):
        kind, profile = profile_of(statistics_of[name])
        index = names.index(name) if name in names else len(names) + at
        own = {"column_name": name, "data_type": kind, "column_index": index, "profile": profile}
        rows.append(of_all | own)
    return pa.Table.from_pylist(rows, schema=REFERENCES)


def _descriptive(client_view: ClientView, statistics: _ClientObject) -> list[Any]:
    splits = statistics.split_statistics
    parts = [split for split in splits if split.name == "train"] if splits else [statistics]
    if parts:
        return list(parts[0].feature_descriptive_statistics or [])
    raise ProfileError(
        f"the training dataset of {client_view.name!r} was split into "
        f"{', '.join(repr(split.name) for split in splits)}, none of them 'train'; "
        "name the part that the model was trained on 'train'"
    )
