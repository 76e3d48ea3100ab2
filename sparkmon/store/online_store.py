"""The contract of an online store: feature views and the rows that enrich requests."""

from __future__ import annotations

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
        self,
        group: str,
        key: Sequence[str],
        rows: Sequence[Entry],
        *,
        avro: Mapping[str, str] | None = None,
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

        Raises
        ------
        OptionError
            A row lacks a key column, has a column that the group lacks, or a value of another type.
        StoreError
            The store cannot be written, or is read-only.
        """
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    def write_view(self, view: FeatureView) -> None:
        """Store the definition of a feature view and replace that of the same name and version.

        Raises
        ------
        StoreError
            The store cannot be written, or is read-only.
        """
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    @abstractmethod
    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """Return the definition of a feature view.

        Raises
        ------
        StoreError
            The store has no such view (the message lists its views), or cannot be read.
        """

    @abstractmethod
    def open_view(
        self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8
    ) -> OnlineView:
        """Open a feature view for reading vectors; needs no server until the first read.

        Parameters
        ----------
        view : FeatureView
            As :meth:`read_view` returns it.
        timeout_s : float, default 1.0
            How long one read may take, in seconds, including the wait for a connection.
        connections : int, default 8
            How many lookups may run at once; more wait.
        """
