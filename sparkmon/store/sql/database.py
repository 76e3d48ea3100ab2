"""The online side of a store over one SQL database; ``SqlStore`` and ``LocalStore`` are thin beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from sparkmon.errors import MissingExtraError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView

__all__ = ["Database"]


class Database:
    """The tables of one database: what :class:`FeatureStore` promises, method by method.

    Holds no connection: each write makes one, and each view opened has its own. SQLAlchemy is loaded here.

    Parameters
    ----------
    url : str, optional
        A MySQL or MariaDB server's, as :class:`SqlStore` takes it.
    path : Path, optional
        A SQLite file, in place of the URL; made at the first write.

    Raises
    ------
    OptionError
        The URL cannot be read.
    MissingExtraError
        SQLAlchemy is not installed.
    """

    def __init__(self, url: str | None = None, *, path: Path | None = None) -> None:
        try:
            from sparkmon.store.sql.address import Address
        except ModuleNotFoundError as error:
            raise MissingExtraError.of("SQLAlchemy", "sql") from error
        self._address = Address(url, path=path)

    def __repr__(self) -> str:
        return repr(self._address)

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`FeatureStore.write_reference`."""
        from sparkmon.store.sql.documents import write_references

        with self._address.writing("writing references") as connection:
            write_references(connection, table)

    def read_references(self, reference: str) -> pa.Table:
        """See :meth:`FeatureStore.read_references`."""
        from sparkmon.store.sql.documents import read_references

        with self._address.reading("reading references") as connection:
            return read_references(connection, reference)

    def write_rows(
        self, group: str, key: Sequence[str], rows: Sequence[Entry], avro: Mapping[str, str] | None
    ) -> None:
        """See :meth:`FeatureStore.write_rows`."""
        from sparkmon.store.sql.rows import insert_rows

        if rows:
            with self._address.writing(f"writing {group!r}") as connection:
                insert_rows(connection, group, key, rows, avro or {})

    def write_view(self, view: FeatureView) -> None:
        """See :meth:`FeatureStore.write_view`."""
        from sparkmon.store.sql.documents import write_view

        with self._address.writing(f"writing the feature view {view.name!r}") as connection:
            write_view(connection, view)

    def read_view(self, name: str, version: int) -> FeatureView:
        """See :meth:`FeatureStore.read_view`."""
        from sparkmon.store.sql.documents import read_view

        with self._address.reading(f"reading the feature view {name!r}") as connection:
            return read_view(connection, name, version)

    def open_view(self, view: FeatureView, timeout_s: float, connections: int) -> OnlineView:
        """See :meth:`FeatureStore.open_view`."""
        from sparkmon.store.sql.online import SqlOnlineView

        return SqlOnlineView(view, self._address, timeout_s, connections)
