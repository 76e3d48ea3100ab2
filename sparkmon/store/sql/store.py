"""A store in one SQL database, laid out as Hopsworks lays its online tables out: a MySQL server's, or a SQLite file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from sparkmon.errors import MissingExtraError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineStore, OnlineView
from sparkmon.store.reference_store import DEFAULT_REFERENCE, ReferenceStore


@contextmanager
def needs_sqlalchemy() -> Iterator[None]:
    """Turn a failed import of SQLAlchemy or of a driver into MissingExtraError; decorates what imports them."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError.of(str(error.name).replace("sqlalchemy", "SQLAlchemy"), "sql") from error


class DatabaseStore(ReferenceStore, OnlineStore):
    """References, feature groups and views as tables of the database at :attr:`place`.

    Holds no connection: each write makes one, and each open view has its own. SQLAlchemy is loaded at first use.
    """

    place: str | Path
    """The URL of a server's database, or the path of a SQLite file, which the first write creates."""

    @needs_sqlalchemy()
    def check_writable(self) -> None:
        """See :meth:`ReferenceStore.check_writable`: whether the server answers."""
        from sparkmon.store.sql.address import Address

        with Address(self.place).writing("connecting"):
            pass

    @needs_sqlalchemy()
    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`ReferenceStore.write_reference`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import write_references

        with Address(self.place).writing("writing references") as connection:
            write_references(connection, table)

    @needs_sqlalchemy()
    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`ReferenceStore.read_references`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import read_references

        with Address(self.place).reading("reading references") as connection:
            return read_references(connection, reference)

    @needs_sqlalchemy()
    def write_rows(
        self, group: str, key: Sequence[str], rows: Sequence[Entry], *, avro: Mapping[str, str] | None = None
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
    def open_view(self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8) -> OnlineView:
        """See :meth:`OnlineStore.open_view`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.online import SqlOnlineView

        return SqlOnlineView(view, Address(self.place), timeout_s, connections)


class SqlStore(DatabaseStore):
    """A feature store in one database of a server that speaks the MySQL protocol: MySQL, MariaDB, RonDB.

    Parameters
    ----------
    url : str
        ``mysql://user:password@host:3306/database`` (or ``mariadb://``). Without a password,
        that of the environment's ``SPARKMON_STORE_PASSWORD`` is used. ``?ssl_ca=PATH`` requires TLS, and verifies the
        server's name with the authorities in that PEM file. Signs such as ``@`` in a password are written ``%40``.

    Raises
    ------
    OptionError
        The URL cannot be read.
    MissingExtraError
        The extra ``sql`` is not installed.

    Notes
    -----
    *Layout*: a feature group is a table, in Hopsworks ``<group>_<version>`` in the database of the project: integers
    BIGINT, floats DOUBLE (NaN as NULL), booleans TINYINT, text TEXT or, in keys, VARCHAR compared exactly,
    bytes BLOB, lists and dicts as Avro in a BLOB, dates DATE, times TIMESTAMP(6) in UTC, decimals DECIMAL(38, 18).
    Definitions of views are in ``sparkmon_views``, references in ``sparkmon_references``, as Arrow streams.
    Tables of Hopsworks are read as they are, and written if their columns fit.

    *Consistency*: each write is one transaction; it needs no Spark. Reading never locks.

    Examples
    --------
    >>> SqlStore("mysql://reader:secret@db.example/fraud")
    SqlStore('mysql://reader:***@db.example:3306/fraud')
    """

    @needs_sqlalchemy()
    def __init__(self, url: str) -> None:
        from sparkmon.store.sql.address import Address

        self.place = url
        self._text = repr(Address(url))

    def __repr__(self) -> str:
        return f"SqlStore({self._text!r})"
