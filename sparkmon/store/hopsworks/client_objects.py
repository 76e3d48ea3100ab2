"""Names for the client's objects, which come without types."""

from __future__ import annotations

from typing import Any, TypeAlias

ClientStore: TypeAlias = Any
"""``hsfs.feature_store.FeatureStore``."""

ClientView: TypeAlias = Any
"""``hsfs.feature_view.FeatureView``."""

ClientFeature: TypeAlias = Any
"""``hsfs.training_dataset_feature.TrainingDatasetFeature``."""

ClientGroup: TypeAlias = Any
"""``hsfs.feature_group.FeatureGroup``."""

ClientKey: TypeAlias = Any
"""``hsfs.serving_key.ServingKey``."""

ClientStatistics: TypeAlias = Any
"""``hsfs.statistics.Statistics``."""
