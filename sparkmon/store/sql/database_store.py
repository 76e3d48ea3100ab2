"""The online side of a store in one SQL database: a MySQL server's, or a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sparkmon.errors import MissingExtraError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView
from sparkmon.store.online_store import OnlineStore


@contextmanager
def needs_sqlalchemy() -> Iterator[None]:
    """Turn a failed import of SQLAlchemy or of a driver into MissingExtraError; decorates what imports them."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).replace("sqlalchemy", "SQLAlchemy")
        raise MissingExtraError.of(package, "sql") from error


class DatabaseStore(OnlineStore):
    """Feature groups and views as tables of the database at :attr:`place`.

    Holds no connection: each write makes one, and each open view has its own. SQLAlchemy is loaded at first use.
    """

    place: str | Path
    """The URL of a server's database, or the path of a SQLite file, which the first write creates."""

    @needs_sqlalchemy()
    def write_rows(
        self,
        group: str,
        key: Sequence[str],
        rows: Sequence[Entry],
        *,
        avro: Mapping[str, str] | None = None,
    ) -> None:
        """See :meth:`OnlineStore.write_rows`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.rows import insert_rows

        if rows:
            with Address(self.place).writing(f"writing {group!r}") as connection:
                insert_rows(connection, group, key, rows, avro or {})

    @needs_sqlalchemy()
    def write_view(self, view: FeatureView) -> None:
        """See :meth:`OnlineStore.write_view`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import write_view

        with Address(self.place).writing(f"writing the feature view {view.name!r}") as connection:
            write_view(connection, view)

    @needs_sqlalchemy()
    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """See :meth:`OnlineStore.read_view`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import read_view

        with Address(self.place).reading(f"reading the feature view {name!r}") as connection:
            return read_view(connection, name, version)

    @needs_sqlalchemy()
    def open_view(
        self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8
    ) -> OnlineView:
        """See :meth:`OnlineStore.open_view`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.online import SqlOnlineView

        return SqlOnlineView(view, Address(self.place), timeout_s, connections)
