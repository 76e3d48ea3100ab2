"""The contract of an online store: feature views and the rows that enrich requests."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from sparkmon.errors import StoreError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView


class OnlineStore(ABC):
    """Online rows by key, and feature views: which rows make the vector of a model.

    A read-only store implements :meth:`read_view` and :meth:`open_view` alone, and sets :attr:`write_elsewhere`.
    """

    write_elsewhere = "write rows and views to the system that it reads"
    """What to do instead of writing, if the store is read-only."""

    def write_rows(
        self, group: str, key: Sequence[str], rows: Sequence[Entry], *, avro: Mapping[str, str] | None = None
    ) -> None:
        """Write online rows into a feature group, all or none, and replace those with the same key.

        Parameters
        ----------
        group : str
            The online table; the first write creates it with the columns and types of these rows.
        key : sequence of str
            Its primary key.
        rows : sequence of mapping
            Column to value; a column that a row lacks is NULL.
        avro : mapping, optional
            Column to the Avro schema, as JSON text, of the columns whose values are lists or dicts.

        A row that lacks a key column, has a column that the group lacks or a value of another type is an OptionError, a
        store that cannot be written, or is read-only, a StoreError.
        """
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    def write_view(self, view: FeatureView) -> None:
        """Store a feature view in place of that of the same name and version; StoreError if that fails."""
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    @abstractmethod
    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """Return a feature view; StoreError, which lists the store's views, if it has no such view."""

    @abstractmethod
    def open_view(self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8) -> OnlineView:
        """Open a feature view, as :meth:`read_view` returns it, for reading vectors; the first read needs the server.

        One read may take ``timeout_s`` seconds, including the wait for one of the ``connections``, on which as many
        lookups run at once.
        """
