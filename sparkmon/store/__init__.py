"""Feature stores: the source of references, and of the online rows that enrich requests."""

from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.hopsworks.store import HopsworksStore
from sparkmon.store.local import LocalStore
from sparkmon.store.online import Entry, FeatureValue, OnlineView, Vectors
from sparkmon.store.online_store import OnlineStore
from sparkmon.store.open import open_store
from sparkmon.store.reference_store import DEFAULT_REFERENCE, ReferenceStore, read_references, schemas_of
from sparkmon.store.sql.store import SqlStore

__all__ = [
    "DEFAULT_REFERENCE",
    "Entry",
    "FeatureValue",
    "FeatureView",
    "GroupInView",
    "HopsworksStore",
    "LocalStore",
    "OnlineStore",
    "OnlineView",
    "ReferenceStore",
    "SqlStore",
    "Vectors",
    "open_store",
    "read_references",
    "schemas_of",
]
