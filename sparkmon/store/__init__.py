"""The feature store: where references come from, and the online rows that enrich requests."""

from sparkmon.store.contract import DEFAULT_REFERENCE, FeatureStore, schemas_of
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.hopsworks.store import HopsworksStore
from sparkmon.store.local import LocalStore
from sparkmon.store.online import Entry, FeatureValue, OnlineView, Vectors
from sparkmon.store.open import open_store
from sparkmon.store.sql.store import SqlStore

__all__ = [
    "DEFAULT_REFERENCE",
    "Entry",
    "FeatureStore",
    "FeatureValue",
    "FeatureView",
    "GroupInView",
    "HopsworksStore",
    "LocalStore",
    "OnlineView",
    "SqlStore",
    "Vectors",
    "open_store",
    "schemas_of",
]
