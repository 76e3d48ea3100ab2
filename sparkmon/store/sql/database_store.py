"""A feature store whose online rows and feature views are in one SQL database."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from sparkmon.store.contract import FeatureStore
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView
from sparkmon.store.sql.database import Database

__all__ = ["DatabaseStore"]


class DatabaseStore(FeatureStore):
    """The online side over a :class:`Database`; where that is, and where references are, a subclass says."""

    @property
    @abstractmethod
    def database(self) -> Database:
        """The database of feature groups and views."""

    def write_rows(
        self,
        group: str,
        key: Sequence[str],
        rows: Sequence[Entry],
        *,
        avro: Mapping[str, str] | None = None,
    ) -> None:
        """See :meth:`FeatureStore.write_rows`."""
        self.database.write_rows(group, key, rows, avro)

    def write_view(self, view: FeatureView) -> None:
        """See :meth:`FeatureStore.write_view`."""
        self.database.write_view(view)

    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """See :meth:`FeatureStore.read_view`."""
        return self.database.read_view(name, version)

    def open_view(
        self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8
    ) -> OnlineView:
        """See :meth:`FeatureStore.open_view`."""
        return self.database.open_view(view, timeout_s, connections)
