"""The feature store: where references come from, and the online rows that enrich requests."""

from sparkmon.store.contract import DEFAULT_REFERENCE, FeatureStore, FeatureValue, schemas_of
from sparkmon.store.local import LocalStore

__all__ = ["DEFAULT_REFERENCE", "FeatureStore", "FeatureValue", "LocalStore", "schemas_of"]
