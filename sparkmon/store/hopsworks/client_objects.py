"""What is used of the client's objects, which come without types: the names below and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class ClientGroup(Protocol):
    """``hsfs.feature_group.FeatureGroup``."""

    id: int
    name: str
    version: int
    event_time: str | None
    avro_schema: str


class ClientFeature(Protocol):
    """``hsfs.training_dataset_feature.TrainingDatasetFeature``."""

    name: str
    type: str
    label: bool
    inference_helper_column: bool
    training_helper_column: bool
    feature_group: ClientGroup | None
    feature_group_feature_name: str | None
    on_demand_transformation_function: Any

    def is_complex(self) -> bool:
        """Return whether it is stored as Avro."""


class ClientKey(Protocol):
    """``hsfs.serving_key.ServingKey``."""

    feature_name: str
    join_index: int
    required_serving_key: str
    feature_group: ClientGroup


class ClientStatistics(Protocol):
    """``hsfs.statistics.Statistics``."""

    computation_time: int
    feature_descriptive_statistics: Sequence[Any] | None
    split_statistics: Sequence[Any] | None


class ClientView(Protocol):
    """``hsfs.feature_view.FeatureView``."""

    name: str
    version: int
    features: Sequence[ClientFeature]
    serving_keys: Sequence[ClientKey]
    transformation_functions: Sequence[Any]
    query: Any

    def init_serving(self, *, training_dataset_version: int, options: dict[str, int]) -> None:
        """Fetch the prepared statements."""

    async def get_feature_vectors_async(self, **arguments: object) -> list[list[Any]]:
        """Read vectors on the caller's event loop."""

    def get_training_datasets(self) -> Sequence[Any]:
        """List the training datasets, by ``version``."""

    def get_training_dataset_statistics(self, version: int) -> ClientStatistics | None:
        """Return None if the dataset has none."""

    def _close(self) -> None: ...


class ClientStore(Protocol):
    """``hsfs.feature_store.FeatureStore``."""

    def get_feature_view(self, name: str, version: int) -> ClientView | None:
        """Return None if there is none."""

    def get_feature_views(self, name: str) -> Sequence[ClientView]:
        """List a view's versions."""
