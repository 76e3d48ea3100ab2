"""The feature store in a MySQL or MariaDB database, its online tables laid out as Hopsworks lays them out."""

from __future__ import annotations

import pyarrow as pa

from sparkmon.store.contract import DEFAULT_REFERENCE
from sparkmon.store.sql.database import Database
from sparkmon.store.sql.database_store import DatabaseStore

__all__ = ["SqlStore"]


class SqlStore(DatabaseStore):
    """A feature store in one database of a server that speaks the MySQL protocol: MySQL, MariaDB, RonDB.

    Parameters
    ----------
    url : str
        ``mysql://user:password@host:3306/database`` (or ``mariadb://``). A password that is left out is taken from
        the environment's ``SPARKMON_STORE_PASSWORD``. ``?ssl_ca=PATH`` asks for TLS, and checks the server's name
        against the authorities in that PEM file. Signs such as ``@`` in a password are written ``%40``.

    Raises
    ------
    OptionError
        The URL cannot be read.
    MissingExtraError
        The extra ``sql`` is not installed.

    Notes
    -----
    *Layout*: a feature group is a table, in Hopsworks ``<group>_<version>`` in the database of the project: integers
    BIGINT, floats DOUBLE (NaN as NULL), booleans TINYINT, text TEXT or, in keys, VARCHAR compared to the letter,
    bytes BLOB, lists and dicts as Avro in a BLOB, dates DATE, times TIMESTAMP(6) in UTC, decimals DECIMAL(38, 18).
    Definitions of views are in ``sparkmon_views``, references in ``sparkmon_references``, as Arrow streams.
    Tables that Hopsworks made are read as they are, and written if their columns fit.

    *Consistency*: each write is one transaction; it needs no Spark. Reading never locks.

    Examples
    --------
    >>> SqlStore("mysql://reader:secret@db.example/fraud")
    SqlStore('mysql://reader:***@db.example:3306/fraud')
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def __repr__(self) -> str:
        return f"SqlStore({str(self._database)!r})"

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`FeatureStore.write_reference`."""
        self._database.write_reference(table)

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`FeatureStore.read_references`."""
        return self._database.read_references(reference)

    @property
    def database(self) -> Database:
        """See :class:`DatabaseStore`."""
        return self._database
