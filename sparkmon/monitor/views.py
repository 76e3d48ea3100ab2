"""The feature views that models are served from."""

from __future__ import annotations

from collections.abc import Mapping

from sparkmon.errors import OptionError
from sparkmon.store import FeatureStore, FeatureView

__all__ = ["read_views"]


def read_views(store: FeatureStore, views: Mapping[str, str]) -> dict[str, FeatureView]:
    """Read views from a store.

    Parameters
    ----------
    store : FeatureStore
        Holds them.
    views : mapping of str to str
        Model to ``"name"`` or ``"name:version"``.

    Raises
    ------
    OptionError
        A name is malformed.
    StoreError
        The store has no such view.
    """
    return {model: _view(store, text) for model, text in views.items()}


def _view(store: FeatureStore, text: str) -> FeatureView:
    name, _, version = text.partition(":")
    if not name or not (version or "1").isdecimal():
        raise OptionError.malformed("views", text, "a feature view as NAME or NAME:VERSION")
    return store.read_view(name, int(version or 1))
