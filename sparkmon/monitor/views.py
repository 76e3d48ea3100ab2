"""The feature views that models are served from: the detector of skew that reads them, and where features come from."""

from collections.abc import Mapping

from sparkmon.comparison import Provenance
from sparkmon.errors import OptionError
from sparkmon.skew import SkewDetector
from sparkmon.store import FeatureView, OnlineStore


def skew_detector_of(store: object, views: Mapping[str, str] | None) -> SkewDetector | None:
    """Return the detector that compares logged features with a store's; None without views."""
    if not views:
        return None
    if not isinstance(store, OnlineStore):
        raise OptionError(
            f"got views and {store!r}, which is not an OnlineStore; expected a store of online rows, "
            "such as LocalStore, SqlStore or HopsworksStore; use one of them, or remove views"
        )
    return SkewDetector(store, {model: _view(store, text) for model, text in views.items()})


def provenance_of(detector: SkewDetector | None) -> dict[str, Provenance]:
    """Return what is known of the features of models that are served from views."""
    groups = {} if detector is None else detector.groups
    return {model: Provenance(groups=by_feature) for model, by_feature in groups.items()}


def _view(store: OnlineStore, text: str) -> FeatureView:
    name, _, version = text.partition(":")
    if not name or not (version or "1").isdecimal():
        raise OptionError.malformed("views", text, "a feature view as NAME or NAME:VERSION")
    return store.read_view(name, int(version or 1))
