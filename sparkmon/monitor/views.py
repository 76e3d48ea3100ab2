"""The feature views that models are served from: the detector of skew that reads them, and where features come from."""

from collections.abc import Mapping

from sparkmon.attributions import AttributionBaseline
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


def provenance_of(detector: SkewDetector | None, baselines: Mapping[str, AttributionBaseline]) -> dict[str, Provenance]:
    """Return what is known of features: where they come from, and how much the answers of models depend on them."""
    groups = {} if detector is None else detector.groups
    importances = {
        model: dict(zip((feature.name for feature in each.features), each.importances.tolist(), strict=True))
        for model, each in baselines.items()
    }
    return {
        model: Provenance(importances.get(model, {}), groups.get(model, {}))
        for model in groups.keys() | importances.keys()
    }


def _view(store: OnlineStore, text: str) -> FeatureView:
    name, _, version = text.partition(":")
    if not name or not (version or "1").isdecimal():
        raise OptionError.malformed("views", text, "a feature view as NAME or NAME:VERSION")
    return store.read_view(name, int(version or 1))
