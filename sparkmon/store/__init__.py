"""Feature stores: the source of references, and of the online rows that enrich requests."""

from sparkmon.store.feast import FeastStore as FeastStore
from sparkmon.store.feature_view import FeatureView as FeatureView, GroupInView as GroupInView
from sparkmon.store.hopsworks.store import HopsworksStore as HopsworksStore
from sparkmon.store.local import LocalStore as LocalStore
from sparkmon.store.online import (
    Entry as Entry,
    FeatureValue as FeatureValue,
    OnlineStore as OnlineStore,
    OnlineView as OnlineView,
    Vectors as Vectors,
)
from sparkmon.store.open import open_online_store as open_online_store, open_store as open_store
from sparkmon.store.reference_store import (
    DEFAULT_REFERENCE as DEFAULT_REFERENCE,
    ReferenceStore as ReferenceStore,
    read_references as read_references,
    schemas_of as schemas_of,
)
from sparkmon.store.sql.store import SqlStore as SqlStore
