"""A few rows of an online store, read as a transformer reads them but at one go."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sparkmon.store import Entry, FeatureView, GroupInView, OnlineStore, Vectors

__all__ = ["read_rows", "read_vectors", "view_of"]


def view_of(*groups: GroupInView) -> FeatureView:
    """Make a view that has the features of some groups, in their order."""
    features = tuple(name for group in groups for name in group.features.values())
    return FeatureView("view", 1, features, groups)


def read_vectors(
    store: OnlineStore,
    view: FeatureView,
    entries: Sequence[Entry],
    passed_features: Sequence[Entry] | None = None,
    parameters: Entry | None = None,
) -> Vectors:
    """Open a view, read once, and close it."""

    async def read() -> Vectors:
        async with store.open_view(view, timeout_s=30) as online:
            return await online.read(entries, passed_features, parameters)

    return asyncio.run(read())


def read_rows(
    store: OnlineStore,
    group: str,
    columns: Sequence[str],
    keys: Sequence[Mapping[str, Any]],
    **of_group: Any,  # noqa: ANN401 - as GroupInView takes them
) -> list[dict[str, Any] | None]:
    """Read the row of each key, of one group; None for those that have none."""
    key = {name: name for name in keys[0]}
    view = view_of(GroupInView(group, key, {name: name for name in columns}, **of_group))
    vectors = read_vectors(store, view, keys)
    missing = vectors.missing.get(group, ())
    return [
        None if index in missing else dict(zip(columns, values, strict=True))
        for index, values in enumerate(vectors.values)
    ]
